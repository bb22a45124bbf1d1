"""The worker: takes jobs one after the other, and what is to be done again and again."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

from api.errors import ServiceError, Unavailable
from api.jobs.child import TaskDied, TaskFailed, TaskStopped, as_problems, run_task, warm_up
from api.jobs.folders import job_folder, sweep_folders
from api.jobs.kinds import Keep, Task, make_task
from api.jobs.periodic import PERIODIC, Periodic
from api.settings import Settings
from api.store import Store
from api.store.jobs import LEASE_S, LeaseLost
from api.store.records import Actor
from api.store.work_records import Job
from corridors.errors import BadInput

__all__ = ["Worker", "worker_name"]

_N_STAGES = 15
"""About as many as planning has: for how much of the whole is done."""
_log = logging.getLogger("api.jobs")


def worker_name() -> str:
    """Make a name that no other worker has, nor had."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:8]}"


class Worker:
    """One worker.

    Parameters
    ----------
    store, settings
        Where the jobs are.
    stop
        Set from outside: no further job is taken, and the one under way ends or is given back.
    lease_s, poll_s, grace_s
        How long it is believed without a beat; how often it looks for work; how long a job may
        still go on once the worker has to stop.
    periodic
        What is done again and again.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        stop: Event,
        *,
        lease_s: float = LEASE_S,
        poll_s: float = 0.5,
        grace_s: float = 20.0,
        periodic: Sequence[tuple[str, float, Periodic]] = PERIODIC,
    ) -> None:
        self.name = worker_name()
        self._store = store
        self._settings = settings
        self._stop = stop
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._grace_s = grace_s
        self._periodic = periodic

    def run(self) -> None:
        """Work until stopped. What breaks one round is noted, and the next one is begun."""
        # what reads uploads knows no file that points to other files
        os.environ.setdefault("OGR_SKIP", "VRT,GDALG,CSV,GeoJSONSeq,ESRIJSON")
        sweep_folders()
        warm_up()
        next_rounds = monotonic()
        while not self._stop.is_set():
            is_busy = False
            try:
                is_busy = self.work_once()
                if monotonic() >= next_rounds:
                    next_rounds = monotonic() + 10 * self._poll_s
                    self.do_rounds()
            except (ServiceError, OSError) as error:
                _log.warning("the store or the disk does not answer: %s", type(error).__name__)
            if not is_busy:
                self._stop.wait(self._poll_s)

    def do_rounds(self) -> None:
        """Do what is due of the periodic work."""
        for name, every_s, function in self._periodic:
            with self._store.writing(Actor("worker")) as unit:
                now = unit.now
                is_mine = unit.tasks.lease(name, self.name, every_s=every_s, lease_s=600)
            if not is_mine:
                continue
            try:
                function(self._store, self._settings, now)
            except Exception as error:  # noqa: BLE001 -- one task must not end the others
                _log.error("periodic %s: %s", name, type(error).__name__)
            with self._store.writing(Actor("worker")) as unit:
                unit.tasks.end(name, self.name)

    def work_once(self) -> bool:
        """Take one job and do it; tell whether there was one."""
        with self._store.writing(Actor("worker")) as unit:
            job = unit.jobs.lease(self.name, self._lease_s)
        if job is None:
            return False
        try:
            self._do(job)
        except LeaseLost:
            _log.warning("job %d: another worker has it now", job.job_id)
        return True

    def _do(self, job: Job) -> None:
        try:
            with job_folder() as folder:
                keep = self._result_of(job, folder)
                self._end(job, keep)
        except TaskStopped:
            self._write(job, lambda unit: unit.jobs.give_back(job))
        except BadInput as error:
            problems = as_problems(error)
            self._write(job, lambda unit: unit.jobs.fail(job, problems))
        except TaskFailed as error:
            failed = error.problems
            self._write(job, lambda unit: unit.jobs.fail(job, failed))
        except TaskDied as error:
            _log.warning("job %d: its process ended with %s", job.job_id, error.exit_code)
            what = "The process that did the work was ended, by lack of memory or from outside."
            self._retry(job, what, "Give the machine more memory, or plan a smaller area.")
        except OSError as error:
            what = f"The machine could not write what was made: {error.strerror or 'its disk'}."
            self._retry(job, what, "Make room on its disk, and ask again.")
        except Unavailable:
            what = "The database could not keep what was made: it does not answer, or is full."
            self._retry(job, what, "Make room for it, and ask again.")
        except ServiceError as error:
            told = [{"where": "job", "what": error.what, "mend": error.mend}]
            self._write(job, lambda unit: unit.jobs.fail(job, told))

    def _result_of(self, job: Job, folder: Path) -> Keep:
        task = make_task(self._store, self._settings, job, folder)
        if not task.name:
            return task.finished({})
        self._note_reading(job, task)
        beat = _Beat(self._store, job, self._lease_s, self._stop, self._grace_s)
        try:
            done = run_task(
                task.name, task.arguments, task.limits, tell=beat.tell, keep_on=beat.keep_on
            )
        except TaskFailed as error:
            if task.refused is None:
                raise
            return task.refused(error.problems)
        except TaskDied as error:
            if task.refused is None:
                raise
            return task.refused([_too_much(task, error)])
        return task.finished(done)

    def _note_reading(self, job: Job, task: Task) -> None:
        """Log that rows of incident level are read: for whom, when, why and which."""
        if task.reads:
            with self._store.writing(Actor(job.asked_by, job.organisation_id)) as unit:
                unit.log.write(
                    "read_incidents",
                    f"job:{job.job_id}",
                    area_id=job.area_id,
                    reason=job.reason,
                    details={"read": list(task.reads), "attempt": job.attempt},
                )

    def _end(self, job: Job, keep: Keep) -> None:
        """Keep what came of it and end the job: both, or neither."""
        with self._store.writing(Actor(job.asked_by, job.organisation_id)) as unit:
            unit.jobs.beat(job, lease_s=self._lease_s)
            unit.jobs.finish(job, keep(unit))

    def _retry(self, job: Job, what: str, mend: str) -> None:
        problems = [{"where": "job", "what": what, "mend": mend}]
        self._write(job, lambda unit: unit.jobs.retry(job, problems))

    def _write(self, job: Job, change: Callable[[Any], object]) -> None:
        with self._store.writing(Actor("worker", job.organisation_id)) as unit:
            change(unit)


class _Beat:
    """Keeps a lease while a child works, and tells how far it is."""

    def __init__(self, store: Store, job: Job, lease_s: float, stop: Event, grace_s: float) -> None:
        self._store = store
        self._job = job
        self._lease_s = lease_s
        self._stop = stop
        self._grace_s = grace_s
        self._stopping_since: float | None = None
        self._next_beat = monotonic() + lease_s / 4
        self._next_tell = monotonic()
        self._progress: dict[str, object] | None = None
        self._is_told = True
        self._words = ""
        self._n_begun = 0

    def tell(self, words: str, share: float | None) -> None:
        """Note how far the child is."""
        if words != self._words:
            self._words, self._n_begun = words, self._n_begun + 1
        whole = min(0.97, (self._n_begun - 1 + (share or 0.0)) / _N_STAGES)
        self._progress = {"stage": self._n_begun, "words": words, "share": round(whole, 3)}
        self._is_told = False

    def keep_on(self) -> bool:
        """Beat where it is time; tell whether the child may go on."""
        now = monotonic()
        if self._stop.is_set():
            self._stopping_since = self._stopping_since or now
            if now > self._stopping_since + self._grace_s:
                return False
        if now >= self._next_beat or (not self._is_told and now >= self._next_tell):
            self._next_beat, self._next_tell = now + self._lease_s / 4, now + 0.5
            self._is_told = True
            try:
                with self._store.writing(Actor("worker")) as unit:
                    unit.jobs.beat(self._job, self._progress, self._lease_s)
            except Unavailable:
                _log.warning("job %d: the store does not answer a beat", self._job.job_id)
        return True


def _too_much(task: Task, error: TaskDied) -> dict[str, str]:
    memory = (task.limits.memory_bytes or 0) >> 20
    what = (
        f"Reading it was ended: it needs more than {memory:,} MB of memory, or more than "
        f"{task.limits.cpu_s} seconds."
    )
    del error
    return {"where": "file", "what": what, "mend": "Split the file, by month for instance."}
