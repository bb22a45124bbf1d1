"""What a partner's pages share: the version that is looked at, and how a page is filled."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Request

from api.access import Caller, needs, needs_by_form
from api.partners.context import Context
from api.partners.view import PartnerWeek, find_head, find_newest, view_week
from api.rights import Action
from api.routes.area_page import AreaPage
from api.services import Services
from api.store import Unit

__all__ = ["Partner", "PartnerByForm", "Version", "Week", "page_of", "view_of"]

Week = Annotated[date, Path()]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
Partner = Annotated[Caller, needs(Action.ANSWER_PLAN)]
PartnerByForm = Annotated[Caller, needs_by_form(Action.ANSWER_PLAN)]
_DONE = {
    "agrees": "Your organisation agrees. Thank you.",
    "declines": "Your organisation declines. The team reads why.",
    "proposes": "The team reads what you propose.",
    "commented": "The team reads your comment.",
}


def view_of(unit: Unit, context: Context, week: date, version: int | None = None) -> PartnerWeek:
    """Lay a version of a week out; without a version, the newest."""
    area_id = context.area.area_id
    if version is None:
        head = find_newest(unit, area_id, context.today, week)
    else:
        head = find_head(unit, area_id, context.today, week, version)
    return view_week(unit, context.area, head, context.party.name, context.names)


def page_of(request: Request, services: Services, caller: Caller, context: Context) -> AreaPage:
    """Begin a page."""
    return AreaPage(request, services, caller, context.area, "partner", _DONE)
