"""Changes for the next plan as JSON: each with its reason, checked at once, taken back openly."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.errors import NotAllowed
from api.partners.stating import check_own_word
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given
from api.store.work_records import Change, ChangeKind
from api.work_models import ChangeAsked, ChangeBody, ReasonAsked

__all__ = ["add_change", "list_changes", "router", "withdraw_change"]

router = APIRouter(prefix="/api/v1/areas/{area_id}/changes", tags=["changes"])

_Changer = Annotated[Caller, needs(Action.CHANGE_PLAN)]
_ERRORS = describe_problems(401, 403, 404, 422, 503)


@router.get("", responses={**_ERRORS})
def list_changes(
    services: Given,
    area_id: AreaId,
    response: Response,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
    *,
    standing: Annotated[
        bool, Query(description="Only those that hold; else withdrawn ones too.")
    ] = True,
) -> list[ChangeBody]:
    """List the changes that the next plan is made with."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        found = unit.changes.standing(area_id) if standing else unit.changes.all(area_id)
    return [_body(one) for one in found]


@router.post("", status_code=201, responses={**describe_problems(400, 409, 413, 415), **_ERRORS})
def add_change(
    services: Given, area_id: AreaId, asked: ChangeAsked, caller: _Changer
) -> ChangeBody:
    """Add a change. The next plan is made with it; a plan that is there stays as it is."""
    if asked.kind == ChangeKind.CANCELLATION:
        _check_may_cancel(caller, area_id)
    with services.store.writing(caller.actor) as unit:
        made = unit.changes.add(
            area_id, caller.organisation_id, asked.kind, asked.document, reason=asked.reason
        )
    return _body(made)


@router.post(
    "/{change_id}/withdraw", responses={**describe_problems(400, 409, 413, 415), **_ERRORS}
)
def withdraw_change(
    services: Given,
    area_id: AreaId,
    change_id: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])],
    asked: ReasonAsked,
    caller: _Changer,
) -> ChangeBody:
    """Take a change back: the next plan is made without it."""
    with services.store.writing(caller.actor) as unit:
        found = unit.changes.get(area_id, change_id)
        if found is not None and found.kind == ChangeKind.CANCELLATION:
            _check_may_cancel(caller, area_id)
        check_own_word(found, caller.organisation_id)
        return _body(unit.changes.withdraw(area_id, change_id, reason=asked.reason))


def _check_may_cancel(caller: Caller, area_id: str) -> None:
    if Action.CANCEL_PATROL not in caller.allowed_in(area_id):
        raise NotAllowed(
            "Your role in this area does not include cancelling patrols.", "Ask an approver."
        )


def _body(change: Change) -> ChangeBody:
    return ChangeBody.model_validate(
        {name: getattr(change, name) for name in ChangeBody.model_fields}
    )
