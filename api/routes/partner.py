"""A partner's pages: the weeks to come, protocols to agree to, corridors to comment on."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.answers import TEAM_ONLY, answer_bytes, page_policy
from api.errors import BadRequest, Conflict, NotFound
from api.partners.answering import give_answer
from api.partners.context import Context, find_context
from api.partners.stating import own_statements
from api.partners.view import (
    PartnerWeek,
    ProtocolView,
    coming_heads,
    find_head,
)
from api.routes.area_page import NO_STORE, AreaPage, error_status, note_error
from api.routes.areas import AreaId
from api.routes.partner_page import Partner, PartnerByForm, Version, Week, page_of, view_of
from api.routes.team_page import Sent
from api.services import Given
from api.store.partner_records import AnswerWord
from api.team.forms import Errors, Fields

__all__ = [
    "get_map",
    "get_protocol",
    "get_start",
    "get_week",
    "post_protocol",
    "router",
]

router = APIRouter(prefix="/partner/{area_id}", include_in_schema=False)

_PLAN = "/plans/{week}/{version}"
_BOTH = ["GET", "HEAD"]
_Id = Annotated[str, Path(max_length=200)]


@router.api_route("", methods=_BOTH)
def get_start(request: Request, services: Given, area_id: AreaId, caller: Partner) -> Response:
    """Show what waits for this organisation, and the weeks to come."""
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        weeks = [
            view_of(unit, context, one.week, one.version)
            for one in coming_heads(unit, area_id, context.today)
        ]
        n_statements = len(own_statements(unit, context.party))
    return page_of(request, services, caller, context).answer(
        "partner_start.html.j2", party=context.party, weeks=weeks, n_statements=n_statements
    )


@router.api_route(_PLAN, methods=_BOTH)
def get_week(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: Week,
    version: Version,
    caller: Partner,
) -> Response:
    """Show the newest version of a week: patrols with one's own posts, protocols, corridors."""
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        shown = view_of(unit, context, week)
        if version < shown.head.version:  # a link that was kept leads on to what holds now
            to = f"/partner/{quote(area_id)}/plans/{week}/{shown.head.version}"
            return RedirectResponse(to, status_code=303, headers=NO_STORE)
        if version > shown.head.version:
            raise NotFound
        comments = unit.comments.of_week(area_id, week, caller.organisation_id)
    return page_of(request, services, caller, context).answer(
        "partner_week.html.j2",
        party=context.party,
        week=shown,
        n_comments={
            one.corridor_id: sum(two.corridor_id == one.corridor_id for two in comments)
            for one in shown.corridors
        },
    )


@router.api_route(_PLAN + "/map", methods=_BOTH)
def get_map(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: Week,
    version: Version,
    caller: Partner,
) -> Response:
    """Give the released map of a week, with its list."""
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        head = find_head(unit, area_id, context.today, week, version)
        page = unit.plans.file(head.plan_id, "map.html")
    if page is None:
        raise NotFound
    policy = page_policy(page.content)
    return answer_bytes(
        request,
        page.content,
        "text/html; charset=utf-8",
        TEAM_ONLY,
        Content_Security_Policy=policy,
    )


# --- protocols


@router.api_route(_PLAN + "/protocols/{protocol_id}", methods=_BOTH)
def get_protocol(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: Week,
    version: Version,
    protocol_id: _Id,
    caller: Partner,
) -> Response:
    """Show a protocol in full, and the form to answer it."""
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        shown = view_of(unit, context, week, version)
    protocol = _find_protocol(shown, protocol_id)
    page = page_of(request, services, caller, context)
    return _answer_form(page, context, shown, protocol, Fields(), Errors(), 200)


@router.post(_PLAN + "/protocols/{protocol_id}")
def post_protocol(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: Week,
    version: Version,
    protocol_id: _Id,
    sent: Sent,
    caller: PartnerByForm,
) -> Response:
    """Keep an answer; where it cannot be, show the form again with what was written."""
    try:
        with services.store.writing(caller.actor) as unit:
            context = find_context(unit, services, caller, area_id)
            head = find_head(unit, area_id, context.today, week, version)
            give_answer(
                unit,
                context.party,
                head,
                protocol_id,
                _word(sent.text("word")),
                sent.text("text"),
                today=context.today,
                follows=sent.number("follows") or 0,
            )
    except (BadRequest, Conflict) as error:
        with services.store.reading() as unit:
            context = find_context(unit, services, caller, area_id)
            shown = view_of(unit, context, week)
        protocol = _find_protocol(shown, protocol_id)
        page = page_of(request, services, caller, context)
        errors = note_error(error, ("word", "text"))
        return _answer_form(page, context, shown, protocol, sent, errors, error_status(error))
    to = f"/partner/{quote(area_id)}/plans/{week}/{version}?done={sent.text('word')}"
    return RedirectResponse(to, status_code=303, headers=NO_STORE)


def _word(text: str) -> AnswerWord:
    if text not in set(AnswerWord):
        raise BadRequest(
            "It is not said whether you agree.", "Choose one of the three.", where="word"
        )
    return AnswerWord(text)


def _answer_form(
    page: AreaPage,
    context: Context,
    shown: PartnerWeek,
    protocol: ProtocolView,
    sent: Fields,
    errors: Errors,
    status: int,
) -> Response:
    return page.answer(
        "partner_protocol.html.j2",
        party=context.party,
        week=shown,
        protocol=protocol,
        word=sent.text("word"),
        text=sent.text("text"),
        follows=protocol.answer.answer_id if protocol.answer else 0,
        errors=errors,
        status=status,
    )


def _find_protocol(shown: PartnerWeek, protocol_id: str) -> ProtocolView:
    for one in shown.protocols:
        if one.protocol_id == protocol_id:
            return one
    raise NotFound
