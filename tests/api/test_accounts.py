"""Accounts by their administrators, and passwords by everybody: nothing silent, nothing twice."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from api.admin import create_account
from api.mail.settings import MailServer, MailSettings
from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import BASE, OTHER, PASSWORD, form_token, sign_in
from tests.api.partners import sign_in_for

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import MakeWorld, World

HERE = "/accounts/north"
NEW = "badger lantern Thursday"
WHY = "She joined the team"
ANN = {
    "email": "Ann@example.org", "shown_name": "Ann", "organisation": "North Council",
    "roles": ["planner"], "reason": WHY,
}  # fmt: skip
MAIL = MailSettings("team@example.org", MailServer("mail.example.org", 587))


def send(client: TestClient, path: str, page: str = "", **data: object) -> Response:
    """Send a form of a page, with its token and the state that the page showed."""
    text = client.get(page or path).text
    seen = re.search(r'name="seen" value="([^"]+)"', text)
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token is not None, text
    filled = {"csrf_token": token[1], "seen": seen[1] if seen else ""} | data
    return client.post(path, data=filled)


def invite(client: TestClient, **other: object) -> Response:
    return send(client, f"{HERE}/invite", "", **(ANN | other))


def link_in(text: str) -> str:
    found = re.search(r"/password/set/[A-Za-z0-9_-]{43}", text)
    assert found is not None, text
    return found[0]


def account_of(world: World, email: str) -> int:
    with world.store.reading() as unit:
        found = unit.accounts.by_email(email)
    assert found is not None
    return found.account_id


def people(world: World, email: str) -> str:
    return f"{HERE}/people/{account_of(world, email)}"


def roles_of(world: World, email: str) -> set[str]:
    with world.store.reading() as unit:
        found = unit.accounts.by_email(email)
    assert found is not None
    return {str(one) for one in found.roles.get("north", ())}


def messages(world: World) -> list[tuple[str, str, str]]:
    with world.store.writing(Actor("worker")) as unit:
        return [(one.to_email, one.subject, one.body) for one in unit.messages.take_due(100)]


@pytest.fixture
def boss(world: World) -> TestClient:
    return world.signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def mailed(make_world: MakeWorld, filled_url: str) -> World:
    return make_world(filled_url, mail=MAIL)


# --- inviting


def test_an_invited_person_chooses_a_password_and_signs_in(world_on_each: World) -> None:
    world = world_on_each
    shown = invite(world.signed_in(Role.ADMINISTRATOR))
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    link = link_in(shown.text)
    assert f"{BASE}{link}" in shown.text
    ann = world.visitor()
    assert sign_in(ann, "ann@example.org").status_code == 401
    page = ann.get(link)
    assert "ann@example.org" in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    done = send(ann, link, password=NEW, again=NEW)
    assert "Your password is set" in done.text
    assert sign_in(ann, "ann@example.org", NEW).status_code == 303
    assert ann.get("/api/v1/me").json()["roles"] == {"north": ["planner"]}


def test_where_mail_is_set_up_the_link_goes_by_message_alone(mailed: World) -> None:
    done = invite(mailed.signed_in(Role.ADMINISTRATOR))
    assert done.headers["location"] == f"{HERE}?done=invited"
    ((to, _, body),) = messages(mailed)
    assert to == "ann@example.org"
    assert "planner" in body
    assert mailed.visitor().get(link_in(body)).status_code == 200


def test_a_link_is_good_once(world: World, boss: TestClient) -> None:
    link = link_in(invite(boss).text)
    first, second = world.visitor(), world.visitor()
    token = form_token(second, link)
    assert send(first, link, password=NEW, again=NEW).status_code == 200
    again = second.post(link, data={"csrf_token": token, "password": PASSWORD, "again": PASSWORD})
    assert again.status_code == 410
    assert "used already" in again.text
    assert first.get(link).status_code == 410
    assert sign_in(world.visitor(), "ann@example.org", NEW).status_code == 303


def test_a_link_sent_twice_at_once_sets_one_password(world_on_each: World) -> None:
    world = world_on_each
    link = link_in(invite(world.signed_in(Role.ADMINISTRATOR)).text)
    clients = [world.visitor() for _ in range(4)]
    tokens = [form_token(one, link) for one in clients]

    def set_it(n: int) -> int:
        password = f"{NEW} {n}"
        data = {"csrf_token": tokens[n], "password": password, "again": password}
        return clients[n].post(link, data=data).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(set_it, range(4))) == [200, 410, 410, 410]


def test_links_that_are_over_cut_off_or_tampered_with_are_told(
    world: World, boss: TestClient
) -> None:
    link = link_in(invite(boss).text)
    visitor = world.visitor()
    changed = link[:-1] + ("A" if link[-1] != "A" else "B")
    for wrong in (link[:-1], changed, link + "x", "/password/set/a%2Fb", "/password/set/%F0%9F"):
        assert visitor.get(wrong).status_code == 404
    assert "not a link of ours" in visitor.get(changed).text
    world.clock.pass_s(7 * 86_400)
    over = visitor.get(link)
    assert over.status_code == 410
    assert "holds no longer" in over.text
    with world.store.reading() as unit:
        found = unit.accounts.by_email("ann@example.org")
    assert found is not None
    assert found.password_hash is None


def test_a_weak_password_does_not_use_the_link_up(world: World, boss: TestClient) -> None:
    link = link_in(invite(boss).text)
    visitor = world.visitor()
    for password, again in (
        ("badger9", "badger9"),
        ("password1234", "password1234"),
        (NEW, PASSWORD),
    ):
        answer = send(visitor, link, password=password, again=again)
        assert answer.status_code == 400
        assert password not in answer.text
    assert send(visitor, link, password=NEW, again=NEW).status_code == 200


def test_an_invitation_that_cannot_be_keeps_what_was_written(
    world: World, boss: TestClient
) -> None:
    wrongs: list[dict[str, object]] = [
        {"email": "ann"}, {"email": "a\nb@example.org"}, {"organisation": ""}, {"reason": ""},
        {"roles": []}, {"roles": ["king"]}, {"shown_name": "x" * 201}, {"reason": "x" * 600},
    ]  # fmt: skip
    for wrong in wrongs:
        answer = invite(boss, **wrong)
        assert answer.status_code == 400
        assert "There is a problem" in answer.text
        assert 'value="North Council"' in answer.text
    with world.store.reading() as unit:
        assert unit.accounts.by_email("ann@example.org") is None


def test_an_invitation_sent_twice_is_told(world: World, boss: TestClient) -> None:
    invite(boss)
    again = invite(boss)
    assert again.status_code == 409
    assert "holds these roles already" in again.text
    assert roles_of(world, "ann@example.org") == {"planner"}


def test_somebody_of_another_area_gets_roles_and_no_link(mailed: World) -> None:
    mailed.add_account("eve@example.org", {"south": {Role.PLANNER}}, "South Council")
    boss = mailed.signed_in(Role.ADMINISTRATOR)
    done = invite(boss, email="eve@example.org", organisation="south  council", roles=["partner"])
    assert done.headers["location"] == f"{HERE}?done=added"
    ((to, _, body),) = messages(mailed)
    assert to == "eve@example.org"
    assert "/password/set/" not in body
    assert roles_of(mailed, "eve@example.org") == {"partner"}
    other = invite(boss, email="eve@example.org", roles=["auditor"])
    assert other.status_code == 403, "an account has one organisation"


# --- who sees to whom


def test_another_areas_accounts_are_not_there(world: World, boss: TestClient) -> None:
    world.signed_in(Role.PLANNER, area=OTHER)
    theirs = people(world, "planner.south@example.org")
    assert boss.get(theirs).status_code == 404
    assert boss.get(f"{HERE}/people/99999").status_code == 404
    assert boss.post(f"{theirs}/close", data={"csrf_token": form_token(boss, HERE + "/keys"),
                                              "close_reason": WHY}).status_code == 404  # fmt: skip
    assert "planner.south" not in boss.get(HERE).text


def test_a_partners_administrator_sees_to_its_own_people_alone(world: World) -> None:
    world.signed_in(Role.APPROVER)
    guest = sign_in_for(world, "Alder Youth Trust", Role.ADMINISTRATOR)
    listed = guest.get(HERE).text
    assert "approver.north" not in listed
    assert guest.get(people(world, "approver.north@example.org")).status_code == 404
    # whatever organisation the form names, it is one's own
    made = invite(guest, roles=["partner"])
    assert made.status_code == 200
    with world.store.reading() as unit:
        ann = unit.accounts.by_email("ann@example.org")
        assert ann is not None
        assert unit.areas.organisation_name(ann.organisation_id) == "Alder Youth Trust"
    for role in ("approver", "analyst", "auditor"):
        assert invite(guest, email="bob@example.org", roles=[role]).status_code == 403
    mine = people(world, "ann@example.org")
    raised = send(guest, f"{mine}/roles", mine, roles=["partner", "approver"], roles_reason=WHY)
    assert raised.status_code == 403
    assert roles_of(world, "ann@example.org") == {"partner"}


def test_a_partners_administrator_borrows_no_role_by_a_link(world: World, boss: TestClient) -> None:
    """The host made one of their people an approver: its link would be a key to publishing."""
    guest = sign_in_for(world, "Alder Youth Trust", Role.ADMINISTRATOR)
    raised = {"email": "raised@example.org", "organisation": "Alder Youth Trust"}
    assert invite(boss, roles=["approver"], **raised).status_code == 200
    again = invite(guest, roles=["partner"], **raised)
    assert "/password/set/" not in again.text
    one = people(world, "raised@example.org")
    for step in ("reset", "close"):
        refused = send(guest, f"{one}/{step}", one, **{f"{step}_reason": WHY})
        assert refused.status_code == 403
        assert "/password/set/" not in refused.text
    assert send(boss, f"{one}/reset", one, reset_reason=WHY).status_code == 200


# --- roles


def test_roles_are_given_and_taken_with_a_reason_that_the_log_keeps(
    world: World, boss: TestClient
) -> None:
    world.signed_in(Role.PLANNER)
    one = people(world, "planner.north@example.org")
    for roles in (["planner", "approver"], ["analyst"]):
        assert send(boss, f"{one}/roles", one, roles=roles, roles_reason=WHY).status_code == 303
    assert roles_of(world, "planner.north@example.org") == {"analyst"}
    with world.store.reading() as unit:
        entries = unit.log.about(f"account:{one.rpartition('/')[2]}", "give_roles")
    assert [json.loads(one.details) for one in entries] == [
        {"before": ["planner"], "roles": ["approver", "planner"], "is_self": False},
        {"before": ["approver", "planner"], "roles": ["analyst"], "is_self": False},
    ]
    assert {one.reason for one in entries} == {WHY}
    assert WHY in boss.get(one).text
    assert send(boss, f"{one}/roles", one, roles=[], roles_reason="").status_code == 400
    assert send(boss, f"{one}/roles", one, roles=[], roles_reason=WHY).status_code == 303
    assert roles_of(world, "planner.north@example.org") == set()
    assert boss.get(one).status_code == 404


def test_roles_that_a_command_gave_are_told_too(world: World, boss: TestClient) -> None:
    create_account(
        world.store, organisation="North Council", area_id="north", email="ann@example.org",
        shown_name="Ann", roles=[Role.PLANNER], password=None,
    )  # fmt: skip
    assert "Somebody at the server itself" in boss.get(people(world, "ann@example.org")).text


def test_nobody_raises_themselves_unseen(mailed: World) -> None:
    boss = mailed.signed_in(Role.ADMINISTRATOR)
    mailed.add_account("other@example.org", {"north": {Role.ADMINISTRATOR}})
    me = people(mailed, "administrator.north@example.org")
    assert "your own account" in boss.get(me).text
    done = send(boss, f"{me}/roles", me, roles=["administrator", "approver"], roles_reason=WHY)
    assert done.status_code == 303
    assert "to themselves" in boss.get(me).text
    assert [to for to, _, _ in messages(mailed)] == ["other@example.org"]
    again = invite(boss, email="administrator.north@example.org", roles=["auditor"])
    assert again.status_code == 303
    assert {to for to, _, _ in messages(mailed)} == {
        "other@example.org", "administrator.north@example.org",
    }, "by whatever way"  # fmt: skip
    with mailed.store.reading() as unit:
        (entry, _) = unit.log.about(f"account:{me.rpartition('/')[2]}", "give_roles")
    assert json.loads(entry.details)["is_self"] is True


def test_a_stale_form_is_told(world: World, boss: TestClient) -> None:
    world.signed_in(Role.PLANNER)
    one = people(world, "planner.north@example.org")
    seen = re.search(r'name="seen" value="([^"]+)"', boss.get(one).text)
    assert seen is not None
    send(boss, f"{one}/roles", one, roles=["analyst"], roles_reason=WHY)
    stale = send(boss, f"{one}/roles", one, roles=["approver"], roles_reason=WHY, seen=seen[1])
    assert stale.status_code == 409
    assert "changed meanwhile" in stale.text
    assert roles_of(world, "planner.north@example.org") == {"analyst"}


def test_the_last_administrator_stays(world_on_each: World) -> None:
    world = world_on_each
    boss = world.signed_in(Role.ADMINISTRATOR)
    # one of another organisation does not count: they could not see to everybody
    world.add_account("guest@example.org", {"north": {Role.ADMINISTRATOR}}, "Guest")
    me = people(world, "administrator.north@example.org")
    refused = send(boss, f"{me}/roles", me, roles=["planner"], roles_reason=WHY)
    assert refused.status_code == 409
    assert "last administrator" in refused.text
    assert send(boss, f"{me}/close", me, close_reason=WHY).status_code == 409
    world.add_account("second@example.org", {"north": {Role.ADMINISTRATOR}})
    assert send(boss, f"{me}/roles", me, roles=["planner"], roles_reason=WHY).status_code == 303


def test_two_administrators_who_go_at_once_one_stays(world_on_each: World) -> None:
    world = world_on_each
    people_here = []
    for n in range(2):
        email = f"boss{n}@example.org"
        world.add_account(email, {"north": {Role.ADMINISTRATOR}})
        client = world.visitor()
        sign_in(client, email)
        me = people(world, email)
        text = client.get(me).text
        fields = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]+)"', text))
        people_here.append(
            (client, f"{me}/roles", fields | {"roles": "planner", "roles_reason": WHY})
        )

    def go(n: int) -> int:
        client, path, data = people_here[n]
        return client.post(path, data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, range(2))) == [303, 409]


# --- closing, resetting


def test_a_closed_account_is_signed_out_at_once(world: World, boss: TestClient) -> None:
    planner = world.signed_in(Role.PLANNER)
    one = people(world, "planner.north@example.org")
    assert planner.get("/api/v1/me").status_code == 200
    assert send(boss, f"{one}/close", one, close_reason=WHY).status_code == 303
    assert planner.get("/api/v1/me").status_code == 401
    assert sign_in(world.visitor(), "planner.north@example.org").status_code == 401
    assert send(boss, f"{one}/open", one, open_reason=WHY).status_code == 303
    assert planner.get("/api/v1/me").status_code == 401, "its old sessions stay ended"
    assert sign_in(world.visitor(), "planner.north@example.org").status_code == 303


def test_a_closed_accounts_link_opens_nothing(world: World, boss: TestClient) -> None:
    link = link_in(invite(boss).text)
    one = people(world, "ann@example.org")
    send(boss, f"{one}/close", one, close_reason=WHY)
    assert world.visitor().get(link).status_code == 410
    assert invite(boss, roles=["approver"]).status_code == 409


def test_a_reset_ends_password_and_sessions(world: World, boss: TestClient) -> None:
    planner = world.signed_in(Role.PLANNER)
    one = people(world, "planner.north@example.org")
    shown = send(boss, f"{one}/reset", one, reset_reason=WHY)
    link = link_in(shown.text)
    assert planner.get("/api/v1/me").status_code == 401
    assert sign_in(world.visitor(), "planner.north@example.org").status_code == 401
    assert send(world.visitor(), link, password=NEW, again=NEW).status_code == 200
    assert sign_in(world.visitor(), "planner.north@example.org", NEW).status_code == 303


def test_who_works_in_another_area_too_is_not_taken_over(world: World, boss: TestClient) -> None:
    """An administrator here could otherwise sign in as them there."""
    world.add_account("both@example.org", {"north": {Role.PARTNER}, "south": {Role.APPROVER}})
    one = people(world, "both@example.org")
    assert "another area too" in boss.get(one).text
    for step in ("reset", "close"):
        refused = send(boss, f"{one}/{step}", one, **{f"{step}_reason": WHY})
        assert refused.status_code == 403
    assert sign_in(world.visitor(), "both@example.org").status_code == 303
    assert send(boss, f"{one}/roles", one, roles=[], roles_reason=WHY).status_code == 303


def test_a_link_of_somebody_who_came_by_the_directory_meanwhile_is_over(
    world: World, boss: TestClient
) -> None:
    link = link_in(invite(boss).text)
    with world.store.writing(Actor("command")) as unit:
        unit.accounts.bind_directory(account_of(world, "ann@example.org"), "https://d.test", "7")
    assert world.visitor().get(link).status_code == 410


def test_an_account_of_the_directory_has_no_password_to_reset(
    world: World, boss: TestClient
) -> None:
    account_id = world.add_account("dir@example.org", {"north": {Role.PLANNER}})
    with world.store.writing(Actor("command")) as unit:
        unit.accounts.bind_directory(account_id, "https://directory.test", "7")
    one = people(world, "dir@example.org")
    assert "By the directory" in boss.get(one).text
    assert f"{one}/reset" not in boss.get(one).text
    assert send(boss, f"{one}/reset", one, reset_reason=WHY).status_code == 403


# --- one's own password


def test_ones_own_password_needs_the_current_one_and_ends_other_sessions(world: World) -> None:
    here, there = world.visitor(), world.visitor()
    world.add_account("ann@example.org", {"north": {Role.PLANNER}})
    for client in (here, there):
        sign_in(client, "ann@example.org")
    path = "/account/password"
    for wrong, field in (
        ({"current": "wrong"}, "current"), ({"password": "short", "again": "short"}, "password"),
        ({"again": "other"}, "again"), ({"password": PASSWORD, "again": PASSWORD}, "password"),
    ):  # fmt: skip
        data = {"current": PASSWORD, "password": NEW, "again": NEW} | wrong
        refused = send(here, path, **data)
        assert refused.status_code == 400
        assert f'href="#{field}"' in refused.text
    assert there.get("/api/v1/me").status_code == 200
    assert send(here, path, current=PASSWORD, password=NEW, again=NEW).status_code == 200
    assert here.get("/api/v1/me").status_code == 200
    assert there.get("/api/v1/me").status_code == 401
    assert sign_in(world.visitor(), "ann@example.org").status_code == 401
    assert sign_in(world.visitor(), "ann@example.org", NEW).status_code == 303


def test_an_open_browser_cannot_try_passwords_on_and_on(world: World) -> None:
    world.add_account("ann@example.org", {"north": {Role.PLANNER}})
    client = world.visitor()
    sign_in(client, "ann@example.org")
    answers = [
        send(client, "/account/password", current=f"try {n}", password=NEW, again=NEW)
        for n in range(8)
    ]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


# --- forgotten


def test_forgotten_says_the_same_whoever_asks(mailed: World) -> None:
    mailed.add_account("ann@example.org", {"north": {Role.PLANNER}})
    closed = mailed.add_account("closed@example.org", {"north": {Role.PLANNER}})
    directory = mailed.add_account("dir@example.org", {"north": {Role.PLANNER}})
    with mailed.store.writing(Actor("command")) as unit:
        unit.accounts.set_active(closed, is_active=False)
        unit.accounts.bind_directory(directory, "https://directory.test", "7")
    client = mailed.visitor()
    names = ("ANN@example.org", "closed@example.org", "dir@example.org", "nobody@example.org", "")
    answers = {send(client, "/password/forgotten", email=one).content for one in names}
    assert len(answers) == 1
    ((to, _, body),) = messages(mailed)
    assert to == "ann@example.org"
    visitor = mailed.visitor()
    assert sign_in(visitor, "ann@example.org").status_code == 303, "the old one holds until then"
    assert send(mailed.visitor(), link_in(body), password=NEW, again=NEW).status_code == 200
    assert visitor.get("/api/v1/me").status_code == 401


def test_forgotten_does_not_fill_an_inbox_nor_say_so(mailed: World) -> None:
    mailed.add_account("ann@example.org", {"north": {Role.PLANNER}})
    client = mailed.visitor()
    answers = {
        send(client, "/password/forgotten", email="ann@example.org").content for _ in range(9)
    }
    assert len(answers) == 1
    assert len(messages(mailed)) <= 4
    statuses = [
        send(client, "/password/forgotten", email=f"nobody{n}@example.org").status_code
        for n in range(30)
    ]
    assert statuses[-1] == 429


def test_without_mail_forgotten_names_whom_to_ask(world: World) -> None:
    page = world.visitor().get("/password/forgotten")
    assert "Ask an administrator" in page.text
    assert "<form" not in page.text


# --- keys


def test_a_key_is_made_shown_once_and_revoked(world: World, boss: TestClient) -> None:
    path = f"{HERE}/keys"
    made = send(boss, path, name="Website", actions=["list_plans"], days="30")
    found = re.search(r"sck_[A-Za-z0-9_-]+", made.text)
    assert found is not None
    assert found[0] not in boss.get(path).text
    system = world.visitor()
    system.headers["authorization"] = f"Bearer {found[0]}"
    assert system.get("/api/v1/areas/north/plans").status_code == 200
    again = send(boss, path, name="Website", actions=["list_plans"], days="30")
    assert again.status_code == 409, "sent twice"
    assert send(boss, f"{path}/1/revoke", path).status_code == 303
    assert system.get("/api/v1/areas/north/plans").status_code == 401
    wrongs: list[dict[str, object]] = [
        {"name": ""}, {"actions": []}, {"actions": ["publish_plan"]}, {"days": "0"},
        {"days": "soon"},
    ]  # fmt: skip
    for wrong in wrongs:
        data = {"name": "Other", "actions": ["list_plans"], "days": "30"} | wrong
        assert send(boss, path, "", **data).status_code == 400


def test_a_partners_key_reads_no_exact_plan(world: World) -> None:
    guest = sign_in_for(world, "Alder Youth Trust", Role.ADMINISTRATOR)
    assert "exact plan" not in guest.get(f"{HERE}/keys").text
    asked = {"name": "Website", "actions": ["read_plan"]}
    assert send(guest, f"{HERE}/keys", "", days="30", **asked).status_code == 403
    assert guest.post("/api/v1/areas/north/keys", json=asked).status_code == 403
    assert guest.get("/api/v1/areas/north/keys").json() == []


def test_forms_without_their_token_change_nothing(world: World, boss: TestClient) -> None:
    assert boss.post(f"{HERE}/invite", data=ANN).status_code == 403
    assert boss.post(f"{HERE}/keys", data={"name": "Website"}).status_code == 403
    assert world.visitor().post("/password/forgotten", data={"email": "a@b.org"}).status_code == 403
    with world.store.reading() as unit:
        assert unit.accounts.by_email("ann@example.org") is None
