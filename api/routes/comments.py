"""Comments on corridors, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.errors import NotFound
from api.partners.commenting import add_comment
from api.partners.context import find_context
from api.partners.models import CommentAsked, CommentBody
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given
from api.store import Unit
from api.store.partner_records import Comment

__all__ = [
    "get_comment",
    "list_comments",
    "make_comment",
    "router",
]

router = APIRouter(prefix="/api/v1/areas/{area_id}/comments", tags=["partners"])

_ERRORS = describe_problems(401, 403, 404, 422, 503)


@router.get("", responses={**_ERRORS})
def list_comments(
    services: Given,
    area_id: AreaId,
    response: Response,
    caller: Annotated[Caller, needs(Action.COMMENT)],
    week: Annotated[date | None, Query(description="The Monday; left out: every week.")] = None,
) -> list[CommentBody]:
    """List comments on corridors, newest first: the team sees all, a partner its own."""
    response.headers["Cache-Control"] = TEAM_ONLY
    own = None if _sees_all(caller, area_id) else caller.organisation_id
    with services.store.reading() as unit:
        if week is None:
            found = unit.comments.recent(area_id, own, limit=1000)
        else:
            found = unit.comments.of_week(area_id, week, own)[::-1]
        return [_body(unit, one) for one in found]


@router.post("", status_code=201, responses={**describe_problems(400, 409, 413, 415), **_ERRORS})
def make_comment(
    services: Given,
    area_id: AreaId,
    asked: CommentAsked,
    caller: Annotated[Caller, needs(Action.COMMENT)],
) -> CommentBody:
    """Comment on a corridor of a coming week. The team reads it; other partners do not."""
    with services.store.writing(caller.actor) as unit:
        context = find_context(unit, services, caller, area_id)
        made = add_comment(
            unit, context.party, asked.week, asked.corridor_id, asked.text, context.today
        )
        return _body(unit, made)


@router.get("/{comment_id}", responses={**_ERRORS})
def get_comment(
    services: Given,
    area_id: AreaId,
    comment_id: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])],
    response: Response,
    caller: Annotated[Caller, needs(Action.COMMENT)],
) -> CommentBody:
    """Give one comment; to a partner another organisation's is not there."""
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        found = unit.comments.get(area_id, comment_id)
        is_own = found is not None and found.organisation_id == caller.organisation_id
        if found is None or not (is_own or _sees_all(caller, area_id)):
            raise NotFound
        return _body(unit, found)


def _sees_all(caller: Caller, area_id: str) -> bool:
    return Action.READ_PLAN in caller.allowed_in(area_id)


def _body(unit: Unit, comment: Comment) -> CommentBody:
    return CommentBody(
        comment_id=comment.comment_id,
        week=comment.week,
        corridor_id=comment.corridor_id,
        organisation=unit.areas.organisation_name(comment.organisation_id),
        text=comment.text,
        made_at=comment.made_at,
    )
