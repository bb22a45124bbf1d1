"""What the store gives about messages: plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Message", "ShortNotice", "Subscription"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody asked for messages about a school."""

    subscription_id: int
    area_id: str
    school_id: str
    email: str
    token: str
    asked_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has to be sent."""

    message_id: int
    once_key: str
    kind: str
    to_email: str
    subject: str
    body: str
    stop_url: str
    n_attempts: int


@dataclass(frozen=True, slots=True)
class ShortNotice:
    """A plan went out later than was promised, or changed at short notice."""

    lead_days: int
    reason: str
