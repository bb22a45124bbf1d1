"""Jobs as JSON: ask for a week's plan, see how far it is, hear of it as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.errors import BadRequest, NotAllowed, NotFound
from api.problems import describe_problems
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.uploads import IdempotencyKey
from api.services import Given, Services
from api.store.types import canonical_json, sha256_of
from api.store.work_records import Job, JobKind, JobStatus
from api.work_models import JobBody, PlanAsked

__all__ = ["ask_for_plan", "get_job", "list_jobs", "router", "watch_job"]

router = APIRouter(prefix="/api/v1/areas/{area_id}/jobs", tags=["jobs"])

_Reader = Annotated[Caller, needs(Action.READ_WORK)]
_JobId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
_ERRORS = describe_problems(401, 403, 404, 422, 503)
_LOOK_S = 0.5
_LONGEST_S = 900.0
_AGAIN_MS = 2_000
_NEVER_MS = 24 * 3600 * 1000


@router.post("", status_code=202, responses={**describe_problems(400, 409, 413, 415), **_ERRORS})
def ask_for_plan(
    services: Given,
    area_id: AreaId,
    asked: PlanAsked,
    caller: Annotated[Caller, needs(Action.MAKE_PLAN)],
    key: IdempotencyKey,
) -> JobBody:
    """Ask for a week to be planned: the next version of it, a draft until everybody agreed."""
    if asked.week.weekday() != 0 or not 2000 <= asked.week.year <= 2199:
        raise BadRequest("This is not a Monday.", "Give the Monday of the week.", where="week")
    if asked.publish and Action.PUBLISH_PLAN not in caller.allowed_in(area_id):
        raise NotAllowed("Your role in this area does not include publishing.", "Ask an approver.")
    follows = [asked.follows[0].isoformat(), asked.follows[1]] if asked.follows else None
    with services.store.writing(caller.actor) as unit:
        if asked.follows is not None and unit.plans.head(area_id, *asked.follows) is None:
            raise BadRequest("There is no such plan to follow.", "Name one.", where="follows")
        job = unit.jobs.ask(
            area_id,
            caller.organisation_id,
            JobKind.PLAN_WEEK,
            {"week": asked.week.isoformat(), "follows": follows, "publish": asked.publish},
            key=f"{caller.actor.name}:{key}",
            reason=asked.reason,
        )
    return _body(job)


@router.get("", responses={**_ERRORS})
def list_jobs(
    services: Given, area_id: AreaId, response: Response, caller: _Reader
) -> list[JobBody]:
    """List the newest jobs."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    with services.store.reading() as unit:
        return [_body(one) for one in unit.jobs.recent(area_id)]


@router.get("/{job_id}", responses={**_ERRORS})
def get_job(
    services: Given, area_id: AreaId, job_id: _JobId, response: Response, caller: _Reader
) -> JobBody:
    """Give one job: how far it is, and what came of it."""
    del caller
    response.headers["Cache-Control"] = TEAM_ONLY
    return _body(_find(services, area_id, job_id))


def _watched(services: Given, area_id: AreaId, job_id: _JobId, caller: _Reader) -> Job:
    """Find the job before the stream begins: afterwards no error could be told."""
    del caller
    return _find(services, area_id, job_id)


@router.get(
    "/{job_id}/events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events `progress` and, last, `ended`: each with the job as `data`.",
        },
        **_ERRORS,
    },
    dependencies=[needs(Action.READ_WORK)],
)
async def watch_job(
    services: Given,
    job: Annotated[Job, Depends(_watched)],
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Hear of a job as it goes on, until it ends. A reader who comes back hears what is new."""
    seen, until = last_event_id, monotonic() + _LONGEST_S
    while True:
        body = _body(job)
        state = sha256_of(canonical_json(body.model_dump(mode="json")))[:16]
        is_ended = body.state == "ended"
        if state != seen or is_ended:
            seen = state
            yield ServerSentEvent(
                data=body,
                event="ended" if is_ended else "progress",
                id=state,
                # a browser would come back again and again to a job that has ended
                retry=_NEVER_MS if is_ended else _AGAIN_MS,
            )
        if is_ended or monotonic() > until:
            return
        await asyncio.sleep(_LOOK_S)
        job = await run_in_threadpool(_find, services, job.area_id, job.job_id)


def _find(services: Services, area_id: str, job_id: int) -> Job:
    with services.store.reading() as unit:
        found = unit.jobs.get(area_id, job_id)
    if found is None:
        raise NotFound
    return found


def _body(job: Job) -> JobBody:
    is_ended = job.status in {JobStatus.DONE, JobStatus.FAILED}
    names = [name for name in JobBody.model_fields if name != "state"]
    values = {name: getattr(job, name) for name in names}
    return JobBody.model_validate({**values, "state": "ended" if is_ended else "open"})
