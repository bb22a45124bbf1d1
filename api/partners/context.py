"""Who speaks in an area, for which organisation, and on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.access import Caller
from api.errors import NotFound
from api.partners.answering import Party
from api.routes.team_page import area_names
from api.services import Services
from api.store import Unit
from api.store.records import Area
from api.team.names import Names

__all__ = ["Context", "find_context"]


@dataclass(frozen=True, slots=True)
class Context:
    """What every question and answer of a partner starts from."""

    area: Area
    party: Party
    names: Names
    today: date


def find_context(unit: Unit, services: Services, caller: Caller, area_id: str) -> Context:
    """Find it.

    Raises
    ------
    NotFound
        When the area is not there.
    """
    area = unit.areas.get(area_id)
    if area is None:
        raise NotFound
    name = unit.areas.organisation_name(caller.organisation_id)
    return Context(
        area=area,
        party=Party(area_id, caller.organisation_id, name),
        names=area_names(unit, area_id),
        today=services.shown_day(area.timezone),
    )
