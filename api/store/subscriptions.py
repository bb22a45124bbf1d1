"""Who asked for messages about a school: an address, until it is confirmed or stopped."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.store.message_records import Subscription
from api.store.tables_messages import SubscriptionRow

__all__ = ["Subscriptions"]


class Subscriptions:
    """Subscriptions within one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def ask(self, area_id: str, school_id: str, email: str) -> Subscription:
        """Keep that an address was given; one that is confirmed already stays as it is."""
        row = self._session.scalars(
            select(SubscriptionRow).where(
                SubscriptionRow.area_id == area_id,
                SubscriptionRow.school_id == school_id,
                SubscriptionRow.email == email,
            )
        ).first()
        if row is None:
            row = SubscriptionRow(
                area_id=area_id,
                school_id=school_id,
                email=email,
                token=secrets.token_urlsafe(24),
                asked_at=self._now,
                confirmed_at=None,
            )
            self._session.add(row)
        elif row.confirmed_at is None:
            row.asked_at = self._now
        self._session.flush()
        return _record(row)

    def by_token(self, token: str) -> Subscription | None:
        """Give the subscription that a link is for."""
        row = self._row(token)
        return None if row is None else _record(row)

    def confirm(self, token: str) -> None:
        """Keep that whoever reads the address wants the messages."""
        row = self._row(token)
        if row is not None and row.confirmed_at is None:
            row.confirmed_at = self._now
            self._session.flush()

    def stop(self, token: str) -> bool:
        """Delete a subscription with its address; tell whether there was one."""
        found = self._session.execute(
            delete(SubscriptionRow)
            .where(SubscriptionRow.token == token)
            .returning(SubscriptionRow.subscription_id)
        )
        return found.first() is not None

    def confirmed(self, area_id: str) -> list[Subscription]:
        """List those of an area that get messages."""
        rows = self._session.scalars(
            select(SubscriptionRow)
            .where(SubscriptionRow.area_id == area_id, SubscriptionRow.confirmed_at.is_not(None))
            .order_by(SubscriptionRow.subscription_id)
        )
        return [_record(row) for row in rows]

    def erase_unconfirmed(self, asked_before: datetime) -> int:
        """Delete what nobody confirmed; give how many."""
        gone = self._session.execute(
            delete(SubscriptionRow)
            .where(SubscriptionRow.confirmed_at.is_(None), SubscriptionRow.asked_at < asked_before)
            .returning(SubscriptionRow.subscription_id)
        )
        return len(gone.all())

    def _row(self, token: str) -> SubscriptionRow | None:
        return self._session.scalars(
            select(SubscriptionRow).where(SubscriptionRow.token == token)
        ).first()


def _record(row: SubscriptionRow) -> Subscription:
    return Subscription(
        row.subscription_id, row.area_id, row.school_id, row.email,
        row.token, row.asked_at, row.confirmed_at,
    )  # fmt: skip
