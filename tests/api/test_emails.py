"""E-mail about a school: asked for, confirmed, sent once, stopped, erased; nobody learns who."""

from __future__ import annotations

import email
import re
import socket
import threading
from datetime import timedelta
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from api.errors import SettingsError
from api.mail.sending import clear_up, send_due
from api.mail.settings import MailServer, MailSettings
from api.settings import read_settings
from api.store.messages import GIVE_UP_AFTER
from api.store.records import Actor
from tests.api.conftest import BASE, SECRET, form_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import MakeWorld, World

FORM = "/areas/north/schools/A1/emails"
WHO = "parent@example.org"
HANGS_UP = "hangs up"


class MailServerStub:
    """Speaks just enough SMTP to take messages; what it answers to one can be set."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answers: list[str] = []
        self.at_data: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        # a connection of our own ends the wait for one
        self._is_over = True
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._thread.join(5)
        self._listening.close()

    _is_over = False

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection, connection.makefile("rwb") as stream:
                if self._is_over:
                    return
                self._talk(stream)

    def _talk(self, stream: object) -> None:
        def say(line: str) -> None:
            stream.write(f"{line}\r\n".encode())  # type: ignore[attr-defined]
            stream.flush()  # type: ignore[attr-defined]

        say("220 stub")
        for line in stream:  # type: ignore[attr-defined]
            word = line[:4].upper().strip()
            if word in {b"EHLO", b"HELO"}:
                say("250 stub")
            elif word == b"RCPT":
                answer = self.answers.pop(0) if self.answers else "250 ok"
                if answer == HANGS_UP:
                    return
                say(answer)
            elif word == b"DATA":
                say("354 go on")
                lines = iter(stream.readline, b".\r\n")  # type: ignore[attr-defined]
                content = b"".join(lines)
                answer = self.at_data.pop(0) if self.at_data else "250 taken"
                if answer.startswith("250"):
                    self.taken.append(content)
                say(answer)
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one, policy=default) for one in self.taken]


@pytest.fixture
def server() -> Iterator[MailServerStub]:
    stub = MailServerStub()
    yield stub
    stub.close()


@pytest.fixture
def mailing(make_world: MakeWorld, filled_url: str, server: MailServerStub) -> World:
    mail = MailSettings("patrols@corridors.test", MailServer("127.0.0.1", server.port))
    return make_world(filled_url, mail=mail)


def send(world: World) -> int:
    return send_due(world.store, world.services.settings, world.clock.now)


def ask(client: TestClient, who: str = WHO, path: str = FORM) -> Response:
    return client.post(path, data={"email": who, "csrf_token": form_token(client, path)})


def link_in(message: EmailMessage) -> str:
    text = message.get_content().replace("\r\n", "\n")
    found = re.search(rf"{BASE}(/emails/[\w-]+)/confirm\n", text)
    assert found is not None
    return found[1]


def subscribed(world: World, server: MailServerStub) -> str:
    """Go the whole way once; give the path of the link."""
    client = world.visitor()
    assert ask(client).status_code == 303
    assert send(world) == 1
    link = link_in(server.messages()[-1])
    confirm = f"{link}/confirm"
    done = client.post(confirm, data={"csrf_token": form_token(client, confirm)})
    assert "You will get emails" in done.text
    return link


def rows(world: World, table: str) -> str:
    with world.store._engine.connect() as connection:
        return str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())  # noqa: S608


def test_the_whole_way(mailing: World, server: MailServerStub) -> None:
    link = subscribed(mailing, server)
    (message,) = server.messages()
    assert message["To"] == WHO
    assert message["From"] == "After-school patrols <patrols@corridors.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == f"<{BASE}{link}/stop>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"].endswith("@corridors.test>")
    assert send(mailing) == 0, "each once"
    assert WHO not in rows(mailing, "message"), "what was sent is erased"
    page = mailing.visitor().get(f"{link}/stop").text
    assert "Your address is deleted at once" in page
    assert "The emails are stopped" in mailing.visitor().post(f"{link}/stop", data={"x": "1"}).text
    assert WHO not in rows(mailing, "subscription")


def test_a_mail_program_stops_them_by_one_request(mailing: World, server: MailServerStub) -> None:
    """RFC 8058: no cookie, no token of a form, a fixed body; and again without harm."""
    link = subscribed(mailing, server)
    for _ in range(2):
        answer = mailing.visitor().post(
            f"{link}/stop", data={"List-Unsubscribe": "One-Click"}, headers={"origin": "null"}
        )
        assert answer.status_code == 200
    assert rows(mailing, "subscription") == "[]"


def test_looking_at_a_link_changes_nothing(mailing: World, server: MailServerStub) -> None:
    ask(mailing.visitor())
    send(mailing)
    link = link_in(server.messages()[0])
    for path in (f"{link}/confirm", f"{link}/stop"):
        assert mailing.visitor().get(path).status_code == 200
        assert mailing.visitor().head(path).status_code == 200
    with mailing.store.reading() as unit:
        found = unit.subscriptions.by_token(link.rsplit("/", 1)[1])
    assert found is not None
    assert found.confirmed_at is None


def test_an_expired_link_is_told_and_can_be_asked_for_again(
    mailing: World, server: MailServerStub
) -> None:
    client = mailing.visitor()
    ask(client)
    send(mailing)
    link = f"{link_in(server.messages()[0])}/confirm"
    token = form_token(client, link)
    mailing.clock.pass_s(2 * 86_400 + 1)
    late = client.get(link)
    assert (late.status_code, "too old" in late.text) == (404, True)
    assert "too old" in client.post(link, data={"csrf_token": token}).text
    ask(client)
    assert "Confirm that you want" in client.get(link).text


def test_a_tampered_link_is_told(mailing: World) -> None:
    client = mailing.visitor()
    for token in ("x", "A" * 32, "A" * 64, "..%2F..", "%F0%9F%90%9F"):
        page = client.get(f"/emails/{token}/confirm")
        assert page.status_code == 404
        assert "is not known" in page.text or "nothing here" in page.text
        assert client.post(f"/emails/{token}/confirm").status_code in {403, 404}
    assert client.get(f"/emails/{'A' * 65}/confirm").status_code == 422


def test_a_form_sent_twice_confirms_once(mailing: World, server: MailServerStub) -> None:
    link = subscribed(mailing, server)
    client = mailing.visitor()
    before = rows(mailing, "subscription")
    mailing.clock.pass_s(60)
    assert "You will get emails" in client.get(f"{link}/confirm").text
    with mailing.store.writing(Actor("visitor")) as unit:
        unit.subscriptions.confirm(link.rsplit("/", 1)[1])
    assert rows(mailing, "subscription") == before


def test_a_form_of_another_site_is_refused(mailing: World) -> None:
    client = mailing.visitor()
    token = form_token(client, FORM)
    data = {"email": WHO, "csrf_token": token}
    assert client.post(FORM, data={"email": WHO}).status_code == 403
    assert client.post(FORM, data=data, headers={"origin": "https://evil.test"}).status_code == 403
    assert rows(mailing, "subscription") == "[]"


def test_nobody_learns_whether_an_address_gets_emails(
    mailing: World, server: MailServerStub
) -> None:
    subscribed(mailing, server)
    client = mailing.visitor()
    mailing.clock.pass_s(60)
    known, unknown = ask(client), ask(client, "nobody@example.org")
    assert (known.status_code, known.headers["location"], known.content) == (
        unknown.status_code, unknown.headers["location"], unknown.content,
    )  # fmt: skip
    assert client.get(known.headers["location"]).content == (
        client.get(unknown.headers["location"]).content
    )
    # only the reader of the address is told
    assert send(mailing) == 2
    told = {one["To"]: one["Subject"] for one in server.messages()[1:]}
    assert told[WHO].startswith("You already get emails")
    assert told["nobody@example.org"].startswith("Confirm")


WRONG = ["", "parent", "parent@", "@example.org", "a b@example.org", "a@b", "<a@example.org>",
         "a@example.org\nBcc: c@d.e", "a@example.org, c@example.org", "ä@example.org",
         "a@" + "b" * 260 + ".org"]  # fmt: skip


def test_what_is_no_address_is_named_at_the_field(mailing: World) -> None:
    client = mailing.visitor()
    for wrong in WRONG:
        answer = ask(client, wrong)
        assert answer.status_code == 400, wrong
        assert 'href="#email"' in answer.text
        assert "This is not an email address." in answer.text
    assert rows(mailing, "subscription") == "[]"


def test_one_address_gets_few_and_one_asker_waits(mailing: World) -> None:
    client = mailing.visitor()
    for _ in range(10):
        assert ask(client).status_code == 303
        mailing.clock.pass_s(1)
    with mailing.store.writing(Actor("worker")) as unit:
        n_made = len(unit.messages.take_due(100))
    assert 3 <= n_made <= 6, "somebody else's address cannot be flooded"
    answers = [ask(client, f"p{n}@example.org").status_code for n in range(10)]
    assert answers[0] == 303
    assert answers[-1] == 429


def test_where_no_mail_is_sent_none_is_offered(world: World) -> None:
    visitor = world.visitor()
    assert visitor.get(FORM).status_code == 404
    assert "by email" not in visitor.get("/areas/north/schools/A1").text
    assert "Add to your calendar" in visitor.get("/areas/north/schools/A1").text


def test_a_demonstration_writes_files_and_says_where(
    make_world: MakeWorld, filled_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    world = make_world(filled_url, mail=MailSettings("p@demo.example", folder=folder))
    client = world.visitor()
    asked = ask(client)
    assert str(folder) in client.get(asked.headers["location"]).text
    assert send(world) == 1
    (path,) = folder.iterdir()
    assert path.name.endswith("-confirm.eml")
    assert f"To: {WHO}" in path.read_text("utf-8")


# --- sending


def make_message(world: World, key: str = "a", who: str = WHO) -> None:
    with world.store.writing(Actor("command")) as unit:
        unit.messages.add(key, "patrols", who, "Subject", "Body ü {address}/x", "{address}/stop")


def make_messages(world: World, n_messages: int) -> list[str]:
    """Make messages to as many addresses; give the addresses in the order they are sent."""
    everybody = [f"p{n}@example.org" for n in range(n_messages)]
    for who in everybody:
        make_message(world, who, who)
    return everybody


def reached(server: MailServerStub) -> list[str]:
    return [str(one["To"]) for one in server.messages()]


def n_given_up(world: World) -> int:
    with world.store.reading() as unit:
        return unit.messages.count("given_up")


def test_the_same_is_made_once(mailing: World, server: MailServerStub) -> None:
    make_message(mailing)
    make_message(mailing)
    assert send(mailing) == 1
    make_message(mailing)
    assert send(mailing) == 0
    (message,) = server.messages()
    assert message.get_content().strip() == f"Body ü {BASE}/x"


def test_a_server_that_is_busy_is_tried_again_later(mailing: World, server: MailServerStub) -> None:
    make_message(mailing)
    server.answers = ["450 busy"]
    assert send(mailing) == 0
    assert send(mailing) == 0, "not at once"
    mailing.clock.pass_s(60)
    server.at_data = ["451 still busy"]
    assert send(mailing) == 0
    mailing.clock.pass_s(299)
    assert send(mailing) == 0
    mailing.clock.pass_s(1)
    assert send(mailing) == 1
    assert len(server.taken) == 1


@pytest.mark.parametrize("where", ["answers", "at_data"])
def test_one_refused_for_now_holds_no_other_up(
    mailing: World, server: MailServerStub, where: str
) -> None:
    bad, *good = make_messages(mailing, 5)
    setattr(server, where, ["452 mailbox full"])
    assert send(mailing) == 4
    assert reached(server) == good
    assert send(mailing) == 0, "the one waits"
    mailing.clock.pass_s(60)
    assert send(mailing) == 1
    assert reached(server) == [*good, bad]


def test_one_refused_for_days_is_given_up_alone(mailing: World, server: MailServerStub) -> None:
    _, *good = make_messages(mailing, 20)
    for _ in range(GIVE_UP_AFTER):
        server.answers = ["452 mailbox full"]
        send(mailing)
        mailing.clock.pass_s(86_400)
    assert reached(server) == good
    assert n_given_up(mailing) == 1


@pytest.mark.parametrize("how", [HANGS_UP, "421 closing"])
def test_a_lost_connection_costs_only_the_one_that_was_tried(
    mailing: World, server: MailServerStub, how: str
) -> None:
    first, second, *others = make_messages(mailing, 5)
    server.answers = ["250 ok", how]
    assert send(mailing) == 1
    assert send(mailing) == 3, "those not tried are still due"
    assert reached(server) == [first, *others]
    mailing.clock.pass_s(60)
    assert send(mailing) == 1
    assert reached(server) == [first, *others, second]


def test_those_not_tried_keep_all_their_attempts(mailing: World, server: MailServerStub) -> None:
    make_messages(mailing, GIVE_UP_AFTER + 2)
    for _ in range(GIVE_UP_AFTER + 1):
        server.answers = [HANGS_UP]
        assert send(mailing) == 0
    assert n_given_up(mailing) == 0
    assert send(mailing) == 1, "the last was put back every time, and is sent"


@pytest.mark.parametrize("wrong", ["a@example.org\nBcc: b@example.org", "ä@example.org"])
def test_one_that_cannot_be_written_is_let_go_alone(
    mailing: World, server: MailServerStub, wrong: str
) -> None:
    make_message(mailing, "wrong", wrong)
    good = make_messages(mailing, 2)
    assert send(mailing) == 2
    assert reached(server) == good
    assert n_given_up(mailing) == 1


def test_what_was_taken_again_meanwhile_is_not_put_back(mailing: World) -> None:
    make_message(mailing)
    with mailing.store.writing(Actor("worker")) as unit:
        before = unit.messages.take_due(1)
    mailing.clock.pass_s(60)
    with mailing.store.writing(Actor("worker")) as unit:
        assert len(unit.messages.take_due(1)) == 1
    with mailing.store.writing(Actor("worker")) as unit:
        unit.messages.put_back(before)
        assert unit.messages.take_due(1) == [], "somebody else has it"


def test_what_is_refused_for_good_is_let_go(mailing: World, server: MailServerStub) -> None:
    make_message(mailing)
    make_message(mailing, "b")
    server.answers = ["550 no such mailbox"]
    assert send(mailing) == 1, "the others go out"
    mailing.clock.pass_s(7 * 86_400)
    assert send(mailing) == 0
    assert WHO not in rows(mailing, "message")


def test_no_server_for_days_and_it_is_given_up(make_world: MakeWorld, filled_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    world = make_world(filled_url, mail=MailSettings("p@x.org", MailServer("127.0.0.1", port)))
    make_message(world)
    for _ in range(GIVE_UP_AFTER):
        assert WHO in rows(world, "message")
        assert send(world) == 0
        world.clock.pass_s(86_400)
    assert WHO not in rows(world, "message")
    with world.store.reading() as unit:
        assert unit.messages.count("given_up") == 1


def test_a_clock_that_was_put_back_holds_nothing_up(mailing: World, server: MailServerStub) -> None:
    mailing.clock.pass_s(30 * 86_400)
    make_message(mailing)
    server.answers = ["450 busy"]
    send(mailing)
    mailing.clock.pass_s(-30 * 86_400)
    assert send(mailing) == 1


def test_elsewhere_than_here_a_server_without_tls_gets_nothing(
    make_world: MakeWorld, filled_url: str, server: MailServerStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stub knows no STARTTLS; under a name that is not this machine's that is an error."""
    here = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_values: here)
    mail = MailSettings("p@x.org", MailServer("mail.example.org", server.port))
    world = make_world(filled_url, mail=mail)
    make_message(world)
    assert send(world) == 0
    assert server.taken == []


