"""Who walks which patrol: most need, then least police, then fair. Whole teams or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.planning.roster_blocks import solve_in_blocks
from corridors.planning.roster_case import choose_lead, make_case, staff_greedily
from corridors.planning.roster_missing import explain_missing
from corridors.planning.roster_model import clash_cliques, solve_roster

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Post
    from corridors.planning.roster_case import RosterCase
    from corridors.planning.roster_missing import Shortfall
    from corridors.planning.roster_model import Stage
    from corridors.planning.week import PatrolDemand

__all__ = ["RosterResult", "Staffing", "greedy_roster", "staff_patrols"]

_MOST_PAIRS_AT_ONCE = 8_000
"""Pairs of patrol and post up to which the week is solved whole: measured, see benchmarks."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """The posts of one patrol, the lead first."""

    posts: tuple[Post, ...]
    lead_role: str
    lead_post_id: str
    police_min: int
    """Minutes that police posts walk, summed over posts."""


@dataclass(frozen=True, slots=True)
class RosterResult:
    """The roster of one week."""

    staffed: Mapping[str, Staffing]
    """By demand id, in order of time."""
    unmet: Mapping[str, Shortfall]
    stages: tuple[Stage, ...]
    """In order: ``need``, ``police_min``, ``extra_posts``, ``spread``."""
    need_total: float
    need_covered: float

    @property
    def police_min(self) -> int:
        """Minutes that police posts walk in the week."""
        return sum(staffing.police_min for staffing in self.staffed.values())

    @property
    def is_optimal(self) -> bool:
        """Tell whether every stage is proven optimal."""
        return all(stage.is_optimal for stage in self.stages)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the plan: what is proven and what is not."""
        if self.is_optimal:
            return ("The roster is proven best: most need, then least police, then fairest.",)
        names = {
            "need": "need covered",
            "police_min": "police minutes",
            "extra_posts": "posts beyond the smallest teams",
            "spread": "even spread over posts",
        }
        open_stages = [stage for stage in self.stages if not stage.is_optimal]
        gaps = ", ".join(f"{names[s.name]} (gap {s.gap:.1%})" for s in open_stages)
        return (f"The roster keeps every rule; not proven best in: {gaps}.",)


def staff_patrols(
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    seed: int | None = None,
) -> RosterResult:
    """Staff a week's patrols.

    Hard: availability, school ties, refusals, no overlap (``travel_min`` between corridors), most
    patrols a week, schools of a school-linked post, the aim's mix and lead, police only where the
    aim needs them and never in place of another role. In this order: cover the most need; fewest
    police minutes; fewest posts; patrols spread most evenly over posts (least sum of squares).

    Parameters
    ----------
    demands
        Patrols asked for, of one week.
    posts
        From `corridors.planning.posts.posts_from_table`.
    aims, roles
        By id.
    parameters
        ``travel_min``, ``schools_per_officer`` and ``solver_work`` are used.
    seed
        ``parameters.seed`` if None.

    Returns
    -------
    RosterResult
        The same for the same input, whatever its order. A patrol is staffed whole or is unmet.

    Raises
    ------
    BadInput
        A demand or post given twice, or an aim that is not known.
    """
    case = make_case(demands, posts, aims, roles, parameters)
    start = staff_greedily(case)
    starts = np.array([demand.starts_at.timestamp() for demand in case.demands])
    cliques = clash_cliques(case.clash, starts)
    solve = solve_roster if int(case.joins.sum()) <= _MOST_PAIRS_AT_ONCE else solve_in_blocks
    chosen, stages = solve(
        case, start, parameters.seed if seed is None else seed, parameters.solver_work, cliques
    )
    return _result(case, chosen, stages, roles)


def greedy_roster(
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
) -> RosterResult:
    """Staff patrols one after the other, most need first: a baseline that keeps every rule."""
    case = make_case(demands, posts, aims, roles, parameters)
    return _result(case, staff_greedily(case), (), roles)


def _result(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    stages: tuple[Stage, ...],
    roles: Mapping[str, Role],
) -> RosterResult:
    staffed, unmet = {}, {}
    for row, demand in enumerate(case.demands):
        members = [int(column) for column in np.flatnonzero(chosen[row])]
        if members:
            staffed[demand.demand_id] = _staffing(case, row, members)
        else:
            unmet[demand.demand_id] = explain_missing(case, chosen, row, roles)
    covered = chosen.any(axis=1)
    weight = np.nan_to_num(np.array([d.weight for d in case.demands], dtype=np.float64))
    return RosterResult(staffed, unmet, stages, float(weight.sum()), float(weight[covered].sum()))


def _staffing(case: RosterCase, row: int, members: list[int]) -> Staffing:
    lead = choose_lead(case, row, members)
    others = [case.posts[column] for column in members if column != lead]
    n_police = sum(case.posts[column].police for column in members)
    return Staffing(
        (case.posts[lead], *others),
        case.posts[lead].role,
        case.posts[lead].post_id,
        n_police * int(case.length_min[row]),
    )
