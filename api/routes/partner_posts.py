"""A partner's page of its own posts: what they will and will not do, and until when."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Caller, needs, needs_by_form
from api.errors import BadRequest, Conflict
from api.partners.context import Context, find_context
from api.partners.stating import (
    KINDS,
    Choices,
    Statement,
    find_choices,
    own_statements,
    state,
    statement_words,
    take_back,
)
from api.rights import Action
from api.routes.area_page import NO_STORE, AreaPage, error_status, note_error
from api.routes.areas import AreaId
from api.routes.team_page import Sent
from api.services import Given
from api.store.work_records import Change, ChangeKind
from api.team.forms import Errors, Fields
from corridors.errors import BadInput

__all__ = [
    "get_posts",
    "post_statement",
    "post_withdraw",
    "router",
]

router = APIRouter(prefix="/partner/{area_id}/posts", include_in_schema=False)

_Partner = Annotated[Caller, needs(Action.ANSWER_PLAN)]
_PartnerByForm = Annotated[Caller, needs_by_form(Action.ANSWER_PLAN)]
_FIELDS = ("kind", "who", "others", "first_day", "last_day", "reason")
_DONE = {
    "said": "This stands now. Each coming plan that it touches is made again with it.",
    "taken-back": "This was taken back. Each coming plan that it touched is made again.",
}


@router.api_route("", methods=["GET", "HEAD"])
def get_posts(request: Request, services: Given, area_id: AreaId, caller: _Partner) -> Response:
    """Show one's own posts, what was said of them, and the form to say more."""
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        choices = find_choices(unit, context.party, context.names, context.today)
        said = own_statements(unit, context.party)
    page = AreaPage(request, services, caller, context.area, "partner", _DONE)
    return _form(page, context, choices, said, Fields(), Errors(), 200)


@router.post("")
def post_statement(
    request: Request, services: Given, area_id: AreaId, sent: Sent, caller: _PartnerByForm
) -> Response:
    """Keep a statement; where it cannot be, show the form again with what was chosen."""
    try:
        statement = _read(sent)
        with services.store.writing(caller.actor) as unit:
            context = find_context(unit, services, caller, area_id)
            choices = find_choices(unit, context.party, context.names, context.today)
            state(unit, context.party, statement, choices, context.today)
    except (BadRequest, Conflict, BadInput) as error:
        with services.store.reading() as unit:
            context = find_context(unit, services, caller, area_id)
            choices = find_choices(unit, context.party, context.names, context.today)
            said = own_statements(unit, context.party)
        page = AreaPage(request, services, caller, context.area, "partner", _DONE)
        errors = note_error(error, _FIELDS)
        return _form(page, context, choices, said, sent, errors, error_status(error))
    return _go(area_id, "said")


@router.post("/{change_id}/withdraw")
def post_withdraw(
    services: Given,
    area_id: AreaId,
    change_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    caller: _PartnerByForm,
) -> Response:
    """Take a statement back."""
    with services.store.writing(caller.actor) as unit:
        context = find_context(unit, services, caller, area_id)
        take_back(unit, context.party, change_id, context.today)
    return _go(area_id, "taken-back")


def _read(sent: Fields) -> Statement:
    kind = sent.text("kind")
    if kind not in {str(one) for one in KINDS}:
        raise BadRequest("It is not said what this is about.", "Choose one.", where="kind")
    return Statement(
        kind=ChangeKind(kind),
        who=sent.text("who"),
        others=tuple(sent.texts("others")),
        first_day=_day(sent.text("first_day"), "first_day"),
        last_day=_day(sent.text("last_day"), "last_day"),
        reason=sent.text("reason"),
    )


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest("This is not a date.", "Write it as 2026-11-23.", where=where) from None


def _form(
    page: AreaPage,
    context: Context,
    choices: Choices,
    said: list[Change],
    sent: Fields,
    errors: Errors,
    status: int,
) -> Response:
    return page.answer(
        "partner_posts.html.j2",
        party=context.party,
        names=context.names,
        choices=choices,
        said=[(one, statement_words(one, context.party.name, context.names)) for one in said],
        sent=sent,
        errors=errors,
        status=status,
    )


def _go(area_id: str, done: str) -> Response:
    to = f"/partner/{quote(area_id)}/posts?done={done}"
    return RedirectResponse(to, status_code=303, headers=NO_STORE)
