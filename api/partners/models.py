"""The bodies of what partners say, as OpenAPI describes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.partners.answering import LONGEST_TEXT

__all__ = [
    "AnswerAsked",
    "AnswerBody",
    "AnswerMade",
    "CommentAsked",
    "CommentBody",
    "StatementAsked",
    "StatementBody",
    "StatementMade",
]

_Plain = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT, pattern=_Plain)
]
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_Plain)
]
_WEEK = Field(description="The Monday.", examples=["2026-11-23"])


class AnswerAsked(BaseModel):
    """What an organisation says of a protocol that needs it."""

    model_config = ConfigDict(extra="forbid")

    week: date = _WEEK
    version: int = Field(
        ge=1, le=1_000_000, examples=[2], description="That was looked at: the newest of the week."
    )
    protocol_id: _Name = Field(examples=["no-police-group_disputes-H001"])
    word: Literal["agrees", "declines", "proposes"] = Field(examples=["declines"])
    text: _Text = Field(
        default="",
        examples=["We would rather meet at the bus station."],
        description="In one's own words. Needed where the word is not `agrees`.",
    )
    follows: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        description="`answer_id` of one's own last answer on this protocol; 0 where there is none.",
    )


class AnswerBody(BaseModel):
    """An answer on a protocol. Of several by one party the newest counts."""

    answer_id: int
    week: date
    version: int
    protocol_id: str = Field(examples=["no-police-group_disputes-H001"])
    party: str = Field(examples=["Lantern Youth Project"])
    word: Literal["agrees", "declines", "proposes"]
    text: str
    on: date
    is_standing: bool = Field(description="Whether it is the newest of its party.")


class AnswerMade(AnswerBody):
    """A new answer."""

    job_ids: list[int] = Field(
        description="Of plans that are made again: everybody agrees now, or not any more."
    )


class CommentAsked(BaseModel):
    """A remark on a corridor."""

    model_config = ConfigDict(extra="forbid")

    week: date = _WEEK
    corridor_id: _Name = Field(examples=["corridor-H001"])
    text: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=3, max_length=LONGEST_TEXT, pattern=_Plain
        ),
    ] = Field(examples=["The underpass floods after rain."])


class CommentBody(BaseModel):
    """A comment on a corridor."""

    comment_id: int
    week: date
    corridor_id: str
    organisation: str = Field(examples=["Lantern Youth Project"])
    text: str
    made_at: datetime


class StatementAsked(BaseModel):
    """What posts of one's own will or will not do."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["refusal", "pairing", "absence"] = Field(
        examples=["refusal"],
        description="`refusal`: not beside others. `pairing`: only beside them. `absence`: away.",
    )
    who: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_Plain)
    ] = Field(default="", examples=["YW-01"], description="A post of one's own; empty: all.")
    others: list[_Name] = Field(
        default_factory=list,
        max_length=20,
        examples=[["police"]],
        description="`police`, ids of roles, organisations that notices name, posts of one's own.",
    )
    first_day: date | None = Field(default=None, examples=[None], description="Of an absence.")
    last_day: date | None = Field(
        default=None, examples=[None], description="The first one, where it is left out."
    )
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=300, pattern=_Plain)
    ] = Field(default="", examples=["Young people stop talking to us."])


class StatementBody(BaseModel):
    """A statement that stands."""

    change_id: int
    kind: Literal["refusal", "pairing", "absence"]
    words: str = Field(examples=["All our posts do not walk beside police."])
    document: dict[str, object] = Field(
        examples=[{"who": "Lantern Youth Project", "refuses": ["police"]}],
        description="As the area file has it.",
    )
    reason: str
    made_at: datetime


class StatementMade(StatementBody):
    """A new statement."""

    job_ids: list[int] = Field(description="Of the plans that are made again with it.")
