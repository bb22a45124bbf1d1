"""Patrols and unmet demands as the plan holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.plan import Patrol, PatrolPost, Unmet
from corridors.planning.dwell import choose_dwells, patrol_generator
from corridors.planning.protocol import protocol_id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Corridor
    from corridors.planning.roster import RosterResult
    from corridors.planning.week import PatrolDemand

__all__ = ["make_patrols", "make_unmet"]


def make_patrols(
    demands: Iterable[PatrolDemand],
    roster: RosterResult,
    corridors: Mapping[str, Corridor],
    segment_need: Mapping[str, Mapping[str, float]],
    aims: Mapping[str, Aim],
    parameters: Parameters,
) -> tuple[Patrol, ...]:
    """Make the patrols that are staffed, in order of time.

    Parameters
    ----------
    demands
        As given to the roster.
    roster
        From `corridors.planning.roster.staff_patrols`.
    corridors
        By id.
    segment_need
        By corridor id: need by segment id.
    aims
        By id.
    parameters
        Seed, walking speed and dwell.
    """
    patrols = []
    for demand in _in_order(demands):
        staffing = roster.staffed.get(demand.demand_id)
        if staffing is None:
            continue
        minutes = round((demand.ends_at - demand.starts_at).total_seconds() / 60)
        patrols.append(
            Patrol(
                patrol_id=demand.demand_id,
                corridor_id=demand.corridor_id,
                school_id=demand.school_id,
                starts_at=demand.starts_at,
                ends_at=demand.ends_at,
                aim=demand.aim_id,
                lead_role=staffing.lead_role,
                posts=tuple(
                    PatrolPost(post.post_id, post.role, post.organisation, post.police)
                    for post in staffing.posts
                ),
                police=aims[demand.aim_id].police,
                police_min=staffing.police_min,
                dwell=choose_dwells(
                    corridors[demand.corridor_id],
                    segment_need.get(demand.corridor_id, {}),
                    minutes,
                    parameters,
                    patrol_generator(parameters.seed, demand.demand_id),
                ),
                protocol_id=protocol_id_of(aims[demand.aim_id], demand.school_id),
            )
        )
    return tuple(patrols)


def make_unmet(demands: Iterable[PatrolDemand], roster: RosterResult) -> tuple[Unmet, ...]:
    """List the patrols that nobody can staff, in order of time, with what is missing."""
    return tuple(
        Unmet(
            corridor_id=demand.corridor_id,
            school_id=demand.school_id,
            starts_at=demand.starts_at,
            ends_at=demand.ends_at,
            aim=demand.aim_id,
            missing=roster.unmet[demand.demand_id].missing,
            would_help=roster.unmet[demand.demand_id].would_help,
        )
        for demand in _in_order(demands)
        if demand.demand_id in roster.unmet
    )


def _in_order(demands: Iterable[PatrolDemand]) -> list[PatrolDemand]:
    return sorted(demands, key=lambda demand: (demand.starts_at, demand.demand_id))
