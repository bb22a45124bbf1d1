"""What pages of partners, administrators and auditors share: how one is filled and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from api.access import Caller
from api.errors import Conflict
from api.problems import STATUS_OF
from api.services import Services
from api.store.records import Area
from api.team.forms import Errors
from api.templates import render
from corridors.errors import BadInput

__all__ = [
    "NO_STORE",
    "AreaPage",
    "error_status",
    "note_error",
]

NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class AreaPage:
    """A page under way: who asks, for which area, in which part of the service."""

    request: Request
    services: Services
    caller: Caller
    area: Area
    section: str
    done: Mapping[str, str]
    """What the page says after something was done, by a word in its address."""

    def answer(
        self,
        template: str,
        *,
        status: int = 200,
        errors: Errors | None = None,
        **values: object,
    ) -> Response:
        """Fill a page. It is for whoever is signed in alone, so no cache keeps it."""
        html = render(
            template,
            account=self.caller.account,
            is_demo=self.services.settings.is_demo,
            area=self.area,
            section=self.section,
            base=f"/{self.section}/{self.area.area_id}",
            csrf_token=self.services.sessions.form_token(self.request),
            errors=errors or Errors(),
            done=self.done.get(self.request.query_params.get("done", ""), ""),
            **values,
        )
        return HTMLResponse(html, status_code=status, headers=NO_STORE)


def note_error(error: Exception, fields: Sequence[str]) -> Errors:
    """Say what was refused, beside the field that it is about.

    Parameters
    ----------
    error
        Of the service, or of the reader of area files.
    fields
        The form's fields; the first takes what belongs to none.
    """
    errors = Errors()
    if isinstance(error, BadInput):
        said = " ".join(f"{one.what} {one.mend}" for one in error.problems)
        errors.add(fields[0], said)
        return errors
    said = str(error)
    if isinstance(error, Conflict) and error.changes:
        said += f" What changed: {', '.join(sorted({one.what for one in error.changes}))}."
    where = str(getattr(error, "where", ""))
    errors.add(where if where in fields else fields[0], said)
    return errors


def error_status(error: Exception) -> int:
    """Give the status of a form that was refused."""
    return next(int(STATUS_OF[one]) for one in type(error).__mro__ if one in STATUS_OF)
