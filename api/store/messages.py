"""What has to be sent: made in the transaction of what it tells, sent later, each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from api.store.message_records import Message, ShortNotice
from api.store.tables_messages import MessageRow, ShortNoticeRow
from api.store.types import sha256_of

__all__ = ["GIVE_UP_AFTER", "Messages"]

_WAITS_S = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
GIVE_UP_AFTER = len(_WAITS_S)


class Messages:
    """Messages within one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def add(
        self, once_key: str, kind: str, to_email: str, subject: str, body: str, stop_url: str = ""
    ) -> bool:
        """Keep a message to be sent; tell whether it is new.

        Parameters
        ----------
        once_key
            What it is about and whom it is for; kept as a hash. The same key is sent once.
        kind
            A word for it: ``confirm``, ``patrols``, ``invitation``.
        to_email, subject, body
            Plain text. ``{address}`` in body and stop_url becomes the address of the service.
        stop_url
            The link that ends such messages by one request.
        """
        key = sha256_of(once_key)
        if self._session.scalars(
            select(MessageRow.message_id).where(MessageRow.once_key == key)
        ).first():
            return False
        self._session.add(
            MessageRow(
                once_key=key,
                kind=kind,
                to_email=to_email,
                subject=" ".join(subject.split())[:300],
                body=body,
                stop_url=stop_url,
                status="waiting",
                made_at=self._now,
                next_at=self._now,
                n_attempts=0,
                done_at=None,
            )
        )
        self._session.flush()
        return True

    def take_due(self, limit: int) -> list[Message]:
        """Take messages that are due; nobody else gets them before their next time has come.

        Each time a message is taken counts as an attempt, so that one which stops the sender
        does not come back at once. A next time further off than any wait was set by a clock that
        has been put back since.
        """
        too_far = self._now + timedelta(seconds=_WAITS_S[-1])
        rows = self._session.scalars(
            select(MessageRow)
            .where(
                MessageRow.status == "waiting",
                or_(MessageRow.next_at <= self._now, MessageRow.next_at > too_far),
            )
            .order_by(MessageRow.next_at, MessageRow.message_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        taken = []
        for row in rows:
            wait_s = _WAITS_S[min(row.n_attempts, GIVE_UP_AFTER - 1)]
            row.n_attempts += 1
            row.next_at = self._now + timedelta(seconds=wait_s)
            taken.append(_record(row))
        self._session.flush()
        return taken

    def put_back(self, untried: Iterable[Message]) -> None:
        """Undo the taking of messages that were not tried: due again, with one attempt fewer.

        One that was taken anew since has another number of attempts, and is left to its taker.
        """
        for one in untried:
            self._session.execute(
                update(MessageRow)
                .where(
                    MessageRow.message_id == one.message_id,
                    MessageRow.status == "waiting",
                    MessageRow.n_attempts == one.n_attempts,
                )
                .values(n_attempts=one.n_attempts - 1, next_at=self._now)
            )

    def done(self, message_id: int, *, is_sent: bool) -> None:
        """Keep that a message was sent or is given up; its text and address are erased."""
        self._session.execute(
            update(MessageRow)
            .where(MessageRow.message_id == message_id)
            .values(
                status="sent" if is_sent else "given_up",
                to_email="",
                subject="",
                body="",
                stop_url="",
                done_at=self._now,
            )
        )

    def give_up(self, message_id: int) -> None:
        """Erase a message that was tried often enough, unless it was sent."""
        row = self._session.get(MessageRow, message_id)
        if row is not None and row.status == "waiting":
            self.done(message_id, is_sent=False)

    def forget_waiting(self, stop_url: str) -> None:
        """Delete what still waits for somebody who stopped the messages."""
        self._session.execute(
            delete(MessageRow).where(
                MessageRow.stop_url == stop_url, MessageRow.status == "waiting"
            )
        )

    def forget_done(self, before: datetime) -> None:
        """Delete the keys of what was done long ago."""
        self._session.execute(delete(MessageRow).where(MessageRow.done_at < before))

    def count(self, status: str) -> int:
        """Count the messages of one status."""
        return len(
            self._session.scalars(
                select(MessageRow.message_id).where(MessageRow.status == status)
            ).all()
        )

    # --- what a page says about a plan that came late

    def set_short_notice(self, plan_id: int, notice: ShortNotice) -> None:
        """Keep why a plan went out at short notice."""
        self._session.add(
            ShortNoticeRow(plan_id=plan_id, lead_days=notice.lead_days, reason=notice.reason)
        )
        self._session.flush()

    def short_notice(self, plan_id: int) -> ShortNotice | None:
        """Say why a plan went out at short notice; None where it did not."""
        row = self._session.get(ShortNoticeRow, plan_id)
        return None if row is None else ShortNotice(row.lead_days, row.reason)


def _record(row: MessageRow) -> Message:
    return Message(
        row.message_id, row.once_key, row.kind, row.to_email,
        row.subject, row.body, row.stop_url, row.n_attempts,
    )  # fmt: skip
