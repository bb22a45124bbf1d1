"""Jobs: asked for once each, leased by one worker at a time, ended by the one that holds the lease.

A worker's lease is its name and the number of the attempt. Whatever a worker writes is conditional
on that pair: one that was thought dead and comes back writes nothing. So a clock that jumps may
make a job be done twice over, but never makes two results of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.errors import Conflict
from api.store.audit import AuditLog
from api.store.tables_work import JobRow
from api.store.types import canonical_json
from api.store.work_records import Job, JobKind, JobStatus

__all__ = ["LEASE_S", "MAX_ATTEMPTS", "Jobs", "LeaseLost"]

LEASE_S = 60
"""How long a worker is believed to be alive after it last beat."""
MAX_ATTEMPTS = 3
_PLAIN = (
    *("job_id", "area_id", "organisation_id", "idempotency_key", "reason", "attempt", "worker"),
    *("lease_until", "asked_at", "asked_by", "started_at", "ended_at"),
)
_GAVE_UP = {
    "where": "job",
    "what": f"The work was begun {MAX_ATTEMPTS} times and its worker stopped each time.",
    "mend": "Ask for it again; where it stops again, see the worker's own log and its memory.",
}


class LeaseLost(Exception):  # noqa: N818 -- the name says what it is
    """Another worker has the job now: nothing of this one's is kept."""


