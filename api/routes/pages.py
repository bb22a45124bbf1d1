"""The pages: a list of what there is, the map, the notices and the calendars."""

from __future__ import annotations

from pathlib import Path

import jinja2
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.routes.answers import Folder, answer_file

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "pages"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


@router.get("/")
def get_start(folder: Folder) -> HTMLResponse:
    """List what the plan released."""
    page = _templates.get_template("start.html.j2").render(
        schools=folder.schools(),
        n_corridors=folder.corridor_count(),
    )
    return HTMLResponse(page)


@router.get("/map")
def get_map(request: Request, folder: Folder) -> Response:
    """Show the map."""
    return answer_file(request, folder.read("map.html"), "text/html; charset=utf-8")


@router.get("/notices/{name}.ics")
def get_calendar(request: Request, name: str, folder: Folder) -> Response:
    """Give the calendar of one school."""
    return answer_file(request, folder.read_notice(name, ".ics"), "text/calendar; charset=utf-8")


@router.get("/notices/{name}")
def get_notice(request: Request, name: str, folder: Folder) -> Response:
    """Show the notice of one school."""
    return answer_file(request, folder.read_notice(name, ".html"), "text/html; charset=utf-8")
