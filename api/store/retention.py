"""Erase what may be kept no longer, and lease what is done again and again to one worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.store.audit import AuditLog
from api.store.files import Files
from api.store.tables_work import InputFileRow, TaskRow, UploadRow
from api.store.types import without_words

__all__ = ["Retention", "Tasks"]


class Retention:
    """Erasing within one transaction."""

    def __init__(self, session: Session, now: datetime, log: AuditLog, contents: Files) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._contents = contents

    def erase_due(self) -> int:
        """Erase the content of every input and upload whose time is over; tell how many.

        Their rows stay, with size and hash: plans name them. The log says what was erased, never
        what it held.
        """
        inputs = self._session.scalars(
            select(InputFileRow).where(
                InputFileRow.erase_after <= self._now, InputFileRow.erased_at.is_(None)
            )
        ).all()
        # what is taken is an input too, and erased as such
        uploads = self._session.scalars(
            select(UploadRow).where(
                UploadRow.erase_after <= self._now,
                UploadRow.erased_at.is_(None),
                UploadRow.status != "taken",
            )
        ).all()
        for one in inputs:
            self._erase(one, f"input:{one.input_id}")
            self._forget_words(one.file_id)
        for upload in uploads:
            self._erase(upload, f"upload:{upload.upload_id}")
            self._forget_words(upload.file_id)
        self._session.flush()
        return len(inputs) + len(uploads)

    def _erase(self, row: InputFileRow | UploadRow, subject: str) -> None:
        self._contents.erase(row.file_id)
        row.erased_at = self._now
        self._log.write(
            "erase",
            subject,
            area_id=row.area_id,
            reason="The time that it may be kept is over",
            details={"sha256": row.sha256, "n_bytes": row.n_bytes, "kind": row.kind},
        )

    def _forget_words(self, file_id: str) -> None:
        """Drop the file's own words from every upload of it, one taken into use too."""
        for row in self._session.scalars(select(UploadRow).where(UploadRow.file_id == file_id)):
            row.settings = without_words(row.settings)
            row.report = without_words(row.report)
            # a check that is under way would write them back
            row.row_version += 1


class Tasks:
    """Leases of what is done again and again, within one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def lease(self, name: str, worker: str, *, every_s: float, lease_s: float) -> bool:
        """Tell whether it is due and this worker's to do now.

        What was begun later than now was begun by a clock that ran ahead: it is due.
        """
        row = self._session.get(TaskRow, name, with_for_update=True)
        if row is None:
            row = TaskRow(name=name, worker=None, lease_until=None, begun_at=None)
            self._session.add(row)
        is_held = row.lease_until is not None and (
            self._now <= row.lease_until <= self._now + timedelta(seconds=2 * lease_s)
        )
        is_done = row.begun_at is not None and (
            row.begun_at <= self._now < row.begun_at + timedelta(seconds=every_s)
        )
        if is_held or is_done:
            return False
        row.worker, row.begun_at = worker, self._now
        row.lease_until = self._now + timedelta(seconds=lease_s)
        self._session.flush()
        return True

    def end(self, name: str, worker: str) -> None:
        """Say that it is done."""
        row = self._session.get(TaskRow, name, with_for_update=True)
        if row is not None and row.worker == worker:
            row.lease_until = None
            self._session.flush()
