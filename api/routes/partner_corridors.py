"""A partner's page of one corridor: what one's own organisation says of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.errors import BadRequest, Conflict, NotFound
from api.partners.commenting import add_comment
from api.partners.context import Context, find_context
from api.partners.view import CorridorView, PartnerWeek, find_head
from api.routes.area_page import NO_STORE, AreaPage, error_status, note_error
from api.routes.areas import AreaId
from api.routes.partner_page import Partner, PartnerByForm, Version, Week, page_of, view_of
from api.routes.team_page import Sent
from api.services import Given
from api.store import Unit
from api.store.partner_records import Comment
from api.team.forms import Errors

__all__ = ["get_corridor", "post_comment", "router"]

router = APIRouter(
    prefix="/partner/{area_id}/plans/{week}/{version}/corridors", include_in_schema=False
)

_Id = Annotated[str, Path(max_length=200)]


@router.api_route("/{corridor_id}", methods=["GET", "HEAD"])
def get_corridor(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: Week,
    version: Version,
    corridor_id: _Id,
    caller: Partner,
) -> Response:
    """Show a corridor with what one's own organisation said of it, and the form to say more."""
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        shown = view_of(unit, context, week, version)
        corridor = _find_corridor(shown, corridor_id)
        comments = _own_comments(unit, context, week, corridor_id)
    page = page_of(request, services, caller, context)
    return _comment_form(page, context, shown, corridor, comments, "", Errors(), 200)


@router.post("/{corridor_id}")
def post_comment(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: Week,
    version: Version,
    corridor_id: _Id,
    sent: Sent,
    caller: PartnerByForm,
) -> Response:
    """Keep a comment."""
    try:
        with services.store.writing(caller.actor) as unit:
            context = find_context(unit, services, caller, area_id)
            find_head(unit, area_id, context.today, week, version)
            add_comment(unit, context.party, week, corridor_id, sent.text("text"), context.today)
    except (BadRequest, Conflict) as error:
        with services.store.reading() as unit:
            context = find_context(unit, services, caller, area_id)
            shown = view_of(unit, context, week)
            corridor = _find_corridor(shown, corridor_id)
            comments = _own_comments(unit, context, week, corridor_id)
        page = page_of(request, services, caller, context)
        errors, text = note_error(error, ("text",)), sent.text("text")
        status = error_status(error)
        return _comment_form(page, context, shown, corridor, comments, text, errors, status)
    to = f"/partner/{quote(area_id)}/plans/{week}/{version}/corridors/{quote(corridor_id)}"
    return RedirectResponse(f"{to}?done=commented", status_code=303, headers=NO_STORE)


def _comment_form(
    page: AreaPage,
    context: Context,
    shown: PartnerWeek,
    corridor: CorridorView,
    comments: list[Comment],
    text: str,
    errors: Errors,
    status: int,
) -> Response:
    return page.answer(
        "partner_corridor.html.j2",
        party=context.party,
        week=shown,
        corridor=corridor,
        comments=comments,
        text=text,
        errors=errors,
        status=status,
    )


def _find_corridor(shown: PartnerWeek, corridor_id: str) -> CorridorView:
    for one in shown.corridors:
        if one.corridor_id == corridor_id:
            return one
    raise NotFound


def _own_comments(unit: Unit, context: Context, week: date, corridor_id: str) -> list[Comment]:
    found = unit.comments.of_week(context.area.area_id, week, context.party.organisation_id)
    return [one for one in found if one.corridor_id == corridor_id]
