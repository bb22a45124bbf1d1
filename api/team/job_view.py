"""What the page of a job shows: how far it is, where it leads, or what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.store.work_records import Job, JobKind, JobStatus
from api.team.words import day_words

__all__ = ["JobView", "job_name", "view_job"]

_STATES = {
    JobStatus.QUEUED: ("Waiting to begin", "grey"),
    JobStatus.RUNNING: ("Under way", "blue"),
    JobStatus.DONE: ("Done", "green"),
    JobStatus.FAILED: ("Could not be done", "red"),
}


@dataclass(frozen=True, slots=True)
class JobView:
    """One job."""

    job_id: int
    name: str
    state: str
    colour: str
    is_over: bool
    has_failed: bool
    share: int
    """In per cent."""
    words: str
    link: str
    link_text: str
    again: str
    """Where to go to mend what went wrong."""
    problems: tuple[Mapping[str, str], ...]
    reason: str


def view_job(job: Job) -> JobView:
    """Lay a job out for its page."""
    state, colour = _STATES[job.status]
    link, link_text = _result_link(job)
    problems = tuple(_problem(one) for one in job.result.get("problems", ()))
    is_over = job.status in {JobStatus.DONE, JobStatus.FAILED}
    share = 1.0 if job.status == JobStatus.DONE else float(job.progress.get("share") or 0.0)
    return JobView(
        job_id=job.job_id,
        name=job_name(job),
        state=state,
        colour=colour,
        is_over=is_over,
        has_failed=job.status == JobStatus.FAILED,
        share=round(100 * min(max(share, 0.0), 1.0)),
        words=str(job.progress.get("words") or ""),
        link=link,
        link_text=link_text,
        again=_again(job),
        problems=problems,
        reason=job.reason,
    )


def job_name(job: Job) -> str:
    """Say what a job does."""
    if job.kind == JobKind.PLAN_WEEK:
        return f"Plan for the week of {day_words(date.fromisoformat(str(job.asked['week'])))}"
    return f"Look at upload {job.asked.get('upload_id')}"


def _result_link(job: Job) -> tuple[str, str]:
    base = f"/team/{job.area_id}"
    if job.status != JobStatus.DONE:
        return "", ""
    if job.kind == JobKind.PLAN_WEEK and "plan" in job.result:
        week, version = job.result["plan"]
        return f"{base}/plans/{week}/{version}", "See the plan"
    if "upload_id" in job.result:
        return f"{base}/uploads/{job.result['upload_id']}", "See what was read"
    return base, "Back to the team's page"


def _again(job: Job) -> str:
    base = f"/team/{job.area_id}"
    if job.kind == JobKind.CHECK_UPLOAD:
        return f"{base}/uploads/{job.asked.get('upload_id')}"
    return f"{base}/changes"


def _problem(one: Mapping[str, Any]) -> Mapping[str, str]:
    return {key: str(one.get(key) or "") for key in ("where", "what", "mend")}
