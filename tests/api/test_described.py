"""The description of the interface is complete and true: schemathesis asks everything of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.rights import Role
from api.store.records import Actor
from tests.api.conftest import BASE
from tests.api.small_folder import WEEK
from tests.api.test_rights_matrix import add_work

if TYPE_CHECKING:
    from typing import Any

    import pytest
    from schemathesis import Case
    from schemathesis.schemas import APIOperation

    from tests.api.conftest import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
THERE = {
    "area_id": "north", "week": WEEK.isoformat(), "version": 2, "file": "A1",
    "collection_id": "corridors", "feature_id": "north.corridor-A1",
    "upload_id": 1, "job_id": 1, "change_id": 1,
}  # fmt: skip
NEEDS_MORE = {
    # these need the right If-Match and an id that is there: other tests see to them
    "POST /api/v1/areas/{area_id}/plans/{week}/{version}/publish",
    "DELETE /api/v1/areas/{area_id}/keys/{key_id}",
    "POST /api/v1/areas/{area_id}/uploads/{upload_id}/settings",
    "POST /api/v1/areas/{area_id}/uploads/{upload_id}/take",
    "POST /api/v1/areas/{area_id}/uploads/{upload_id}/discard",
    # a Monday; a file's ending
    "POST /api/v1/areas/{area_id}/jobs",
    "POST /api/v1/areas/{area_id}/uploads",
    # these need a partner's own organisation, or an area's own material
    "POST /api/v1/areas/{area_id}/answers",
    "POST /api/v1/areas/{area_id}/comments",
    "POST /api/v1/areas/{area_id}/statements",
    "POST /api/v1/areas/{area_id}/changes",
    "POST /api/v1/areas/{area_id}/changes/{change_id}/withdraw",
}
FEW = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def who_may_everything(world: World) -> dict[str, str]:
    """Give the headers of somebody with every role, so that no door stays shut unseen."""
    client = world.signed_in(Role.ADMINISTRATOR)
    with world.store.writing(Actor("command")) as unit:
        account = unit.accounts.by_email("administrator.north@example.org")
        assert account is not None
        unit.accounts.grant(account.account_id, "north", set(Role))
    return {
        "cookie": f"__Host-session={client.cookies['__Host-session']}",
        "x-csrf-token": client.headers["x-csrf-token"],
    }


def ask_all_of(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    headers: dict[str, str],
    statuses: set[int],
) -> None:
    # names that are there, or everything would end with "not found"
    wanted = THERE if mode == GenerationMode.POSITIVE else {"area_id": "north"}

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        for name in case.path_parameters:
            case.path_parameters[name] = wanted.get(name, case.path_parameters[name])
        response = case.call(base_url=BASE, headers=headers)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        # nothing can be wrong about what takes neither parameter nor body
        assert mode == GenerationMode.NEGATIVE
        assert not list(operation.iter_parameters())


def test_every_operation_keeps_its_word(
    world_on_each: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nobody works here: a stream of what goes on would last as long as it may
    monkeypatch.setattr("api.routes.jobs._LONGEST_S", 0.0)
    add_work(world_on_each)
    headers = who_may_everything(world_on_each)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", world_on_each.app)
    seen: dict[str, set[int]] = {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for found in schema.get_all_operations():
            operation = found.ok()  # type: ignore[union-attr]
            ask_all_of(operation, mode, headers, seen.setdefault(operation.label, set()))
    paths = world_on_each.app.openapi()["paths"]
    assert len(seen) == sum(len(methods) for methods in paths.values())
    assert not any(500 in statuses for statuses in seen.values())
    never = {one for one, statuses in seen.items() if not statuses & {200, 201, 202, 204}}
    assert never <= NEEDS_MORE
    reached = {status for statuses in seen.values() for status in statuses}
    assert {200, 201, 404, 422} <= reached


def test_the_description_is_complete(world: World) -> None:
    described = world.app.openapi()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["description"], where
            assert operation["tags"], where
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    (kind,) = answer["content"]
                    assert kind == "application/problem+json", where
                    example = answer["content"][kind]["example"]
                    assert example["status"] == int(status), where
            is_public = not operation.get("security")
            assert is_public == ("401" not in operation["responses"]), where
    names = [one["operationId"] for m in described["paths"].values() for one in m.values()]
    assert len(set(names)) == len(names)


def test_the_page_for_people_tells_every_operation(world: World) -> None:
    page = world.visitor().get("/docs").text
    for path, methods in world.app.openapi()["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    for name in world.app.openapi()["components"]["schemas"]:
        assert f'id="shape-{name}"' in page
