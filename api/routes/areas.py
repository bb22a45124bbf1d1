"""Areas and schools for everybody: who walks where and when, and nothing about incidents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.access import needs
from api.answers import PUBLIC_FOR_A_MINUTE, answer_bytes
from api.models import AreaBody, PatrolBody, SchoolBody
from api.problems import describe_problems
from api.public import coming_patrols, find_area, find_school, list_areas, school_feed
from api.rights import Action
from api.services import Given
from api.store.records import Patrol, School

__all__ = [
    "AreaId",
    "SchoolFile",
    "get_areas",
    "get_calendar",
    "get_school",
    "get_schools",
    "router",
    "school_body",
]

router = APIRouter(prefix="/api/v1/areas", tags=["areas"], dependencies=[needs(Action.READ_PUBLIC)])

AreaId = Annotated[str, Path(max_length=60, examples=["haverness"])]
SchoolFile = Annotated[str, Path(max_length=200, examples=["H001"])]


@router.get("", responses={**describe_problems(503)})
def get_areas(services: Given, response: Response) -> list[AreaBody]:
    """List the areas that published a plan."""
    response.headers["Cache-Control"] = PUBLIC_FOR_A_MINUTE
    with services.store.reading() as unit:
        return [
            AreaBody(
                area_id=one.area.area_id,
                name=one.area.name,
                timezone=one.area.timezone,
                newest_week=one.holding[0].week,
            )
            for one in list_areas(unit, services.shown_now())
        ]


@router.get("/{area_id}/schools", responses={**describe_problems(404, 503)})
def get_schools(services: Given, area_id: AreaId, response: Response) -> list[SchoolBody]:
    """List an area's schools with their coming patrols."""
    response.headers["Cache-Control"] = PUBLIC_FOR_A_MINUTE
    now = services.shown_now()
    with services.store.reading() as unit:
        area = find_area(unit, area_id, now)
        return [
            school_body(one, coming_patrols(unit, area, one.school_id, now))
            for one in unit.plans.schools(area.shown.plan_id)
        ]


@router.get("/{area_id}/schools/{file}", responses={**describe_problems(404, 503)})
def get_school(
    services: Given, area_id: AreaId, file: SchoolFile, response: Response
) -> SchoolBody:
    """Give one school with its coming patrols."""
    response.headers["Cache-Control"] = PUBLIC_FOR_A_MINUTE
    now = services.shown_now()
    with services.store.reading() as unit:
        found = find_school(unit, find_area(unit, area_id, now), file, now)
    return school_body(found.school, found.coming)


@router.get(
    "/{area_id}/schools/{file}/calendar.ics",
    response_class=Response,
    responses={
        200: {"description": "RFC 5545.", "content": {"text/calendar": {}}},
        304: {"description": "Unchanged since the tag in `If-None-Match`."},
        **describe_problems(404, 503),
    },
)
def get_calendar(request: Request, services: Given, area_id: AreaId, file: SchoolFile) -> Response:
    """Give a school's calendar feed: changes and cancellations keep their events' identifiers."""
    now = services.shown_now()
    with services.store.reading() as unit:
        area = find_area(unit, area_id, now)
        content = school_feed(unit, area, find_school(unit, area, file, now).school)
    return answer_bytes(request, content, "text/calendar; charset=utf-8", PUBLIC_FOR_A_MINUTE)


def school_body(school: School, patrols: tuple[Patrol, ...]) -> SchoolBody:
    """Describe a school with some of its patrols."""
    return SchoolBody(
        school_id=school.school_id,
        name=school.name,
        file=school.file,
        outcome=school.outcome,
        patrols=[
            PatrolBody(
                uid=one.uid,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                streets=one.streets,
                description=one.description,
            )
            for one in patrols
        ],
    )
