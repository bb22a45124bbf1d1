"""An organisation answers on a protocol; what settles or unsettles a plan asks for a new one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from api.errors import BadRequest, NotFound
from api.partners.agreeing import lacking_parties, protocols_of
from api.partners.replanning import ask_for_plan
from api.partners.view import coming_heads
from api.store import Unit
from api.store.partner_records import Answer, AnswerWord, plain_party
from api.store.records import PlanHead
from api.store.work_records import Job

__all__ = ["LONGEST_TEXT", "AnswerGiven", "Party", "check_text", "give_answer"]

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Party:
    """The organisation that speaks, in one area."""

    area_id: str
    organisation_id: int
    name: str


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An answer, and the plans that were asked for because of it."""

    answer: Answer
    jobs: tuple[Job, ...]


def give_answer(
    unit: Unit,
    party: Party,
    head: PlanHead,
    protocol_id: str,
    word: AnswerWord,
    text: str,
    *,
    today: date,
    follows: int | None = None,
) -> AnswerGiven:
    """Keep what an organisation says of a protocol that needs it.

    Parameters
    ----------
    unit
        A transaction that writes.
    party, head, protocol_id
        Who speaks, and of what: a version that they may look at.
    word, text
        The answer. Who declines or proposes says why.
    today
        The day, on the area's calendar.
    follows
        As in `api.store.answers.Answers.give`.

    Raises
    ------
    NotFound
        When the plan has no such protocol, or it does not need this organisation.
    BadRequest
        When words are missing.
    Conflict
        When the organisation has answered meanwhile.
    """
    document = json.loads(unit.plans.document(head.plan_id))
    wanted = plain_party(party.name)
    named = [
        who
        for one in protocols_of(document)
        if one["protocol_id"] == protocol_id
        for who in one["needed_from"]
        if plain_party(who) == wanted
    ]
    if not named:
        raise NotFound
    text = check_text(text, is_needed=word != AnswerWord.AGREES)
    answer = unit.answers.give(
        party.area_id, head.plan_id, protocol_id, named[0], word, text, today, follows=follows
    )
    return AnswerGiven(answer, _ask_where_it_matters(unit, party, answer, today))


def check_text(text: str, *, is_needed: bool, where: str = "text") -> str:
    """Give a text without what is around it.

    Raises
    ------
    BadRequest
        When it is missing, too long, or holds characters that no text holds.
    """
    text = text.replace("\r\n", "\n").strip()
    if is_needed and len(text) < 3:
        raise BadRequest(
            "Words are missing.", "Say in a sentence what stands against it.", where=where
        )
    if len(text) > LONGEST_TEXT:
        raise BadRequest(
            "This is too long.", f"Write at most {LONGEST_TEXT} characters.", where=where
        )
    if any(ord(one) < 32 and one not in "\n\t" for one in text):
        raise BadRequest(
            "This holds characters that are not allowed.", "Write plain text.", where=where
        )
    return text


def _ask_where_it_matters(unit: Unit, party: Party, answer: Answer, today: date) -> tuple[Job, ...]:
    """Ask for each coming plan that is agreed now and was not, or the other way round."""
    standing = unit.answers.standing(party.area_id)
    jobs: list[Job] = []
    for head in coming_heads(unit, party.area_id, today):
        document = json.loads(unit.plans.document(head.plan_id))
        if not any(one["protocol_id"] == answer.protocol_id for one in protocols_of(document)):
            continue
        is_agreed = not lacking_parties(document, standing)
        if is_agreed == (head.status != "draft"):
            continue
        word = "agreed" if is_agreed else "not-agreed"
        reason = "Everybody agrees" if is_agreed else "Somebody who has to agree does not"
        key = f"{word}:{head.plan_id}:{answer.answer_id}"
        jobs += ask_for_plan(unit, party.area_id, party.organisation_id, head, key, reason)
    return tuple(jobs)
