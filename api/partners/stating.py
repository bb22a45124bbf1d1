"""What an organisation's posts will and will not do: said by it, for its own posts only.

Each statement is a standing change of the area's plans. It holds until the same organisation takes
it back, and each coming plan is asked for again with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.errors import BadRequest, Conflict, NotAllowed, NotFound
from api.partners.agreeing import protocols_of
from api.partners.answering import Party, check_text
from api.partners.posts import OwnPost, own_posts
from api.partners.replanning import ask_for_plan
from api.partners.view import coming_heads
from api.store import Unit
from api.store.partner_records import plain_party
from api.store.work_records import Change, ChangeKind, Job
from api.team.names import Names
from api.team.words import list_words

__all__ = [
    "KINDS",
    "Choices",
    "Stated",
    "Statement",
    "check_own_word",
    "find_choices",
    "own_statements",
    "state",
    "statement_words",
    "take_back",
]

KINDS = frozenset({ChangeKind.REFUSAL, ChangeKind.PAIRING, ChangeKind.ABSENCE})
POLICE = "police"
_LONGEST_ABSENCE_DAYS = 366
_MOST_WORDS = 20
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said."""

    kind: ChangeKind
    who: str
    """A post of one's own; empty: all of them."""
    others: tuple[str, ...] = ()
    """Beside whom not, or only: ``police``, roles, organisations, posts of one's own."""
    first_day: date | None = None
    last_day: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement that stands or was taken back, and the plans asked for because of it."""

    change: Change
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """Whom a statement may be about."""

    posts: tuple[OwnPost, ...]
    roles: tuple[str, ...]
    organisations: tuple[str, ...]
    """Other organisations that notices name."""

    @property
    def words(self) -> frozenset[str]:
        """Everything that may be named, as names are compared."""
        posts = [one.post_id for one in self.posts]
        every = [POLICE, *self.roles, *self.organisations, *posts]
        return frozenset(plain_party(one) for one in every)


def find_choices(unit: Unit, party: Party, names: Names, today: date) -> Choices:
    """Find the posts of an organisation, and whom else it may name."""
    heads = coming_heads(unit, party.area_id, today)
    documents = [json.loads(unit.plans.document(one.plan_id)) for one in heads]
    return Choices(
        posts=own_posts(unit, party.area_id, party.name, documents),
        roles=tuple(names.roles),
        organisations=_other_organisations(documents, party.name),
    )


def state(unit: Unit, party: Party, statement: Statement, choices: Choices, today: date) -> Stated:
    """Keep a statement and ask for each coming plan that it touches.

    Raises
    ------
    NotFound
        When it is about a post that is not one's own: nobody learns whether there is one.
    BadRequest
        When a part of it cannot be used. A contradiction with others' rules is no such reason:
        it is kept, and the team mends theirs.
    Conflict
        When the same is said already.
    """
    document = _document(statement, choices, party, today)
    reason = check_text(statement.reason, is_needed=False, where="reason")
    if len(reason) > _LONGEST_REASON:
        mend = f"Write at most {_LONGEST_REASON} characters."
        raise BadRequest("The reason is too long.", mend, where="reason")
    for one in own_statements(unit, party):
        if one.kind == statement.kind and dict(one.document) == document:
            raise Conflict("This is said already, and it stands.", "Nothing needs to be done.")
    change = unit.changes.add(
        party.area_id,
        party.organisation_id,
        statement.kind,
        document,
        reason=reason or f"{party.name} says so.",
        is_own_word=True,
    )
    return Stated(change, _ask(unit, party, change, today, f"change:{change.change_id}"))


def take_back(unit: Unit, party: Party, change_id: int, today: date) -> Stated:
    """Take a statement back and ask for each coming plan that it touched.

    Raises
    ------
    NotFound
        When there is none of one's own by this number.
    Conflict
        When it was taken back already.
    """
    found = unit.changes.get(party.area_id, change_id)
    if found is None or found.kind not in KINDS or found.organisation_id != party.organisation_id:
        raise NotFound
    change = unit.changes.withdraw(party.area_id, change_id, reason=f"{party.name} took it back.")
    return Stated(change, _ask(unit, party, change, today, f"withdrawn:{change_id}"))


def check_own_word(change: Change | None, organisation_id: int) -> None:
    """Refuse that anybody but an organisation itself takes back what it said of its posts.

    Raises
    ------
    NotAllowed
        When it is another organisation's refusal, pairing or absence.
    """
    is_word = change is not None and change.kind in KINDS
    if change is not None and is_word and change.organisation_id != organisation_id:
        raise NotAllowed(
            "Only the organisation that said this can take it back: nobody overrules a refusal.",
            "Talk with them.",
        )


def own_statements(unit: Unit, party: Party) -> list[Change]:
    """List what an organisation said of its posts and what stands, oldest first."""
    return [
        one
        for one in unit.changes.standing(party.area_id)
        if one.kind in KINDS and one.organisation_id == party.organisation_id
    ]


def statement_words(change: Change, party: str, names: Names) -> str:
    """Say a statement in a sentence."""
    document = change.document
    if change.kind == ChangeKind.ABSENCE:
        first, last = (date.fromisoformat(str(document[key])) for key in ("from", "to"))
        days = f"on {_day(first)}" if first == last else f"from {_day(first)} to {_day(last)}"
        return f"{document['post']} is away {days}."
    is_all = plain_party(str(document["who"])) == plain_party(party)
    who, verb = ("All our posts", "walk") if is_all else (str(document["who"]), "walks")
    if change.kind == ChangeKind.REFUSAL:
        do = "do" if is_all else "does"
        others = list_words([_named(one, names) for one in document["refuses"]])
        return f"{who} {do} not walk beside {others}."
    others = " or ".join(_named(one, names) for one in document["beside"])
    return f"{who} {verb} only beside {others}."


def _document(
    statement: Statement, choices: Choices, party: Party, today: date
) -> dict[str, object]:
    """Write it as the area file has it."""
    posts = {plain_party(one.post_id): one.post_id for one in choices.posts}
    who = posts.get(plain_party(statement.who)) if statement.who else None
    if statement.who and who is None:
        raise NotFound("Your organisation has no such post.")
    if statement.kind == ChangeKind.ABSENCE:
        if who is None:
            raise BadRequest("The post is missing.", "Choose the post that is away.", where="who")
        first, last = _days(statement, today)
        return {"post": who, "from": first.isoformat(), "to": last.isoformat()}
    others = _others(statement.others, choices)
    key = "refuses" if statement.kind == ChangeKind.REFUSAL else "beside"
    return {"who": who or party.name, key: others}


def _others(others: Iterable[str], choices: Choices) -> list[str]:
    found = sorted({one.strip() for one in others if one.strip()})
    mend = "Choose police, roles, organisations that notices name, or posts of your own."
    if not found:
        raise BadRequest("It is not said beside whom.", mend, where="others")
    if len(found) > _MOST_WORDS:
        raise BadRequest("These are too many.", f"Choose at most {_MOST_WORDS}.", where="others")
    if any(plain_party(one) not in choices.words for one in found):
        raise BadRequest("Somebody is named who is not known.", mend, where="others")
    return found


def _days(statement: Statement, today: date) -> tuple[date, date]:
    first, last = statement.first_day, statement.last_day
    if first is None:
        raise BadRequest("The first day is missing.", "Give a date.", where="first_day")
    last = last or first
    if last < first:
        raise BadRequest(
            "The last day comes before the first.", "Check both days.", where="last_day"
        )
    if last < today:
        raise BadRequest("These days are over.", "Give days to come.", where="last_day")
    if last - first > timedelta(days=_LONGEST_ABSENCE_DAYS):
        raise BadRequest(
            "This is longer than a year.", "Ask the team to take the post out.", where="last_day"
        )
    return first, last


def _ask(unit: Unit, party: Party, change: Change, today: date, key: str) -> tuple[Job, ...]:
    jobs: list[Job] = []
    for head in coming_heads(unit, party.area_id, today):
        if _touches(change, head.week):
            reason = "An organisation said what its posts will and will not do"
            jobs += ask_for_plan(
                unit, party.area_id, party.organisation_id, head, f"{key}:{head.week}", reason
            )
    return tuple(jobs)


def _touches(change: Change, week: date) -> bool:
    if change.kind != ChangeKind.ABSENCE:
        return True
    first, last = (date.fromisoformat(str(change.document[key])) for key in ("from", "to"))
    return first < week + timedelta(days=7) and last >= week


def _other_organisations(documents: Iterable[Mapping[str, Any]], party: str) -> tuple[str, ...]:
    named = {
        str(who)
        for document in documents
        for protocol in protocols_of(document)
        for who in protocol["needed_from"]
    }
    return tuple(sorted(one for one in named if plain_party(one) != plain_party(party)))


def _named(word: object, names: Names) -> str:
    text = str(word)
    return f"a {names.role(text).lower()}" if text in names.roles else text


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
