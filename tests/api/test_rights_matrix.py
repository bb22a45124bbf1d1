"""Every route, every role, own and other area: made from the route table, so that none escapes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from fastapi import Depends, FastAPI

from api.access import KEY_ACTIONS, check_form_token, check_routes, declared_actions, needs
from api.app import create_app
from api.rights import PUBLIC, RIGHTS, SELF, Action, Role
from api.store.records import Actor
from api.store.work_records import ChangeKind, InputKind, JobKind
from tests.api.conftest import OTHER, OWN, TEST_SETTINGS, sign_in
from tests.api.small_folder import PROTOCOL, WEEK

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.api.conftest import World

ROUTES = sorted(
    {
        (method, path, action)
        for method, path, action, _ in declared_actions(create_app(TEST_SETTINGS))
    },
    key=str,
)
WHO: list[Role | None] = [None, *Role]

PARTS = {
    "week": WEEK.isoformat(), "version": "1", "file": "A1", "collection_id": "corridors",
    "feature_id": "north.corridor-A1", "key_id": "1", "name": "service.css",
    "token": "x", "upload_id": "1", "job_id": "1", "change_id": "1", "kind": "aim",
    "patrol_id": f"corridor-A1-{WEEK}", "corridor_id": "corridor-A1", "protocol_id": PROTOCOL,
    "answer_id": "1", "comment_id": "1", "account_id": "1", "step": "roles",
}  # fmt: skip
FORM = {"reason": "To test"}
"""What every form of a page is sent with, beside its token; a form may tell what it lacks."""
BODIES = {"/publish": {"reason": "Agreed"}, "/keys": {"name": "Website", "actions": ["read_plan"]}}


def ask(client: TestClient, method: str, path: str, area_id: str) -> Response:
    url = path.format(area_id=area_id, **PARTS)
    if url.endswith("/segments"):
        url += "?reason=testing"
    if url.endswith("/released"):  # a partner reads the newest version only
        url = url.replace(f"{WEEK}/1/", f"{WEEK}/2/")
    if method == "POST" and not url.startswith("/api/"):
        token = client.headers.get("x-csrf-token", "")
        file = {"file": ("a.csv", b"a\n")} if url.endswith("/uploads/new") else None
        return client.post(url, data={"csrf_token": token, **FORM}, files=file)
    if method == "POST" and url.endswith("/uploads"):
        headers = {"content-type": "text/csv", "idempotency-key": "matrix-1"}
        return client.post(f"{url}?kind=incidents&name=a.csv", content=b"a\n1\n", headers=headers)
    body = next((body for end, body in BODIES.items() if url.endswith(end)), None)
    return client.request(
        method, url, json=body if method == "POST" else None, headers={"if-match": '"1"'}
    )


def expected(role: Role | None, action: Action, *, is_own: bool) -> set[int]:
    """What the table of rights says, told here a second time and plainly."""
    # 409: the plan of the test is published already; 400, 415, 422: told what is wrong with it
    let_through = {200, 201, 202, 204, 303, 304, 400, 409, 415, 422}
    if action in PUBLIC:
        return let_through | {403, 404, 415}  # forms without their token; no directory is set up
    if role is None:
        return {401}
    if action in SELF:
        return let_through
    if not is_own:
        return {404}
    return let_through if action in RIGHTS[role] else {403}


def add_work(world: World) -> None:
    """Bring in a file, make a change, an answer and a comment: the first ones of the area."""
    actor = Actor("command", 1)
    with world.store.writing(actor) as unit:
        upload = unit.uploads.add("north", 1, InputKind.INCIDENTS, "a.csv", b"a\n1\n")
        asked = {"upload_id": upload.upload_id, "row_version": 1}
        unit.jobs.ask("north", 1, JobKind.CHECK_UPLOAD, asked, key="matrix", reason="To test")
        leased = unit.jobs.lease("tests")
        assert leased is not None
        unit.jobs.fail(leased, [])  # over: whoever watches it is told so at once
        unit.changes._check = lambda *_: None  # the area of the test has no material
        refusal = {"who": "North Council", "refuses": ["police"]}
        unit.changes.add("north", 1, ChangeKind.REFUSAL, refusal, reason="To test")
        head = unit.plans.heads("north")[0]
        unit.answers.give(
            "north", head.plan_id, PROTOCOL, "North Council", "agrees", "", date(2026, 11, 9)
        )
        unit.comments.add("north", 1, WEEK, "corridor-A1", "A remark")


def test_the_whole_matrix(world: World) -> None:
    """In one test, so that the people of it sign in once; the failures are gathered."""
    add_work(world)
    wrong = []
    n = 0
    for role in WHO:
        client = world.visitor() if role is None else world.signed_in(role)
        for method, path, action in ROUTES:
            assert action is not None
            if path.startswith("/sign-") and method == "POST":
                continue  # forms: test_sign_in
            for area in (OWN, OTHER):
                # a key to revoke has to be there for whoever may
                if path.endswith("{key_id}") and role == Role.ADMINISTRATOR and area == OWN:
                    made = client.post("/api/v1/areas/north/keys", json=BODIES["/keys"])
                    assert made.status_code == 201
                answer = ask(client, method, path, area.area_id)
                wanted = expected(role, action, is_own=area == OWN)
                n += 1
                if answer.status_code not in wanted:
                    wrong.append((role, method, path, area.area_id, answer.status_code, wanted))
    assert wrong == []
    assert n > 2 * len(WHO) * 25


def test_the_matrix_is_not_empty() -> None:
    actions = {action for _, _, action in ROUTES}
    assert actions == set(Action), "an action without a route, or a route without an action"
    assert len(ROUTES) > 25
    for action in set(Action) - PUBLIC - SELF:
        assert any(action in held for held in RIGHTS.values()), f"nobody may {action}"
        assert not all(action in held for held in RIGHTS.values()), f"everybody may {action}"


def test_what_the_table_must_never_say() -> None:
    """The matrix believes the table; this does not."""
    internal = {Action.READ_PLAN, Action.READ_EVIDENCE}
    assert RIGHTS[Role.PARTNER] == {
        Action.LIST_PLANS, Action.READ_RELEASED, Action.ANSWER_PLAN, Action.COMMENT,
    }  # fmt: skip
    assert RIGHTS[Role.AUDITOR] == {Action.READ_AUDIT}
    assert RIGHTS[Role.ADMINISTRATOR] == {Action.MANAGE_ACCOUNTS, Action.MANAGE_KEYS}
    for action in (Action.PUBLISH_PLAN, Action.CANCEL_PATROL):
        assert {role for role in Role if action in RIGHTS[role]} == {Role.APPROVER}
    assert {role for role in Role if internal & RIGHTS[role]} == {
        Role.ANALYST, Role.PLANNER, Role.APPROVER,
    }  # fmt: skip
    assert {Action.READ_PUBLIC, Action.SIGN_IN, Action.SUBSCRIBE} == PUBLIC


def test_another_area_and_no_area_look_the_same(world: World) -> None:
    planner = world.signed_in(Role.PLANNER)
    other, none = (planner.get(f"/api/v1/areas/{one}/plans") for one in ("south", "nowhere"))
    assert other.status_code == none.status_code == 404
    assert other.content == none.content


def test_a_key_does_what_it_was_made_for_in_its_area_and_no_more(world: World) -> None:
    administrator = world.signed_in(Role.ADMINISTRATOR)
    made = administrator.post(
        "/api/v1/areas/north/keys", json={"name": "Website", "actions": ["list_plans"]}
    ).json()
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {made['key']}"
    wrong = []
    for method, path, action in ROUTES:
        if action is None or action in PUBLIC:
            continue
        for area in (OWN, OTHER):
            status = ask(client, method, path, area.area_id).status_code
            if action in SELF:
                wanted = 403
            elif area == OTHER:
                wanted = 404
            else:
                wanted = 200 if action == Action.LIST_PLANS else 403
            if status != wanted:
                wrong.append((method, path, area.area_id, status, wanted))
    assert wrong == []
    assert KEY_ACTIONS.isdisjoint({Action.MANAGE_KEYS, Action.PUBLISH_PLAN, Action.READ_EVIDENCE})


def test_a_key_is_shown_once_kept_hashed_and_ends(world: World) -> None:
    administrator = world.signed_in(Role.ADMINISTRATOR)
    path = "/api/v1/areas/north/keys"
    made = administrator.post(
        path, json={"name": "Website", "actions": ["list_plans"], "days": 2}
    ).json()
    listed = administrator.get(path).json()
    assert [one["key_id"] for one in listed] == [made["key_id"]]
    assert "key" not in listed[0]
    with world.store._engine.connect() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM api_key").all())
    assert made["key"] not in dump
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {made['key']}"
    plans = "/api/v1/areas/north/plans"
    assert client.get(plans).status_code == 200
    world.clock.pass_s(2 * 86_400 - 1)
    assert client.get(plans).status_code == 200
    world.clock.pass_s(1)
    assert client.get(plans).status_code == 401


def test_a_revoked_key_opens_nothing(world: World) -> None:
    administrator = world.signed_in(Role.ADMINISTRATOR)
    path = "/api/v1/areas/north/keys"
    made = administrator.post(path, json={"name": "Website", "actions": ["list_plans"]}).json()
    client = world.visitor()
    client.headers["authorization"] = f"Bearer {made['key']}"
    assert client.get("/api/v1/areas/north/plans").status_code == 200
    assert administrator.delete(f"{path}/{made['key_id']}").status_code == 204
    assert client.get("/api/v1/areas/north/plans").status_code == 401
    assert administrator.get(path).json()[0]["revoked_at"]
    assert administrator.delete(f"{path}/999").status_code == 404


def test_another_organisations_keys_are_not_there(world: World) -> None:
    made = (
        world.signed_in(Role.ADMINISTRATOR)
        .post("/api/v1/areas/north/keys", json={"name": "Website", "actions": ["list_plans"]})
        .json()
    )
    world.add_account("guest@example.org", {"north": {Role.ADMINISTRATOR}}, "Guest Organisation")
    guest = world.visitor()
    sign_in(guest, "guest@example.org")
    guest.headers["x-csrf-token"] = guest.get("/api/v1/me").json()["csrf_token"]
    assert guest.get("/api/v1/areas/north/keys").json() == []
    assert guest.delete(f"/api/v1/areas/north/keys/{made['key_id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "method", "dependencies", "wrong"),
    [
        ("/x", "GET", [], "declares no action"),
        ("/x", "GET", [needs(Action.READ_PLAN)], "names no area"),
        ("/x", "POST", [needs(Action.SIGN_IN)], "checks no form token"),
    ],
)
def test_a_route_that_would_escape_stops_the_service(
    path: str, method: str, dependencies: list[object], wrong: str
) -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route(path, lambda: None, methods=[method], dependencies=dependencies)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=wrong):
        check_routes(app)


def test_a_route_that_declares_is_let_be() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for path, dependencies in (
        ("/areas/{area_id}/x", [needs(Action.READ_PLAN)]),
        ("/form", [needs(Action.SIGN_IN), Depends(check_form_token)]),
    ):
        app.add_api_route(path, lambda: None, methods=["POST"], dependencies=dependencies)
    check_routes(app)
