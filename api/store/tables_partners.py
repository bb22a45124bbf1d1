"""The tables of agreement: who was asked, what they answered, what was said; and account links."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.store.tables import Base
from api.store.types import UtcDateTime

__all__ = ["AccountLinkRow", "AnswerRow", "AskRow", "CommentRow"]


class AskRow(Base):
    """An organisation was asked to agree to a version of a plan."""

    __tablename__ = "agreement_ask"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    party: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Name of the organisation, as the protocol names it."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))


class AnswerRow(Base):
    """What an organisation says of a protocol or patrol; the newest counts, none is changed."""

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint("word IN ('agrees', 'declines', 'proposes')", name="known_word"),
        Index("ix_answer_area_id_answer_id", "area_id", "answer_id"),
    )

    answer_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"))
    """The version that was looked at."""
    protocol_id: Mapped[str] = mapped_column(String(200))
    party: Mapped[str] = mapped_column(String(200))
    word: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(60))


class CommentRow(Base):
    """A remark on a corridor, for everybody who plans."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_area_id_week", "area_id", "week"),)

    comment_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    week: Mapped[date] = mapped_column(Date)
    corridor_id: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(60))


class AccountLinkRow(Base):
    """A link by which somebody sets a password once; the link itself is only in the message."""

    __tablename__ = "account_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.account_id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
