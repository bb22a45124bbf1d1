"""What the store gives of agreement: asks, answers, comments and links, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["AccountLink", "Answer", "AnswerWord", "Ask", "Comment", "plain_party"]


def plain_party(name: str) -> str:
    """Write an organisation's name one way only: case and spaces do not matter, as in protocols."""
    return " ".join(name.split()).casefold()


class AnswerWord(StrEnum):
    """What an organisation says of a protocol."""

    AGREES = "agrees"
    DECLINES = "declines"
    PROPOSES = "proposes"
    """A change, in words. It does not agree until that is settled."""


@dataclass(frozen=True, slots=True)
class Ask:
    """An organisation was asked to agree to a version of a plan."""

    plan_id: int
    party: str
    asked_at: datetime
    asked_by: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an organisation said of a protocol. The newest counts."""

    answer_id: int
    area_id: str
    plan_id: int
    """The version that was looked at."""
    protocol_id: str
    party: str
    word: AnswerWord
    text: str
    on: date
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on a corridor."""

    comment_id: int
    area_id: str
    organisation_id: int
    week: date
    corridor_id: str
    text: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A link by which somebody sets a password once."""

    account_id: int
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
