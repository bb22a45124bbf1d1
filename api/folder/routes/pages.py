"""The pages: a list of what there is, the map, the notices and the calendars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jinja2
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.folder.routes.answers import Folder, answer_file

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


def _page(path: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Route a page; programs that check links ask for its head only."""
    return router.api_route(path, methods=["GET", "HEAD"])


_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "pages"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


@_page("/")
def get_start(folder: Folder) -> HTMLResponse:
    """List what the plan released."""
    page = _templates.get_template("start.html.j2").render(
        schools=folder.schools(),
        n_corridors=folder.corridor_count(),
    )
    return HTMLResponse(page)


@_page("/map")
def get_map(request: Request, folder: Folder) -> Response:
    """Show the map."""
    return answer_file(request, folder.read("map.html"), "text/html; charset=utf-8")


@_page("/notices/{file}")
def get_notice(request: Request, file: str, folder: Folder) -> Response:
    """Show the notice of one school, or give its calendar, by the name of the file."""
    if file.endswith(".ics"):
        name = file.removesuffix(".ics")
        media_type = "text/calendar; charset=utf-8"
        return answer_file(request, folder.read_notice(name, ".ics"), media_type)
    notice = folder.read_notice(file.removesuffix(".html"), ".html")
    return answer_file(request, notice, "text/html; charset=utf-8")
