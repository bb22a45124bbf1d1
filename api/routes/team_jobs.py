"""A job's page: how far it is, where it leads, or what went wrong and how to mend it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.access import Caller, needs
from api.errors import NotFound
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import Page, find_area
from api.services import Given
from api.team.job_view import view_job
from api.team.words import local_words

__all__ = ["get_job", "get_jobs", "router"]

router = APIRouter(prefix="/team/{area_id}/jobs", include_in_schema=False)
_READ = ["GET", "HEAD"]
_JobId = Annotated[int, Path(ge=1, le=2_000_000_000)]
# the script that follows the progress is ours, and asks this service alone
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.api_route("", methods=_READ)
def get_jobs(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """List the area's jobs."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        jobs = [
            (view_job(one), local_words(one.asked_at, page.area.timezone))
            for one in unit.jobs.recent(area_id, 50)
        ]
    return page.answer("team_jobs.html.j2", jobs=jobs)


@router.api_route("/{job_id}", methods=_READ)
def get_job(
    request: Request,
    services: Given,
    area_id: AreaId,
    job_id: _JobId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """Show one job; while it is not over the page follows it."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        job = unit.jobs.get(area_id, job_id)
    if job is None:
        raise NotFound
    return page.answer(
        "team_job.html.j2",
        headers={"Content-Security-Policy": _POLICY},
        job=view_job(job),
        asked=local_words(job.asked_at, page.area.timezone),
        ended=local_words(job.ended_at, page.area.timezone) if job.ended_at else "",
        events=f"/api/v1/areas/{area_id}/jobs/{job_id}/events",
    )
