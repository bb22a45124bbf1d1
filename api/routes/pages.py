"""Public pages: areas, schools and their patrols, and what was released byte for byte."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from markupsafe import Markup

from api.access import WhoAsks, needs
from api.answers import PUBLIC_FOR_A_MINUTE, answer_bytes, page_policy
from api.errors import NotFound
from api.fragments import notice_fragment, with_short_notice
from api.mail.words import school_path
from api.public import PublicArea, coming_patrols, find_area, find_file, find_school, list_areas
from api.publishing import late_words
from api.released_map import map_parts
from api.rights import Action
from api.routes.areas import AreaId, SchoolFile
from api.services import Given, Services
from api.store import Unit
from api.templates import day_words, render, static_file, times_words

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[needs(Action.READ_PUBLIC)])

_HTML = "text/html; charset=utf-8"
_AREA = "/areas/{area_id}"
_SCHOOL = _AREA + "/schools/{file}"
_BOTH = ["GET", "HEAD"]


@router.api_route("/", methods=_BOTH)
def get_start(request: Request, services: Given, who: WhoAsks) -> Response:
    """List the areas."""
    with services.store.reading() as unit:
        areas = list_areas(unit, services.shown_now())
    return _page(request, services, who, "start.html.j2", areas=[one.area for one in areas])


@router.api_route(_AREA, methods=_BOTH)
def get_area(request: Request, services: Given, who: WhoAsks, area_id: AreaId) -> Response:
    """List an area's schools."""
    now = services.shown_now()
    with services.store.reading() as unit:
        area = find_area(unit, area_id, now)
        schools = [
            (one, len(coming_patrols(unit, area, one.school_id, now)))
            for one in unit.plans.schools(area.shown.plan_id)
        ]
    return _page(request, services, who, "area.html.j2", schools=schools, **_week(area))


@router.api_route(_SCHOOL, methods=_BOTH)
def get_school(
    request: Request, services: Given, who: WhoAsks, area_id: AreaId, file: SchoolFile
) -> Response:
    """Show a school's notice within our page, with its feed and the patrols of later weeks."""
    now = services.shown_now()
    with services.store.reading() as unit:
        area = find_area(unit, area_id, now)
        found = find_school(unit, area, file, now)
        notice = find_file(unit, area.shown, f"notices/{file}.html")
        late = _late_words(unit, area)
    zone = ZoneInfo(area.area.timezone)
    end = area.shown.week + timedelta(days=7)
    # the demonstration's own day is before the day on which it was loaded
    published_on = (area.shown.published_at or area.shown.created_at).astimezone(zone).date()
    later = [
        (
            day_words(one.starts_at.astimezone(zone).date()),
            times_words(one.starts_at, one.ends_at, area.area.timezone),
            one.streets,
        )
        for one in found.coming
        if one.starts_at.astimezone(zone).date() >= end
    ]
    return _page(
        request,
        services,
        who,
        "school.html.j2",
        school=found.school,
        later=later,
        # rebuilt from a list of what may be shown
        notice=Markup(with_short_notice(notice_fragment(notice.content.decode("utf-8")), late)),  # noqa: S704
        feed=f"{services.settings.base_url}/api/v1{school_path(area_id, file)}/calendar.ics",
        offers_mail=services.settings.mail is not None,
        published_on=day_words(min(published_on, now.astimezone(zone).date())),
        **_week(area),
    )


@router.api_route(_SCHOOL + "/notice", methods=_BOTH)
def get_notice(request: Request, services: Given, area_id: AreaId, file: SchoolFile) -> Response:
    """Give the notice as it was released: one page to print or pass on; with why it came late."""
    with services.store.reading() as unit:
        area = find_area(unit, area_id, services.shown_now())
        find_school(unit, area, file, services.shown_now())
        notice = find_file(unit, area.shown, f"notices/{file}.html")
        late = _late_words(unit, area)
    page = with_short_notice(notice.content.decode("utf-8"), late, after="<main>\n")
    return _released(request, page.encode())


@router.api_route(_AREA + "/map", methods=_BOTH)
def get_map(request: Request, services: Given, who: WhoAsks, area_id: AreaId) -> Response:
    """Show the area's map as it was released, with its list, within our page."""
    with services.store.reading() as unit:
        area = find_area(unit, area_id, services.shown_now())
        page = find_file(unit, area.shown, "map.html")
        late = _late_words(unit, area)
    parts = map_parts(with_short_notice(page.content.decode("utf-8"), late, after="</header>"))
    response = _page(request, services, who, "map.html.j2", parts=parts, area=area.area)
    response.headers["Content-Security-Policy"] = parts.policy
    return response


@router.api_route("/privacy", methods=_BOTH)
def get_privacy(request: Request, services: Given, who: WhoAsks) -> Response:
    """Say what is kept about a reader: next to nothing."""
    return _page(request, services, who, "privacy.html.j2")


@router.api_route("/static/{name}", methods=_BOTH)
def get_static(request: Request, name: Annotated[str, Path(max_length=60)]) -> Response:
    """Give a file of ours; its address changes when it does."""
    found = static_file(name)
    if found is None:
        raise NotFound
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    return answer_bytes(
        request,
        found.packed if is_packed else found.content,
        found.media_type,
        "public, max-age=86400",
        Vary="Accept-Encoding",
        **({"Content_Encoding": "gzip"} if is_packed else {}),
    )


def _late_words(unit: Unit, area: PublicArea) -> str:
    notice = unit.messages.short_notice(area.shown.plan_id)
    return late_words(notice) if notice else ""


def _released(request: Request, page: bytes) -> Response:
    return answer_bytes(
        request, page, _HTML, PUBLIC_FOR_A_MINUTE, Content_Security_Policy=page_policy(page)
    )


def _page(
    request: Request, services: Services, who: WhoAsks, template: str, **values: object
) -> Response:
    """Fill a page; what names somebody who is signed in stays in their browser."""
    html = render(template, account=who.account, is_demo=services.settings.is_demo, **values)
    cache = PUBLIC_FOR_A_MINUTE if who.account is None else "private, no-cache"
    return answer_bytes(request, html.encode(), _HTML, cache, Vary="Cookie")


def _week(area: PublicArea) -> dict[str, object]:
    return {"area": area.area, "week": area.shown.week, "version": area.shown.version}
