"""A plan on a map, for the team: every street of the area, drawn by our own script."""

from __future__ import annotations

import gzip
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs
from api.answers import TEAM_ONLY
from api.plan_streets import pack_streets
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import Page, TeamWeek, Version, find_area, find_head, plan_document
from api.services import Given

__all__ = ["get_map", "get_streets", "router"]

router = APIRouter(prefix="/team/{area_id}/plans/{week}/{version}/map", include_in_schema=False)

_FORM = 1
"""Another number whenever the answer is written in another way."""
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.api_route("", methods=["GET", "HEAD"])
def get_map(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    caller: Annotated[Caller, needs(Action.READ_PLAN)],
) -> Response:
    """Show the map, with its list: corridors with their streets."""
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        document = plan_document(unit, head)
        unit.log.write(
            Action.READ_PLAN, head.name, area_id=area_id, details={"sha256": head.document_sha256}
        )
    return page.answer(
        "plan_map.html.j2",
        headers={"Content-Security-Policy": _POLICY},
        head=head,
        here=f"/team/{area_id}/plans/{week.isoformat()}/{version}",
        corridors=_listed(document),
    )


@router.get("/streets")
def get_streets(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    caller: Annotated[Caller, needs(Action.READ_PLAN)],
) -> Response:
    """Give the streets and corridors; ranks and no figures, which need a reason."""
    del caller  # reading was noted with the page
    with services.store.reading() as unit:
        head = find_head(unit, area_id, week, version)
        etag = f'"{head.document_sha256[:32]}-{_FORM}"'
        kept = {"ETag": etag, "Cache-Control": TEAM_ONLY, "Vary": "Accept-Encoding"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)
        corridors = {
            str(one["corridor_id"]): one["segment_ids"]
            for one in plan_document(unit, head).get("corridors", ())
        }
        body = pack_streets(unit.features.streets(head.plan_id), corridors)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, kept["Content-Encoding"] = gzip.compress(body, 5, mtime=0), "gzip"
    return Response(body, media_type="application/json", headers=kept)


def _listed(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List the corridors: id, for whom, along which streets."""
    names = {one["school_id"]: str(one["name"]) for one in document.get("schools", ())}
    return [
        (
            str(one["corridor_id"]),
            " and ".join(names.get(school, school) for school in one["school_ids"]),
            ", ".join(str(street) for street in one["streets"] if street),
        )
        for one in document.get("corridors", ())
    ]
