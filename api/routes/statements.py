"""What an organisation's own posts will and will not do, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.partners.context import Context, find_context
from api.partners.models import StatementAsked, StatementBody, StatementMade
from api.partners.stating import (
    Statement,
    find_choices,
    own_statements,
    state,
    statement_words,
    take_back,
)
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given
from api.store.work_records import Change, ChangeKind

__all__ = [
    "list_statements",
    "make_statement",
    "router",
    "take_statement_back",
]

router = APIRouter(prefix="/api/v1/areas/{area_id}/statements", tags=["partners"])

_Partner = Annotated[Caller, needs(Action.ANSWER_PLAN)]
_ERRORS = describe_problems(401, 403, 404, 422, 503)


@router.get("", responses={**_ERRORS})
def list_statements(
    services: Given, area_id: AreaId, response: Response, caller: _Partner
) -> list[StatementBody]:
    """List what one's own organisation says of its posts and what stands."""
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        context = find_context(unit, services, caller, area_id)
        return [_body(one, context) for one in own_statements(unit, context.party)]


@router.post("", status_code=201, responses={**describe_problems(400, 409, 413, 415), **_ERRORS})
def make_statement(
    services: Given, area_id: AreaId, asked: StatementAsked, caller: _Partner
) -> StatementMade:
    """Say what posts of one's own will not do. It stands until it is taken back.

    Each coming plan that it touches is made again.
    """
    with services.store.writing(caller.actor) as unit:
        context = find_context(unit, services, caller, area_id)
        statement = Statement(
            kind=ChangeKind(asked.kind),
            who=asked.who,
            others=tuple(asked.others),
            first_day=asked.first_day,
            last_day=asked.last_day,
            reason=asked.reason,
        )
        choices = find_choices(unit, context.party, context.names, context.today)
        made = state(unit, context.party, statement, choices, context.today)
        body = _body(made.change, context)
    return StatementMade(**body.model_dump(), job_ids=[one.job_id for one in made.jobs])


@router.delete("/{change_id}", status_code=204, responses={**describe_problems(409), **_ERRORS})
def take_statement_back(
    services: Given,
    area_id: AreaId,
    change_id: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])],
    caller: _Partner,
) -> None:
    """Take a statement of one's own organisation back; coming plans are made again."""
    with services.store.writing(caller.actor) as unit:
        context = find_context(unit, services, caller, area_id)
        take_back(unit, context.party, change_id, context.today)


def _body(change: Change, context: Context) -> StatementBody:
    return StatementBody(
        change_id=change.change_id,
        kind=cast("Literal['refusal', 'pairing', 'absence']", str(change.kind)),
        words=statement_words(change, context.party.name, context.names),
        document=dict(change.document),
        reason=change.reason,
        made_at=change.made_at,
    )
