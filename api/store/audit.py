"""The log: append-only, each entry holding the hash of the one before it.

An entry is written in the transaction of what it records: neither is there without the other. It
names what was read or changed by id, version and hash, and never holds the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select, text
from sqlalchemy.orm import Session

from api.store.records import Actor, AuditEntry
from api.store.tables import AuditRow, GrantRow
from api.store.types import canonical_json, sha256_of

__all__ = ["FIRST_PREVIOUS", "AuditLog", "LogFilter", "Verified"]

FIRST_PREVIOUS = "0" * 64
_LOCK = 7_243_002
_HASHED = (
    *("entry_id", "at", "actor", "organisation_id", "area_id"),
    *("action", "subject", "reason", "details", "previous_hash"),
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole log found."""

    n_entries: int
    head: str
    """Hash of the last good entry. Kept elsewhere, it shows later that the end was cut off."""
    broken_entry: int | None
    what: str


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries are wanted; what is empty is not looked at."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    """A part of it: a week, a number, a kind of thing."""
    since: datetime | None = None
    until: datetime | None = None
    """Entries of this very moment are not included."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the conditions of a query."""
        found: list[ColumnElement[bool]] = []
        if self.actor:
            found.append(AuditRow.actor == self.actor)
        if self.action:
            found.append(AuditRow.action == self.action)
        if self.subject:
            found.append(AuditRow.subject.contains(self.subject, autoescape=True))
        if self.since is not None:
            found.append(AuditRow.at >= self.since)
        if self.until is not None:
            found.append(AuditRow.at < self.until)
        return found


class AuditLog:
    """Write and read the log within one transaction."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now

    def write(
        self,
        action: str,
        subject: str,
        *,
        area_id: str | None = None,
        reason: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Append one entry.

        Parameters
        ----------
        action
            Name of an action, or of a step of signing in.
        subject
            What it was done to, by id: ``plan:AREA/WEEK/VERSION``, ``key:3``.
        area_id
            The area; None where it belongs to none.
        reason
            Why, in the words of who did it.
        details
            Versions, counts and hashes. Never content.
        """
        self._lock()
        last = self._session.scalars(
            select(AuditRow).order_by(AuditRow.entry_id.desc()).limit(1)
        ).first()
        row = AuditRow(
            entry_id=last.entry_id + 1 if last else 1,
            at=self._now.astimezone(UTC),
            actor=self._actor.name,
            organisation_id=self._actor.organisation_id,
            area_id=area_id,
            action=action,
            subject=subject,
            reason=reason,
            details=canonical_json(dict(details or {})),
            previous_hash=last.entry_hash if last else FIRST_PREVIOUS,
        )
        row.entry_hash = _hash(row)
        self._session.add(row)
        self._session.flush()

    def entries(
        self, area_id: str, *, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """List an area's entries, the newest first, those before an entry's id."""
        wanted: list[ColumnElement[bool]] = [_of_area(area_id)]
        if before is not None:
            wanted.append(AuditRow.entry_id < before)
        rows = self._session.scalars(
            select(AuditRow).where(*wanted).order_by(AuditRow.entry_id.desc()).limit(limit)
        )
        return [_entry(row) for row in rows]

    def search(
        self, area_id: str, wanted: LogFilter, *, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """List an area's entries that fit, the newest first, those before an entry's id."""
        conditions = [_of_area(area_id), *wanted.conditions()]
        if before is not None:
            conditions.append(AuditRow.entry_id < before)
        rows = self._session.scalars(
            select(AuditRow).where(*conditions).order_by(AuditRow.entry_id.desc()).limit(limit)
        )
        return [_entry(row) for row in rows]

    def known(self, area_id: str) -> tuple[list[str], list[str]]:
        """Give who and what an area's entries name: actors, and actions."""
        found = []
        for column in (AuditRow.actor, AuditRow.action):
            query = select(column).where(_of_area(area_id)).distinct()
            found.append(sorted(self._session.scalars(query)))
        return found[0], found[1]

    def head(self) -> tuple[int, str]:
        """Give number and hash of the last entry of the whole log."""
        row = self._session.execute(
            select(AuditRow.entry_id, AuditRow.entry_hash)
            .order_by(AuditRow.entry_id.desc())
            .limit(1)
        ).first()
        return (0, FIRST_PREVIOUS) if row is None else (row.entry_id, row.entry_hash)

    def about(self, subject: str, action: str) -> list[AuditEntry]:
        """List the entries of one action on one subject, oldest first."""
        rows = self._session.scalars(
            select(AuditRow)
            .where(AuditRow.subject == subject, AuditRow.action == action)
            .order_by(AuditRow.entry_id)
        )
        return [_entry(row) for row in rows]

    def verify(self, *, expected_head: str | None = None) -> Verified:
        """Go through the whole log and name the first entry that is not as it was written.

        Parameters
        ----------
        expected_head
            A head that an earlier look gave: it has to be in the log still.
        """
        previous, n, is_head_seen = FIRST_PREVIOUS, 0, expected_head in (None, FIRST_PREVIOUS)
        query = select(AuditRow).order_by(AuditRow.entry_id).execution_options(yield_per=1000)
        with closing(self._session.scalars(query)) as rows:
            for row in rows:
                what = ""
                if row.entry_id != n + 1:
                    what = f"entry {n + 1} is missing"
                elif row.previous_hash != previous:
                    what = f"entry {row.entry_id} does not follow the one before it"
                elif row.entry_hash != _hash(row):
                    what = f"entry {row.entry_id} is not as it was written"
                if what:
                    return Verified(n, previous, n + 1, what)
                previous, n = row.entry_hash, n + 1
                is_head_seen = is_head_seen or previous == expected_head
        if not is_head_seen:
            return Verified(n, previous, n + 1, "the entries up to the head that was kept are gone")
        return Verified(n, previous, None, "")

    def count(self) -> int:
        """Count all entries."""
        return self._session.scalar(select(func.count()).select_from(AuditRow)) or 0

    def _lock(self) -> None:
        """Let one transaction at a time append. SQLite has one writer anyway."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _of_area(area_id: str) -> ColumnElement[bool]:
    """Give the condition of an area's entries: its own, and those of no area about its people.

    Signing in and passwords belong to no area; whoever looks after an area has to see them.
    """
    people = select("account:" + cast(GrantRow.account_id, String)).where(
        GrantRow.area_id == area_id
    )
    is_theirs = or_(AuditRow.actor.in_(people), AuditRow.subject.in_(people))
    return or_(AuditRow.area_id == area_id, and_(AuditRow.area_id.is_(None), is_theirs))


def _hash(row: AuditRow) -> str:
    values: dict[str, object] = {name: getattr(row, name) for name in _HASHED}
    values["at"] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return sha256_of(canonical_json(values))


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in (*_HASHED, "entry_hash")})
