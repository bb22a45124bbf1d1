"""Patrols and unmet demands as the plan holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corridors.domain.plan import (
    Dwell,
    Patrol,
    PatrolPost,
    Unmet,
)
from corridors.domain.plan_parts import (
    Alternative,
)
from corridors.planning.dwell import choose_dwells, patrol_generator, walking_min
from corridors.planning.protocol import protocol_id_of
from corridors.planning.walks import SegmentEnds, WalkGraph, vary_walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Corridor
    from corridors.planning.roster import RosterResult
    from corridors.planning.week import PatrolDemand

__all__ = ["PatrolReasons", "make_patrols", "make_unmet"]


@dataclass(frozen=True, slots=True)
class PatrolReasons:
    """What is said of one patrol beside where, when and who."""

    aim_why: str = ""
    """Empty: the aim's own sentence."""
    alternatives: tuple[Alternative, ...] = ()
    """From `corridors.planning.alternatives.alternatives_for`."""


_NOTHING = PatrolReasons()


def make_patrols(
    demands: Iterable[PatrolDemand],
    roster: RosterResult,
    corridors: Mapping[str, Corridor],
    segment_need: Mapping[str, Mapping[str, float]],
    aims: Mapping[str, Aim],
    parameters: Parameters,
    *,
    segments: Mapping[str, SegmentEnds] | None = None,
    reasons: Mapping[str, PatrolReasons] | None = None,
) -> tuple[Patrol, ...]:
    """Make the patrols that are staffed, in order of time, each with its own walk and stays.

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
        Seed, walking speed, stays and how long a walk may be.
    segments
        Ends and length of at least the corridors' segments. None: every patrol walks the
        corridor's own walk.
    reasons
        By demand id: why this aim, and what else was considered.
    """
    graphs: dict[str, WalkGraph] = {}
    patrols = []
    for demand in _in_order(demands):
        staffing = roster.staffed.get(demand.demand_id)
        if staffing is None:
            continue
        corridor, aim = corridors[demand.corridor_id], aims[demand.aim_id]
        said = (reasons or {}).get(demand.demand_id, _NOTHING)
        if segments is not None and corridor.corridor_id not in graphs:
            graphs[corridor.corridor_id] = WalkGraph.build(corridor.segment_ids, segments)
        walk, walk_m, dwell = _walk_and_stays(
            demand,
            corridor,
            segment_need.get(corridor.corridor_id, {}),
            parameters,
            graphs.get(corridor.corridor_id),
        )
        posts = tuple(
            PatrolPost(post.post_id, post.role, post.organisation, post.police)
            for post in staffing.posts
        )
        patrols.append(
            Patrol(
                patrol_id=demand.demand_id,
                corridor_id=demand.corridor_id,
                school_id=demand.school_id,
                starts_at=demand.starts_at,
                ends_at=demand.ends_at,
                aim=demand.aim_id,
                lead_role=staffing.lead_role,
                posts=posts,
                police=aim.police,
                police_min=staffing.police_min,
                dwell=dwell,
                protocol_id=protocol_id_of(aim, demand.school_id),
                walk=walk,
                walk_min=walking_min(walk_m, parameters),
                aim_why=said.aim_why or aim.why,
                police_why=_police_why(aim, posts, staffing.police_min),
                cover=roster.cover.get(demand.demand_id, ()),
                alternatives=said.alternatives,
            )
        )
    return tuple(patrols)


def _walk_and_stays(
    demand: PatrolDemand,
    corridor: Corridor,
    need: Mapping[str, float],
    parameters: Parameters,
    graph: WalkGraph | None,
) -> tuple[tuple[str, ...], float, tuple[Dwell, ...]]:
    """Draw one patrol's walk and stays; a walk leaves the time for one full stay."""
    minutes = round((demand.ends_at - demand.starts_at).total_seconds() / 60)
    generator = patrol_generator(parameters.seed, demand.demand_id)
    walk, walk_m = corridor.walk, corridor.walk_m
    if graph is not None:
        in_time_m = (minutes - parameters.dwell_high_min) * 60 * parameters.walk_m_per_s
        limit_m = min(parameters.walk_slack * corridor.walk_m, in_time_m)
        walk = vary_walk(graph, corridor.walk, limit_m, generator)
        walk_m = graph.length_m(walk)
    dwell = choose_dwells(corridor, need, minutes, parameters, generator, walk=walk, graph=graph)
    return walk, walk_m, dwell


def _police_why(aim: Aim, posts: tuple[PatrolPost, ...], police_min: int) -> str:
    """Say what police minutes are for, or why there are none."""
    n_police = sum(post.police for post in posts)
    if not n_police:
        return f"No police minutes. {aim.police_why}"
    each = "One police post" if n_police == 1 else f"{n_police} police posts"
    return f"{each}, {police_min} police minutes, the least that this aim needs. {aim.police_why}"


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
            clash=roster.unmet[demand.demand_id].clash,
        )
        for demand in _in_order(demands)
        if demand.demand_id in roster.unmet
    )


def _in_order(demands: Iterable[PatrolDemand]) -> list[PatrolDemand]:
    return sorted(demands, key=lambda demand: (demand.starts_at, demand.demand_id))
