"""Taking a plan away as files; the log keeps who, which and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
from api.errors import NotFound
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import (
    Page,
    Sent,
    TeamWeek,
    Version,
    area_names,
    find_area,
    find_head,
    plan_document,
    plan_path,
)
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead
from api.team.exporting import FORMATS, patrols_csv, zip_of
from api.team.forms import Errors, Fields
from api.team.plan_view import view_plan
from api.team.words import day_words

__all__ = ["get_export", "post_export", "router"]

router = APIRouter(prefix="/team/{area_id}/plans/{week}/{version}", include_in_schema=False)
_READ = ["GET", "HEAD"]


@router.api_route("/export", methods=_READ)
def get_export(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    caller: Annotated[Caller, needs(Action.EXPORT_PLAN)],
) -> Response:
    """Show what can be taken away."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _export_form(page, find_head(unit, area_id, week, version))


@router.post("/export")
def post_export(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.EXPORT_PLAN)],
) -> Response:
    """Give a file; the log keeps who took which, and why."""
    errors = Errors()
    reason = errors.reason(fields)
    name = fields.text("what")
    if name not in FORMATS:
        errors.add("what", "Choose a file.")
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        if errors:
            return _export_form(page, head, fields, errors, status=422)
        content = _exported(unit, head, name)
        details: dict[str, object] = {"file": name, "sha256": head.document_sha256}
        unit.log.write(
            Action.EXPORT_PLAN, head.name, area_id=area_id, reason=reason, details=details
        )
    stem, suffix = name.split(".")
    shown = f"{stem}-{area_id}-{week.isoformat()}-v{version}.{suffix}"
    return Response(
        content,
        media_type=FORMATS[name][1],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{shown}"',
        },
    )


def _exported(unit: Unit, head: PlanHead, name: str) -> bytes:
    if name == "plan.json":
        return unit.plans.document(head.plan_id).encode()
    if name == "patrols.csv":
        return patrols_csv(view_plan(plan_document(unit, head), area_names(unit, head.area_id)))
    if name == "corridors.geojson":
        found = unit.plans.file(head.plan_id, name)
        if found is None:
            raise NotFound
        return found.content
    notices = [
        (f"{one.file}.{suffix}", file.content)
        for one in unit.plans.schools(head.plan_id)
        for suffix in ("html", "ics")
        if (file := unit.plans.file(head.plan_id, f"notices/{one.file}.{suffix}"))
    ]
    return zip_of(notices)


def _export_form(
    page: Page,
    head: PlanHead,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    return page.answer(
        "team_export.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields(),
        head=head,
        here=plan_path(head),
        week=day_words(head.week),
        formats=[(name, words) for name, (words, _) in FORMATS.items()],
    )
