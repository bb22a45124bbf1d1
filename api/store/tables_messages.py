"""The tables of messages: who asked for them, what still has to be sent, why one came late."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.store.tables import Base
from api.store.types import UtcDateTime

__all__ = ["MessageRow", "ShortNoticeRow", "SubscriptionRow"]


class SubscriptionRow(Base):
    """Somebody wants messages about a school. It is deleted when they stop it."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("area_id", "school_id", "email"),)

    subscription_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(ForeignKey("area.area_id"))
    school_id: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the links that confirm and stop. It is no more secret than the address beside it."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MessageRow(Base):
    """A message that has to be sent, once. Its text and address go when that is done."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'sent', 'given_up')", name="known_status"),
        Index("ix_message_status_next_at", "status", "next_at"),
    )

    message_id: Mapped[int] = mapped_column(primary_key=True)
    once_key: Mapped[str] = mapped_column(String(200), unique=True)
    """What it is about and whom it is for, hashed: the same is never made twice."""
    kind: Mapped[str] = mapped_column(String(20))
    to_email: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    stop_url: Mapped[str] = mapped_column(String(300))
    """For ``List-Unsubscribe``; empty for messages about an account."""
    status: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    n_attempts: Mapped[int]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ShortNoticeRow(Base):
    """A plan whose first patrol, or change, came sooner than the lead time; the page says why."""

    __tablename__ = "short_notice"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_id"), primary_key=True)
    lead_days: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