def test_stopping_takes_back_what_still_waits(mailing: World, server: MailServerStub) -> None:
    link = subscribed(mailing, server)
    with mailing.store.writing(Actor("command")) as unit:
        unit.messages.add("later", "patrols", WHO, "S", "B", f"{{address}}{link}/stop")
    mailing.visitor().post(f"{link}/stop", data={"x": "1"})
    assert send(mailing) == 0


def test_what_nobody_confirmed_is_erased_after_a_week(mailing: World) -> None:
    ask(mailing.visitor())
    for days, n_left in ((6.9, 1), (0.2, 0)):
        mailing.clock.pass_s(days * 86_400)
        clear_up(mailing.store, mailing.services.settings, mailing.clock.now)
        assert rows(mailing, "subscription").count("north") == n_left


def test_what_was_confirmed_stays(mailing: World, server: MailServerStub) -> None:
    subscribed(mailing, server)
    clear_up(mailing.store, mailing.services.settings, mailing.clock.now + timedelta(days=400))
    assert WHO in rows(mailing, "subscription")


# --- settings


def read(**values: str) -> MailSettings | None:
    given = {"SECRET": SECRET, "BASE_URL": BASE, **values}
    return read_settings({f"SAFER_CORRIDORS_{name}": one for name, one in given.items()}).mail


def test_mail_is_off_unless_it_is_set_up() -> None:
    assert read() is None
    demo = read(DEMO="1")
    assert demo is not None
    assert demo.folder is not None
    assert demo.folder.name == "safer-corridors-mail"


def test_a_server_is_read_whole() -> None:
    found = read(SMTP_URL="smtps://us%40er:p%3Aw@mail.example.org", MAIL_FROM="a@example.org")
    assert found is not None
    assert found.server == MailServer("mail.example.org", 465, "us@er", "p:w", is_tls_at_once=True)


@pytest.mark.parametrize(
    "values",
    [
        {"SMTP_URL": "smtp://mail.example.org"},
        {"SMTP_URL": "smtp://mail.example.org", "MAIL_FROM": "not an address"},
        {"SMTP_URL": "http://mail.example.org", "MAIL_FROM": "a@example.org"},
        {"SMTP_URL": "smtp://mail.example.org:port", "MAIL_FROM": "a@example.org"},
        {"SMTP_URL": "smtp://", "MAIL_FROM": "a@example.org"},
    ],
)
def test_settings_of_mail_that_cannot_be_are_named(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="SAFER_CORRIDORS_SMTP_URL"):
        read(**values)
