"""An auditor's pages: the log by filters, as a table to take away, and the state of its chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from api.access import Caller, needs
from api.audits.table import head_line, table_of
from api.audits.words import Actors, action_words, details_words
from api.errors import BadRequest, NotFound
from api.rights import Action
from api.routes.area_page import NO_STORE, AreaPage, error_status, note_error
from api.routes.areas import AreaId
from api.services import Given, Services
from api.store import Unit
from api.store.audit import LogFilter
from api.store.records import Area, AuditEntry
from api.team.forms import Errors

__all__ = [
    "get_chain",
    "get_export",
    "get_log",
    "router",
]

router = APIRouter(prefix="/audit/{area_id}", include_in_schema=False)

_BOTH = ["GET", "HEAD"]
_PAGE, _PIECE = 50, 1000
_LONGEST_REASON = 300
_Auditor = Annotated[Caller, needs(Action.READ_AUDIT)]
_Text = Annotated[str, Query(max_length=200)]
_Before = Annotated[str, Query(max_length=12)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters, as they stand in the address."""

    who: str
    what: str
    subject: str
    since: str
    until: str

    def query(self, **more: object) -> str:
        """Write the address of the same filters."""
        given = {name: getattr(self, name) for name in ("who", "what", "subject", "since", "until")}
        return urlencode({key: one for key, one in (given | more).items() if one not in {"", None}})

    def wanted(self, timezone: str) -> LogFilter:
        """Give the filter; both days are included, on the area's calendar.

        Raises
        ------
        BadRequest
            When a day is none, or the last comes before the first.
        """
        zone = ZoneInfo(timezone)
        first, last = _day(self.since, "since"), _day(self.until, "until")
        if first and last and last < first:
            raise BadRequest("The last day comes before the first.", "Check both.", where="until")
        end = last + timedelta(days=1) if last else None
        return LogFilter(
            actor=self.who.strip(),
            action=self.what.strip(),
            subject=self.subject.strip(),
            since=datetime.combine(first, time(), zone).astimezone(UTC) if first else None,
            until=datetime.combine(end, time(), zone).astimezone(UTC) if end else None,
        )


def _filters(
    who: _Text = "",
    what: _Text = "",
    subject: _Text = "",
    since: _Text = "",
    until: _Text = "",
) -> _Asked:
    return _Asked(who, what, subject, since, until)


_Filters = Annotated[_Asked, Depends(_filters)]


@router.api_route("", methods=_BOTH)
def get_log(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: _Auditor,
    asked: _Filters,
    before: _Before = "",
) -> Response:
    """Show a page of the log. Reading it is logged."""
    with services.store.writing(caller.actor) as unit:
        area = _area(unit, area_id)
        try:
            wanted = asked.wanted(area.timezone)
        except BadRequest as error:
            shown = _show(unit, area, [], asked)
            page = AreaPage(request, services, caller, area, "audit", {})
            errors = note_error(error, ("who", "since", "until"))
            return page.answer("audit.html.j2", status=error_status(error), errors=errors, **shown)
        entries = unit.log.search(area_id, wanted, before=_number(before), limit=_PAGE + 1)
        shown = _show(unit, area, entries, asked)
        used = [
            name for name in ("who", "what", "subject", "since", "until") if getattr(asked, name)
        ]
        unit.log.write(
            Action.READ_AUDIT,
            f"audit:{area_id}",
            area_id=area_id,
            details={"n": len(entries[:_PAGE]), "filters": used},
        )
    return AreaPage(request, services, caller, area, "audit", {}).answer("audit.html.j2", **shown)


@router.api_route("/export", methods=["GET"])
def get_export(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: _Auditor,
    asked: _Filters,
    reason: Annotated[str, Query(max_length=_LONGEST_REASON)] = "",
) -> Response:
    """Give everything that fits as a table to take away. It is logged with its reason."""
    why = " ".join(reason.split())
    with services.store.writing(caller.actor) as unit:
        area = _area(unit, area_id)
        try:
            wanted = asked.wanted(area.timezone)
            if len(why) < 3 or not why.isprintable():
                raise BadRequest("It is not said why.", "Say it in a sentence.", where="reason")
        except BadRequest as error:
            shown = _show(unit, area, [], asked)
            page = AreaPage(request, services, caller, area, "audit", {})
            errors = note_error(error, ("reason", "since", "until"))
            return page.answer("audit.html.j2", status=error_status(error), errors=errors, **shown)
        newest, _ = unit.log.head()
        unit.log.write(
            "export_audit",
            f"audit:{area_id}",
            area_id=area_id,
            reason=why,
            details={"up_to_entry": newest},
        )
    name = f"log-{area_id}-{services.clock().date().isoformat()}.csv"
    return StreamingResponse(
        _pieces(services, area_id, wanted, newest + 1),
        media_type="text/csv; charset=utf-8",
        headers=NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.api_route("/chain", methods=_BOTH)
def get_chain(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: _Auditor,
    head: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Go through the whole log, of every area, and say whether it is as it was written."""
    kept = head.strip().lower()
    errors = Errors()
    if kept and (len(kept) != 64 or not set(kept) <= set("0123456789abcdef")):
        errors.add("head", "This is no head of a log. It has 64 digits and letters from a to f.")
    with services.store.writing(caller.actor) as unit:
        area = _area(unit, area_id)
        found = None if errors else unit.log.verify(expected_head=kept or None)
        if found is not None:
            is_whole = found.broken_entry is None
            unit.log.write(
                "check_audit", f"audit:{area_id}", area_id=area_id, details={"is_whole": is_whole}
            )
    page = AreaPage(request, services, caller, area, "audit", {})
    return page.answer(
        "audit_chain.html.j2",
        status=400 if errors else 200,
        errors=errors,
        found=found,
        head=kept,
    )


# --- within


def _show(unit: Unit, area: Area, entries: list[AuditEntry], asked: _Asked) -> dict[str, Any]:
    actors = Actors(unit)
    known, actions = unit.log.known(area.area_id)
    number, head = unit.log.head()
    shown = entries[:_PAGE]
    return {
        "asked": asked,
        "entries": [
            (one, actors.name(one.actor), action_words(one.action), details_words(one.details))
            for one in shown
        ],
        "older": asked.query(before=shown[-1].entry_id) if len(entries) > _PAGE else "",
        "actors": sorted(((one, actors.name(one)) for one in known), key=lambda pair: pair[1]),
        "actions": sorted(((one, action_words(one)) for one in actions), key=lambda pair: pair[1]),
        "number": number,
        "head": head,
    }


def _pieces(services: Services, area_id: str, wanted: LogFilter, before: int) -> Iterator[bytes]:
    """Give the table piece by piece, so that a long log is never whole in memory."""
    yield ("\ufeff" + head_line()).encode()  # by this mark spreadsheets know UTF-8
    last = before
    while True:
        with services.store.reading() as unit:
            entries = unit.log.search(area_id, wanted, before=last, limit=_PIECE)
            text = table_of(entries, Actors(unit))
        if not entries:
            return
        yield text.encode()
        last = entries[-1].entry_id


def _area(unit: Unit, area_id: str) -> Area:
    area = unit.areas.get(area_id)
    if area is None:
        raise NotFound
    return area


def _day(text: str, where: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or not 1970 < day.year < 9000:
        raise BadRequest("This is not a date.", "Write it as 2026-11-23.", where=where)
    return day


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else None
