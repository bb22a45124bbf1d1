"""Standing changes: what people ask of the next plan, each with its reason; made and withdrawn."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
from api.errors import BadRequest, Conflict, NotAllowed, NotFound
from api.partners.stating import check_own_word
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import (
    Page,
    Sent,
    area_names,
    find_area,
    go,
    note_refusal,
    once,
    plan_document,
    status_of,
)
from api.services import Given
from api.store import Unit
from api.store.work_records import Change, ChangeKind, InputKind
from api.team.change_forms import (
    EDITS,
    POLICE_CHOICES,
    ROLE_CHOICES,
    Choices,
    document_from,
)
from api.team.change_words import KINDS, view_changes
from api.team.forms import Errors, Fields
from api.team.plan_view import school_names
from api.team.roster_view import view_roster
from api.team.streets_view import StreetChoices, view_streets
from api.team.week_view import monday_of, weeks_from
from api.team.words import day_words
from corridors.errors import BadInput

__all__ = ["get_changes", "get_new", "post_new", "post_withdraw", "router"]

router = APIRouter(prefix="/team/{area_id}/changes", include_in_schema=False)
_READ = ["GET", "HEAD"]
_WEEKS = 6
_AROUND = 0.003
"""Degrees around a corridor, 200 to 300 m, in which streets are offered."""
_MOST_NEARBY = 3000
_MADE_HERE = tuple(kind for kind in KINDS if kind is not ChangeKind.CANCELLATION)
_Kind = Annotated[ChangeKind, Path()]
_ChangeId = Annotated[int, Path(ge=1, le=2_000_000_000)]
_FIELDS_OF: dict[ChangeKind, list[tuple[str, str]]] = {
    ChangeKind.EDIT: [("shorten", "length_m"), ("school", "school"), ("", "street")],
    ChangeKind.AIM: [("school", "school"), ("", "aim")],
    ChangeKind.MIX: [
        ("police", "police"),
        ("min_posts", "min_posts"),
        ("school", "school"),
        ("", "police"),
    ],
    ChangeKind.ABSENCE: [("to", "to"), ("from", "from"), ("", "post")],
    ChangeKind.REFUSAL: [("refuses", "refuses"), ("", "who")],
    ChangeKind.PAIRING: [("beside", "beside"), ("", "who")],
}


@router.api_route("", methods=_READ)
def get_changes(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """List what stands and what was withdrawn, and offer to make the plan again."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _list(page, unit)


@router.api_route("/new/{kind}", methods=_READ)
def get_new(
    request: Request,
    services: Given,
    area_id: AreaId,
    kind: _Kind,
    caller: Annotated[Caller, needs(Action.CHANGE_PLAN)],
    school: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show the form of one kind of change."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _form(page, unit, kind, Fields([("school", school)] if school else []))


@router.post("/new/{kind}")
def post_new(
    request: Request,
    services: Given,
    area_id: AreaId,
    kind: _Kind,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.CHANGE_PLAN)],
) -> Response:
    """Keep a change; what the area's material contradicts is told beside its field."""
    if kind not in _MADE_HERE:
        raise NotFound
    errors = Errors()
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        document = document_from(kind, fields, errors, _choices(unit, area_id))
        reason = errors.reason(fields)
        if not errors and _stands(unit, area_id, kind, document):
            errors.add("reason", "This very change stands already: it is in the list of changes.")
        if errors:
            return _form(page, unit, kind, fields, errors, status=422)
    try:
        with services.store.writing(caller.actor) as unit:
            unit.changes.add(area_id, caller.organisation_id, kind, document, reason=reason)
    except (BadInput, BadRequest, Conflict) as error:
        note_refusal(errors, error, _FIELDS_OF[kind])
        with services.store.reading() as unit:
            return _form(page, unit, kind, fields, errors, status=status_of(error))
    return go(f"/team/{area_id}/changes?done=change")


@router.post("/{change_id}/withdraw")
def post_withdraw(
    request: Request,
    services: Given,
    area_id: AreaId,
    change_id: _ChangeId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.CHANGE_PLAN)],
) -> Response:
    """Take a change back; plans that were made with it keep it."""
    errors = Errors()
    reason = errors.reason(fields, f"reason-{change_id}")
    status = 422
    if not errors:
        try:
            with services.store.writing(caller.actor) as unit:
                found = unit.changes.get(area_id, change_id)
                check_own_word(found, caller.organisation_id)
                _check_may_cancel(found, caller.allowed_in(area_id))
                unit.changes.withdraw(area_id, change_id, reason=reason)
        except (Conflict, NotAllowed) as error:
            status = status_of(error)
            note_refusal(errors, error, [("", f"reason-{change_id}")])
        else:
            return go(f"/team/{area_id}/changes?done=withdrawn")
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _list(page, unit, fields, errors, status=status)


