"""Who walks the patrols of a week, and what fewer police minutes would cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corridors.domain.plan import (
    Corridor,
)
from corridors.domain.plan_parts import (
    TradeOff,
)
from corridors.pipeline.asking import Asked
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.travel import travel_between
from corridors.planning.posts import posts_from_table
from corridors.planning.replanning import replan
from corridors.planning.roster import RosterResult, staff_patrols
from corridors.planning.roster_rules import TeamRules
from corridors.planning.roster_trade_off import trade_off
from corridors.sources.last_plan import LastPlan

__all__ = ["staff_week"]


def staff_week(
    tables: Tables,
    scored: Scored,
    asked: Asked,
    proposed: Mapping[str, Corridor],
    last: LastPlan | None,
) -> tuple[RosterResult, tuple[TradeOff, ...]]:
    """Staff the patrols that a week asks for.

    Parameters
    ----------
    tables, scored
        The area's.
    asked
        The patrols.
    proposed
        Their corridors, by id.
    last
        The plan that this one follows or replaces; None without one.

    Returns
    -------
    roster : RosterResult
        The staffing.
    curve : tuple of TradeOff
        The most need for every limit of police minutes.
    """
    area, reference, parameters = tables.area, tables.reference, scored.base.parameters
    posts = posts_from_table(tables.roster, reference.roles)
    case = (asked.demands, posts, reference.aims, reference.roles, parameters)
    given: dict[str, Any] = {
        "rules": TeamRules(area.refusals, area.pairings),
        "absences": area.absences,
        "travel": travel_between(tables.network, proposed.values()),
    }
    no_limit = type(parameters)().most_police_min
    cap = None if parameters.most_police_min == no_limit else parameters.most_police_min
    if last is None:
        roster = staff_patrols(*case, **given, police_cap_min=cap)
    else:
        roster = replan(last.document, *case, **given, police_cap_min=cap)
    return roster, trade_off(roster, *case, **given)
