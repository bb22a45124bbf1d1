"""Signing in with a password, sessions, and forms that are really ours."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from api.errors import BadRequest
from api.passwords import Passwords, check_password
from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import BASE, PASSWORD, form_token, sign_in

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import World

ANN = "ann@example.org"


@pytest.fixture
def client(world: World) -> TestClient:
    world.add_account(ANN, {"north": {Role.PLANNER}})
    return world.visitor()


def cookies_of(answer: Response) -> list[str]:
    return answer.headers.get_list("set-cookie")


def test_in_and_out(client: TestClient) -> None:
    answer = sign_in(client, " Ann@Example.ORG ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = client.get("/account")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Smallborough" in page.text
    assert "planner" in page.text
    token = form_token(client, "/account")
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert client.get("/api/v1/me").status_code == 401
    assert client.get("/account").headers["location"] == "/sign-in"


def test_the_cookie_is_for_https_this_host_and_no_script(client: TestClient) -> None:
    (session,) = (one for one in cookies_of(sign_in(client, ANN)) if "session=" in one)
    parts = {one.strip().lower() for one in session.split(";")[1:]}
    assert session.startswith("__Host-session=")
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= parts
    assert not any(one.startswith("domain") for one in parts)


def test_the_id_is_kept_only_as_a_hash(client: TestClient, world: World) -> None:
    sign_in(client, ANN)
    token = client.cookies["__Host-session"]
    with world.store._engine.connect() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM sign_in_session").all())
    assert len(token) >= 43
    assert token not in dump


def test_the_id_changes_at_sign_in_and_the_old_one_is_dead(
    client: TestClient, world: World
) -> None:
    sign_in(client, ANN)
    old = client.cookies["__Host-session"]
    token = form_token(client, "/account")
    again = client.post("/sign-in", data={"email": ANN, "password": PASSWORD, "csrf_token": token})
    assert again.status_code == 303
    assert client.cookies["__Host-session"] != old
    thief = world.visitor()
    thief.cookies.set("__Host-session", old)
    assert thief.get("/api/v1/me").status_code == 401


def test_a_session_ends_by_idling(client: TestClient, world: World) -> None:
    sign_in(client, ANN)
    for _ in range(3):
        world.clock.pass_s(29 * 60)
        assert client.get("/api/v1/me").status_code == 200
    world.clock.pass_s(31 * 60)
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_ends_after_half_a_day_however_busy(client: TestClient, world: World) -> None:
    sign_in(client, ANN)
    for _ in range(12 * 4 - 1):
        world.clock.pass_s(15 * 60)
        assert client.get("/api/v1/me").status_code == 200
    world.clock.pass_s(15 * 60)
    assert client.get("/api/v1/me").status_code == 401


def test_a_clock_that_jumps_back_ends_sessions(client: TestClient, world: World) -> None:
    sign_in(client, ANN)
    world.clock.pass_s(-3600)
    assert client.get("/api/v1/me").status_code == 401


def test_a_closed_account_is_out_at_once(client: TestClient, world: World) -> None:
    sign_in(client, ANN)
    with world.store.writing(Actor("command")) as unit:
        account = unit.accounts.by_email(ANN)
        assert account is not None
        unit.accounts.set_active(account.account_id, is_active=False)
    assert client.get("/api/v1/me").status_code == 401
    assert sign_in(world.visitor(), ANN).status_code == 401


# --- nobody learns who has an account


def answers(world: World) -> dict[str, Response]:
    world.add_account("closed@example.org", {})
    with world.store.writing(Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation("Directory")
        unit.accounts.add(organisation_id=organisation_id, email="dir@example.org", shown_name="d")
        closed = unit.accounts.by_email("closed@example.org")
        assert closed is not None
        unit.accounts.set_active(closed.account_id, is_active=False)
    return {
        "wrong password": sign_in(world.visitor(), ANN, "wrong wrong wrong"),
        "nobody": sign_in(world.visitor(), "nobody@example.org"),
        "closed": sign_in(world.visitor(), "closed@example.org"),
        "of a directory": sign_in(world.visitor(), "dir@example.org"),
    }


def test_every_failure_is_told_alike(client: TestClient, world: World) -> None:
    del client
    told, told_headers = set(), set()
    for answer in answers(world).values():
        assert answer.status_code == 401
        start = answer.text.index('<div class="govuk-error-summary"')
        told.add(answer.text[start : answer.text.index("</div>", start)])
        told_headers.add(tuple(sorted(answer.headers)))
    assert len(told) == len(told_headers) == 1
    assert "Email address or password is wrong" in told.pop()


def test_every_failure_takes_a_hash(client: TestClient, world: World) -> None:
    """Without an account the same work is done: seen by counting, which no busy machine blurs."""
    del client
    seen: list[str] = []
    passwords = world.services.passwords
    hasher = passwords._hasher

    class Counting:
        def hash(self, password: str) -> str:
            return hasher.hash(password)

        def verify(self, kept: str, password: str) -> bool:
            seen.append(kept[:10])
            return hasher.verify(kept, password)

    passwords._hasher = Counting()  # type: ignore[assignment]
    try:
        told = answers(world)
    finally:
        passwords._hasher = hasher
    assert len(seen) == len(told)


@pytest.mark.slow
def test_the_time_tells_nothing() -> None:
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)

    def seconds(hashed: str | None) -> float:
        start = time.perf_counter()
        passwords.verify(hashed, "wrong wrong wrong")
        return time.perf_counter() - start

    with_account = median(seconds(kept) for _ in range(15))
    without = median(seconds(None) for _ in range(15))
    assert 0.7 < with_account / without < 1.4


# --- slower with each failure


def test_the_wait_grows_and_ends(client: TestClient, world: World) -> None:
    for _ in range(5):
        assert sign_in(client, ANN, "wrong wrong wrong").status_code == 401
    waits = []
    for _ in range(4):
        assert sign_in(client, ANN, "wrong wrong wrong").status_code == 401
        blocked = sign_in(client, ANN)
        assert blocked.status_code == 429, "the right password waits too"
        waits.append(int(blocked.headers["retry-after"]))
        world.clock.pass_s(waits[-1])
    assert waits == [2, 4, 8, 16]
    assert sign_in(client, ANN).status_code == 303
    assert sign_in(world.visitor(), ANN, "wrong wrong wrong").status_code == 401, "counts anew"


def test_who_has_no_account_waits_alike(client: TestClient, world: World) -> None:
    del client
    told = []
    for email in (ANN, "nobody@example.org"):
        statuses = [
            sign_in(world.visitor(), email, "wrong wrong wrong").status_code for _ in range(7)
        ]
        told.append(statuses)
    assert told[0] == told[1] == [401] * 6 + [429]


def test_one_address_that_tries_many_names_waits(client: TestClient) -> None:
    statuses = [
        sign_in(client, f"name{n}@example.org", "wrong wrong wrong").status_code for n in range(22)
    ]
    assert statuses == [401] * 21 + [429]
    assert sign_in(client, ANN).status_code == 429


def test_the_throttle_keeps_no_name(client: TestClient, world: World) -> None:
    sign_in(client, "hunter2@example.org", "wrong wrong wrong")
    with world.store._engine.connect() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM throttle").all())
        log = str(connection.exec_driver_sql("SELECT * FROM audit_entry").all())
    assert "hunter2" not in dump + log
    assert "testclient" not in dump + log
    assert "sign_in_failed" in log


# --- forms


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_form_without_its_token_is_refused(client: TestClient, world: World, path: str) -> None:
    sign_in(client, ANN)
    other = world.visitor()
    foreign = form_token(other)
    for token in ("", "x", foreign, foreign.upper(), "é" * 20):
        data = {"csrf_token": token, "email": ANN, "password": PASSWORD}
        answer = client.post(path, data=data)
        assert answer.status_code == 403
    assert client.get("/api/v1/me").status_code == 200, "still signed in"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": BASE.replace("https", "http")},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_form_of_another_site_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert sign_in(client, ANN, **headers).status_code == 403
    assert sign_in(client, ANN, origin=BASE).status_code == 303


def test_a_token_of_a_former_session_is_refused(client: TestClient) -> None:
    sign_in(client, ANN)
    old = form_token(client, "/account")
    client.post("/sign-out", data={"csrf_token": old})
    sign_in(client, ANN)
    assert client.post("/sign-out", data={"csrf_token": old}).status_code == 403


def test_the_api_by_cookie_needs_the_token_too(world: World) -> None:
    administrator = world.signed_in(Role.ADMINISTRATOR)
    body = {"name": "Website", "actions": ["list_plans"]}
    path = "/api/v1/areas/north/keys"
    for headers in ({"x-csrf-token": ""}, {"x-csrf-token": "x"}, {"origin": "https://evil.test"}):
        assert administrator.post(path, json=body, headers=headers).status_code == 403
    assert administrator.post(path, json=body).status_code == 201


# --- passwords


@pytest.mark.parametrize(
    "password",
    [
        "tiny pass",
        "a" * 201,
        "aaaaaaaaaaaaaaaa",
        "password1234",
        "Liverpool123",
        "qwerty123456",
        "annannannann1",
    ],
)
def test_bad_passwords_are_refused(password: str) -> None:
    with pytest.raises(BadRequest) as caught:
        check_password(password, "annann@example.org")
    assert password not in str(caught.value)


@pytest.mark.parametrize("password", [PASSWORD, "Three-Blue-Kettles", "ŝnurego kaj lano"])
def test_good_passwords_are_taken(password: str) -> None:
    check_password(password, ANN)


def test_a_weaker_hash_is_made_anew_at_sign_in(client: TestClient, world: World) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    with world.store.writing(Actor("command")) as unit:
        account = unit.accounts.by_email(ANN)
        assert account is not None
        unit.accounts.set_password(account.account_id, weak)
    assert sign_in(client, ANN).status_code == 303
    with world.store.reading() as unit:
        account = unit.accounts.by_email(ANN)
    assert account is not None
    assert account.password_hash != weak
    assert sign_in(world.visitor(), ANN).status_code == 303


def test_who_had_to_sign_in_first_gets_to_the_page_that_they_wanted(world: World) -> None:
    world.add_account("ann@example.org", {"north": {Role.PLANNER}})
    client = world.visitor()
    refused = client.get("/team/north?done=x", headers={"accept": "text/html"})
    assert refused.status_code == 401
    assert 'href="/sign-in?next=%2Fteam%2Fnorth%3Fdone%3Dx"' in refused.text
    page = client.get("/sign-in?next=/team/north%3Fdone%3Dx").text
    assert 'name="next" value="/team/north?done=x"' in page
    for wanted, goes_to in (
        ("/team/north?done=x", "/team/north?done=x"),
        ("", "/account"),
        ("https://evil.test/", "/account"),
        ("//evil.test/", "/account"),
        ("//[", "/account"),
        ("/\\evil.test", "/account"),
        ("javascript:alert(1)", "/account"),
        ("/team\r\nx: y", "/account"),
    ):
        browser = world.visitor()
        data = {"email": "ann@example.org", "password": PASSWORD, "next": wanted}
        done = browser.post("/sign-in", data={**data, "csrf_token": form_token(browser)})
        assert (done.status_code, done.headers["location"]) == (303, goes_to), wanted
