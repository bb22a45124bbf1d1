"""Sessions, API keys and the throttle of sign-ins."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from api.rights import Action
from api.store.records import ApiKey, SignIn
from api.store.tables import ApiKeyRow, SessionRow, ThrottleRow
from api.store.types import canonical_json

__all__ = ["ApiKeys", "SignIns", "Throttles"]


class SignIns:
    """Sessions, by the hash of their id."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def add(self, id_hash: str, account_id: int, expires_at: datetime) -> None:
        """Begin a session; sessions that are over are cleared away."""
        self._session.execute(delete(SessionRow).where(SessionRow.expires_at < self._now))
        self._session.add(
            SessionRow(
                id_hash=id_hash,
                account_id=account_id,
                created_at=self._now,
                last_seen_at=self._now,
                expires_at=expires_at,
            )
        )
        self._session.flush()

    def get(self, id_hash: str) -> SignIn | None:
        """Give a session, expired or not."""
        row = self._session.get(SessionRow, id_hash)
        if row is None:
            return None
        return SignIn(row.id_hash, row.account_id, row.created_at, row.last_seen_at, row.expires_at)

    def touch(self, id_hash: str) -> None:
        """Note that a session is in use."""
        self._session.execute(
            update(SessionRow).where(SessionRow.id_hash == id_hash).values(last_seen_at=self._now)
        )

    def remove(self, id_hash: str) -> None:
        """End a session."""
        self._session.execute(delete(SessionRow).where(SessionRow.id_hash == id_hash))

    def remove_all(self, account_id: int) -> None:
        """End all sessions of an account."""
        self._session.execute(delete(SessionRow).where(SessionRow.account_id == account_id))

    def remove_others(self, account_id: int, kept_hash: str) -> None:
        """End all sessions of an account but one."""
        self._session.execute(
            delete(SessionRow).where(
                SessionRow.account_id == account_id, SessionRow.id_hash != kept_hash
            )
        )


class ApiKeys:
    """Keys for other systems, by their hash."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def add(
        self,
        *,
        area_id: str,
        organisation_id: int,
        name: str,
        key_hash: str,
        actions: Iterable[Action],
        created_by: int,
        expires_at: datetime,
    ) -> int:
        """Keep a new key."""
        row = ApiKeyRow(
            area_id=area_id,
            organisation_id=organisation_id,
            name=name,
            key_hash=key_hash,
            actions=canonical_json(sorted(str(one) for one in actions)),
            created_by=created_by,
            created_at=self._now,
            expires_at=expires_at,
            revoked_at=None,
        )
        self._session.add(row)
        self._session.flush()
        return row.key_id

    def by_hash(self, key_hash: str) -> ApiKey | None:
        """Give a key, revoked and expired ones included."""
        row = self._session.scalars(select(ApiKeyRow).where(ApiKeyRow.key_hash == key_hash)).first()
        return None if row is None else _key(row)

    def of_area(self, area_id: str, organisation_id: int) -> list[ApiKey]:
        """List an organisation's keys of an area, oldest first."""
        rows = self._session.scalars(
            select(ApiKeyRow)
            .where(ApiKeyRow.area_id == area_id, ApiKeyRow.organisation_id == organisation_id)
            .order_by(ApiKeyRow.key_id)
        )
        return [_key(row) for row in rows]

    def revoke(self, area_id: str, organisation_id: int, key_id: int) -> bool:
        """Revoke a key of an area and organisation; tell whether there is one."""
        row = self._session.get(ApiKeyRow, key_id)
        if row is None or (row.area_id, row.organisation_id) != (area_id, organisation_id):
            return False
        row.revoked_at = row.revoked_at or self._now
        self._session.flush()
        return True


class Throttles:
    """Failed sign-ins, by the hash of an account's name or of an address."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def blocked_until(self, subject_hashes: Iterable[str]) -> datetime | None:
        """Give the latest moment until which one of these has to wait; None when none has to."""
        rows = self._session.scalars(
            select(ThrottleRow.blocked_until).where(
                ThrottleRow.subject_hash.in_(list(subject_hashes))
            )
        )
        waiting = [one for one in rows if one > self._now]
        return max(waiting, default=None)

    def fail(self, subject_hash: str, *, n_free: int, longest_s: int, forget_s: int) -> None:
        """Count a failure: after some free ones each doubles the wait, up to the longest."""
        if self._session.get_bind().dialect.name == "postgresql":
            # two first failures at once would both insert the row
            key = int(subject_hash[:15], 16)
            self._session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        self._session.execute(
            delete(ThrottleRow).where(ThrottleRow.last_at < self._now - timedelta(seconds=forget_s))
        )
        row = self._session.get(ThrottleRow, subject_hash, with_for_update=True)
        if row is None:
            row = ThrottleRow(subject_hash=subject_hash, n_failures=0)
            self._session.add(row)
        row.n_failures += 1
        over = row.n_failures - n_free
        wait_s = min(longest_s, 2 ** min(over, 20)) if over > 0 else 0
        row.last_at = self._now
        row.blocked_until = self._now + timedelta(seconds=wait_s)
        self._session.flush()

    def forgive(self, subject_hash: str) -> None:
        """Take back one failure that was none."""
        row = self._session.get(ThrottleRow, subject_hash, with_for_update=True)
        if row is not None:
            row.n_failures = max(0, row.n_failures - 1)
            row.blocked_until = self._now
            self._session.flush()

    def clear(self, subject_hash: str) -> None:
        """Forget the failures of one subject."""
        self._session.execute(delete(ThrottleRow).where(ThrottleRow.subject_hash == subject_hash))


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        area_id=row.area_id,
        organisation_id=row.organisation_id,
        name=row.name,
        actions=frozenset(Action(one) for one in json.loads(row.actions)),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
