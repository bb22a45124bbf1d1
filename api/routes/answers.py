"""What organisations answer on protocols, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.errors import NotFound
from api.partners.answering import give_answer
from api.partners.context import find_context
from api.partners.models import AnswerAsked, AnswerBody, AnswerMade
from api.partners.view import find_head
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.services import Given
from api.store import Unit
from api.store.partner_records import Answer, AnswerWord, plain_party

__all__ = [
    "get_answer",
    "give_an_answer",
    "list_answers",
    "router",
]

router = APIRouter(prefix="/api/v1/areas/{area_id}/answers", tags=["partners"])

_ERRORS = describe_problems(401, 403, 404, 422, 503)


@router.get("", responses={**_ERRORS})
def list_answers(
    services: Given,
    area_id: AreaId,
    response: Response,
    caller: Annotated[Caller, needs(Action.READ_RELEASED)],
) -> list[AnswerBody]:
    """List the answers on protocols, newest first: the team sees all, a partner its own."""
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        if _sees_all(caller, area_id):
            answers = unit.answers.all(area_id)
        else:
            context = find_context(unit, services, caller, area_id)
            answers = unit.answers.of_party(area_id, context.party.name)
        return _bodies(unit, area_id, answers)


@router.post("", status_code=201, responses={**describe_problems(400, 409, 413, 415), **_ERRORS})
def give_an_answer(
    services: Given,
    area_id: AreaId,
    asked: AnswerAsked,
    caller: Annotated[Caller, needs(Action.ANSWER_PLAN)],
) -> AnswerMade:
    """Agree, decline or propose a change, for one's own organisation.

    Where everybody agrees now, or not any more, the plan is made again.
    """
    with services.store.writing(caller.actor) as unit:
        context = find_context(unit, services, caller, area_id)
        head = find_head(unit, area_id, context.today, asked.week, asked.version)
        given = give_answer(
            unit,
            context.party,
            head,
            asked.protocol_id,
            AnswerWord(asked.word),
            asked.text,
            today=context.today,
            follows=asked.follows,
        )
        (body,) = _bodies(unit, area_id, [given.answer])
    return AnswerMade(**body.model_dump(), job_ids=[one.job_id for one in given.jobs])


@router.get("/{answer_id}", responses={**_ERRORS})
def get_answer(
    services: Given,
    area_id: AreaId,
    answer_id: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])],
    response: Response,
    caller: Annotated[Caller, needs(Action.READ_RELEASED)],
) -> AnswerBody:
    """Give one answer; another organisation's is not there."""
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        found = unit.answers.get(area_id, answer_id)
        if found is None:
            raise NotFound
        if not _sees_all(caller, area_id):
            context = find_context(unit, services, caller, area_id)
            if plain_party(found.party) != plain_party(context.party.name):
                raise NotFound
        return _bodies(unit, area_id, [found])[0]


def _sees_all(caller: Caller, area_id: str) -> bool:
    return Action.READ_PLAN in caller.allowed_in(area_id)


def _bodies(unit: Unit, area_id: str, answers: list[Answer]) -> list[AnswerBody]:
    plans: dict[int, tuple[date, int]] = {
        one.plan_id: (one.week, one.version) for one in unit.plans.heads(area_id)
    }
    standing = {one.answer_id for one in unit.answers.standing(area_id)}
    return [
        AnswerBody(
            answer_id=one.answer_id,
            week=plans[one.plan_id][0],
            version=plans[one.plan_id][1],
            protocol_id=one.protocol_id,
            party=one.party,
            word=cast("Literal['agrees', 'declines', 'proposes']", str(one.word)),
            text=one.text,
            on=one.on,
            is_standing=one.answer_id in standing,
        )
        for one in answers
    ]