class Jobs:
    """Jobs within one transaction."""

    def __init__(self, session: Session, now: datetime, log: AuditLog, actor: str) -> None:
        self._session = session
        self._now = now
        self._log = log
        self._actor = actor

    # --- asking

    def ask(
        self,
        area_id: str,
        organisation_id: int,
        kind: JobKind,
        asked: Mapping[str, object],
        *,
        key: str,
        reason: str,
    ) -> Job:
        """Ask for a job; the same area and key give the job that is there.

        Raises
        ------
        Conflict
            When the key was used for something else.
        """
        text = canonical_json(dict(asked))
        found = self._by_key(area_id, key)
        if found is not None:
            return self._same(found, kind, text)
        row = JobRow(
            area_id=area_id,
            organisation_id=organisation_id,
            kind=str(kind),
            idempotency_key=key,
            asked=text,
            reason=reason,
            status=str(JobStatus.QUEUED),
            attempt=0,
            worker=None,
            lease_until=None,
            progress="{}",
            result="{}",
            asked_at=self._now,
            asked_by=self._actor,
            started_at=None,
            ended_at=None,
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            # the same was asked for at the same moment
            return self._same(self._by_key(area_id, key), kind, text)
        self._log.write(
            "ask_job",
            f"job:{row.job_id}",
            area_id=area_id,
            reason=reason,
            details={"kind": str(kind)},
        )
        return _job(row)

    def get(self, area_id: str, job_id: int) -> Job | None:
        """Give one job."""
        row = self._session.get(JobRow, job_id)
        return _job(row) if row is not None and row.area_id == area_id else None

    def by_key(self, area_id: str, key: str) -> Job | None:
        """Give the job that was asked for under a key."""
        row = self._by_key(area_id, key)
        return None if row is None else _job(row)

    def _by_key(self, area_id: str, key: str) -> JobRow | None:
        return self._session.scalars(
            select(JobRow).where(JobRow.area_id == area_id, JobRow.idempotency_key == key)
        ).first()

    @staticmethod
    def _same(found: JobRow | None, kind: JobKind, text: str) -> Job:
        if found is None or found.kind != kind or found.asked != text:
            raise Conflict("Something else was asked for under this key.", "Use a new key for it.")
        return _job(found)

    def recent(self, area_id: str, limit: int = 20) -> list[Job]:
        """List an area's jobs, the newest first."""
        rows = self._session.scalars(
            select(JobRow)
            .where(JobRow.area_id == area_id)
            .order_by(JobRow.job_id.desc())
            .limit(limit)
        )
        return [_job(row) for row in rows]

    # --- working

    def lease(self, worker: str, lease_s: float = LEASE_S) -> Job | None:
        """Take the oldest job that waits, or whose worker stopped beating; None where none does.

        A lease that ends later than any lease given now could is of a clock that was set back: its
        worker is not waited for. A job that was begun too often is ended here, with words.
        """
        over = or_(
            JobRow.lease_until < self._now,
            JobRow.lease_until > self._now + timedelta(seconds=2 * lease_s),
        )
        waits = or_(JobRow.status == "queued", (JobRow.status == "running") & over)
        query = select(JobRow).where(waits).order_by(JobRow.job_id).limit(1)
        while row := self._session.scalars(query.with_for_update(skip_locked=True)).first():
            if row.attempt < MAX_ATTEMPTS:
                row.status, row.worker = str(JobStatus.RUNNING), worker
                row.attempt += 1
                row.lease_until = self._now + timedelta(seconds=lease_s)
                row.started_at, row.progress = self._now, "{}"
                self._session.flush()
                return _job(row)
            self._end(row, JobStatus.FAILED, {"problems": [_GAVE_UP]})
            self._session.flush()
        return None

    def beat(
        self, job: Job, progress: Mapping[str, object] | None = None, lease_s: float = LEASE_S
    ) -> None:
        """Say that the work goes on, and how far it is.

        Raises
        ------
        LeaseLost
            When another worker has the job.
        """
        row = self._held(job)
        row.lease_until = self._now + timedelta(seconds=lease_s)
        if progress is not None:
            row.progress = canonical_json(dict(progress))
        self._session.flush()

    def finish(self, job: Job, result: Mapping[str, object]) -> Job:
        """End a job well. To be called in the transaction that keeps what came of it.

        Raises
        ------
        LeaseLost
            When another worker has the job; the transaction has to be given up.
        """
        row = self._held(job)
        self._end(row, JobStatus.DONE, result)
        self._session.flush()
        return _job(row)

    def fail(self, job: Job, problems: list[dict[str, str]]) -> Job:
        """End a job that cannot be done, with the problems in words.

        Raises
        ------
        LeaseLost
            When another worker has the job.
        """
        row = self._held(job)
        self._end(row, JobStatus.FAILED, {"problems": problems})
        self._session.flush()
        return _job(row)

    def retry(self, job: Job, problems: list[dict[str, str]]) -> Job:
        """Let it be begun anew after an attempt that broke off; too many of them end it.

        Raises
        ------
        LeaseLost
            When another worker has the job.
        """
        row = self._held(job)
        if row.attempt >= MAX_ATTEMPTS:
            self._end(row, JobStatus.FAILED, {"problems": problems})
        else:
            row.status, row.worker, row.lease_until = str(JobStatus.QUEUED), None, None
        self._session.flush()
        return _job(row)

    def give_back(self, job: Job) -> None:
        """Let another worker begin anew; this attempt does not count.

        Raises
        ------
        LeaseLost
            When another worker has the job.
        """
        row = self._held(job)
        row.status, row.worker, row.lease_until = str(JobStatus.QUEUED), None, None
        row.attempt -= 1
        self._session.flush()

    def _held(self, job: Job) -> JobRow:
        """Give the row of a job, locked, while the lease is the worker's."""
        done = self._session.execute(
            update(JobRow)
            .where(
                JobRow.job_id == job.job_id,
                JobRow.status == "running",
                JobRow.worker == job.worker,
                JobRow.attempt == job.attempt,
            )
            .values(worker=job.worker)
            .returning(JobRow.job_id)
            .execution_options(synchronize_session=False)
        ).all()
        if not done:
            raise LeaseLost
        return self._session.get_one(JobRow, job.job_id, populate_existing=True)

    def _end(self, row: JobRow, status: JobStatus, result: Mapping[str, object]) -> None:
        row.status, row.result = str(status), canonical_json(dict(result))
        row.ended_at, row.lease_until = self._now, None
        self._log.write(
            "end_job",
            f"job:{row.job_id}",
            area_id=row.area_id,
            details={"status": str(status), "attempt": row.attempt, "kind": row.kind},
        )


def _job(row: JobRow) -> Job:
    return Job(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=JobKind(row.kind),
        status=JobStatus(row.status),
        asked=json.loads(row.asked),
        progress=json.loads(row.progress),
        result=json.loads(row.result),
    )
