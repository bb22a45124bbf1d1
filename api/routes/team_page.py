"""What every page of the team shares: the area, the form's fields, and how a page is answered."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access import Caller
from api.errors import Conflict, NotFound, ServiceError
from api.problems import STATUS_OF
from api.rights import Action
from api.services import Services
from api.store import Unit
from api.store.area_text import parse_document
from api.store.records import Area, PlanHead
from api.team.forms import Errors, Fields
from api.team.names import Names, bundled_names, names_with
from api.templates import render
from corridors.errors import BadInput

__all__ = [
    "DONE",
    "Page",
    "Sent",
    "TeamWeek",
    "Version",
    "area_names",
    "file_text",
    "find_area",
    "find_head",
    "go",
    "note_refusal",
    "once",
    "plan_document",
    "plan_path",
    "status_of",
]

TeamWeek = Annotated[date, Path(description="The Monday.")]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
DONE = {
    "change": "The change was kept. Make the plan again to see its effect.",
    "withdrawn": "The change was withdrawn. Make the plan again to see its effect.",
    "asked": "Everybody who has to agree was asked.",
    "published": "The plan is published. Everybody can see it now.",
    "taken": "The file is in use. The next plan is made with it.",
    "discarded": "The file was discarded. Nothing of it is used.",
    "saved": "The mapping was saved. It can be chosen for the next file of this kind.",
}
"""What a page says after something was done."""
_NO_STORE = {"Cache-Control": "no-store"}


async def _read_fields(request: Request) -> Fields:
    form = await request.form()
    return Fields((name, value) for name, value in form.multi_items() if isinstance(value, str))


Sent = Annotated[Fields, Depends(_read_fields)]
"""The fields that a form sent."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the team under way: who asks, for which area."""

    request: Request
    services: Services
    caller: Caller
    area: Area

    @property
    def allowed(self) -> frozenset[Action]:
        """Give what whoever asks may do here."""
        return self.caller.allowed_in(self.area.area_id)

    @property
    def today(self) -> date:
        """Give the day on the area's calendar."""
        return self.services.shown_day(self.area.timezone)

    def answer(
        self,
        template: str,
        *,
        status: int = 200,
        errors: Errors | None = None,
        headers: dict[str, str] | None = None,
        **values: object,
    ) -> Response:
        """Fill a page; it holds what is the team's, so no cache keeps it."""
        html = render(
            template,
            account=self.caller.account,
            is_demo=self.services.settings.is_demo,
            area=self.area,
            base=f"/team/{self.area.area_id}",
            current=self.request.url.path,
            allowed=self.allowed,
            Action=Action,
            csrf_token=self.services.sessions.form_token(self.request),
            errors=errors or Errors(),
            done=DONE.get(self.request.query_params.get("done", ""), ""),
            **values,
        )
        return HTMLResponse(html, status_code=status, headers=_NO_STORE | (headers or {}))


def find_area(unit: Unit, area_id: str) -> Area:
    """Give the area; who asks holds a role in it, so it is there."""
    area = unit.areas.get(area_id)
    if area is None:
        raise NotFound
    return area


def find_head(unit: Unit, area_id: str, week: date, version: int) -> PlanHead:
    """Give a version of a plan.

    Raises
    ------
    NotFound
        When there is none.
    """
    head = unit.plans.head(area_id, week, version)
    if head is None:
        raise NotFound
    return head


def plan_document(unit: Unit, head: PlanHead) -> dict[str, Any]:
    """Give a plan's document."""
    document: dict[str, Any] = json.loads(unit.plans.document(head.plan_id))
    return document


def plan_path(head: PlanHead) -> str:
    """Give the address of a plan's page."""
    return f"/team/{head.area_id}/plans/{head.week.isoformat()}/{head.version}"


def area_names(unit: Unit, area_id: str) -> Names:
    """Give the names of roles and aims, the area's own where it brings its own files."""
    found = unit.inputs.document(area_id)
    reference: Any = parse_document(found.document).get("reference") if found else None
    if not isinstance(reference, dict):
        return bundled_names()
    texts = [file_text(unit, area_id, reference.get(key)) for key in ("roles", "aims")]
    return names_with(texts[0], texts[1]) if any(texts) else bundled_names()


def file_text(unit: Unit, area_id: str, path: object) -> str | None:
    """Give the text of a file that the area file names; None where there is none."""
    for one in unit.inputs.files(area_id):
        if one.path == path:
            content = unit.inputs.content(one.input_id)
            return None if content is None else content.decode("utf-8-sig", "replace")
    return None


def go(to: str) -> Response:
    """Send the browser on, after something was done: loading the page again does nothing twice."""
    return RedirectResponse(to, status_code=303, headers=_NO_STORE)


def once() -> str:
    """Give a key for a form: sent twice, it is taken once."""
    return secrets.token_urlsafe(12)


def note_refusal(errors: Errors, error: Exception, fields: Sequence[tuple[str, str]]) -> None:
    """Note what was refused beside the fields that it is about.

    Parameters
    ----------
    errors
        Gets a line for each problem.
    error
        What the store or the reader of area files refused.
    fields
        Part of the error's ``where``, and the field that holds it; the last one takes the rest.
    """
    if isinstance(error, BadInput):
        for one in error.problems:
            name = next((field for part, field in fields if part in one.where), fields[-1][1])
            errors.also(name, f"{one.what} {one.mend}".strip())
        return
    said = str(error)
    if isinstance(error, Conflict) and error.changes:
        parts = ", ".join(sorted({one.what for one in error.changes}))
        said = f"{said} What changed: {parts}."
    where = getattr(error, "where", "")
    name = next((field for part, field in fields if where and part in where), fields[-1][1])
    errors.add(name, said)


def status_of(error: Exception) -> int:
    """Give the status of a form that was refused."""
    for kind in type(error).__mro__:
        if kind in STATUS_OF:
            return int(STATUS_OF[kind])
    if isinstance(error, ServiceError):
        return 400
    return 422