def _check_may_cancel(change: Change | None, allowed: frozenset[Action]) -> None:
    """Refuse that a cancelled patrol goes out again by the word of who may not cancel.

    Raises
    ------
    NotAllowed
        When it is a cancellation, and cancelling is not among what is allowed.
    """
    is_cancellation = change is not None and change.kind is ChangeKind.CANCELLATION
    if is_cancellation and Action.CANCEL_PATROL not in allowed:
        raise NotAllowed("Your role does not include cancelling patrols.", "Ask an approver.")


def _list(
    page: Page,
    unit: Unit,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    area_id = page.area.area_id
    choices = _choices(unit, area_id)
    rows = view_changes(
        unit.changes.all(area_id),
        choices.schools,
        choices.names,
        page.area.timezone,
        organisation_id=page.caller.organisation_id,
        may_cancel=Action.CANCEL_PATROL in page.allowed,
    )
    next_week = weeks_from(monday_of(page.today), 2)[1].isoformat()
    return page.answer(
        "team_changes.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields([("week", next_week)]),
        once=once(),
        rows=rows,
        kinds=[(one.value, *KINDS[one]) for one in _MADE_HERE],
        week_choices=[(one.isoformat(), day_words(one)) for one in weeks_from(page.today, _WEEKS)],
    )


def _form(
    page: Page,
    unit: Unit,
    kind: ChangeKind,
    fields: Fields,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    if kind not in _MADE_HERE:
        raise NotFound
    area_id = page.area.area_id
    choices = _choices(unit, area_id)
    school = fields.text("school")
    return page.answer(
        "team_change.html.j2",
        status=status,
        errors=errors,
        fields=fields,
        kind=kind.value,
        name=KINDS[kind][0],
        choices=choices,
        edits=EDITS,
        police_choices=POLICE_CHOICES,
        role_choices=ROLE_CHOICES,
        streets=_streets(unit, area_id, school) if kind is ChangeKind.EDIT and school else None,
        standing=[
            one
            for one in view_changes(
                unit.changes.standing(area_id), choices.schools, choices.names, page.area.timezone
            )
            if one.kind == KINDS[kind][0]
        ],
    )


def _choices(unit: Unit, area_id: str) -> Choices:
    """Collect what may be chosen: the schools of the newest plan, the posts of the roster."""
    names = area_names(unit, area_id)
    heads = unit.plans.heads(area_id)
    roster = next((one for one in unit.inputs.files(area_id) if one.kind == InputKind.ROSTER), None)
    view = view_roster(unit.inputs.content(roster.input_id) if roster else None, names)
    schools = school_names(plan_document(unit, heads[0])) if heads else {}
    return Choices(schools, names, view.posts, view.organisations)


def _streets(unit: Unit, area_id: str, school: str) -> StreetChoices | None:
    """Offer the streets of a school's corridor and those around it: names, never a figure."""
    heads = unit.plans.heads(area_id)
    document = plan_document(unit, heads[0]) if heads else {}
    corridor: dict[str, Any] | None = next(
        (one for one in document.get("corridors", ()) if school in one["school_ids"]), None
    )
    if corridor is None:
        return None
    released = next(
        (
            one
            for one in unit.features.corridors_of(heads[0].plan_id, area_id)
            if one.feature_id == corridor["corridor_id"]
        ),
        None,
    )
    if released is None:
        return view_streets(corridor, {})
    west, south, east, north = released.box
    box = (west - 1.6 * _AROUND, south - _AROUND, east + 1.6 * _AROUND, north + _AROUND)
    page = unit.features.segments(heads[0].plan_id, area_id, box=box, limit=_MOST_NEARBY, offset=0)
    names = {
        one.feature_id: str(json.loads(one.properties).get("name") or "") for one in page.features
    }
    return view_streets(corridor, names)


def _stands(unit: Unit, area_id: str, kind: ChangeKind, document: dict[str, Any]) -> bool:
    """Tell whether a form was sent twice: its change stands already."""
    return any(
        one.kind == kind and dict(one.document) == document
        for one in unit.changes.standing(area_id)
    )
