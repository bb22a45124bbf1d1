"""Who walks which patrol: most need, then least police, then fair. Whole teams or none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.plan_parts import (
    RosterStage,
)
from corridors.planning.roster_blocks import solve_in_blocks
from corridors.planning.roster_case import make_case
from corridors.planning.roster_clash import find_clash
from corridors.planning.roster_clash_rules import Allowance
from corridors.planning.roster_cover import find_cover
from corridors.planning.roster_measures import STAGE_WORDS
from corridors.planning.roster_missing import explain_missing
from corridors.planning.roster_model import clash_cliques
from corridors.planning.roster_stages import solve_roster
from corridors.planning.roster_teams import choose_lead, staff_greedily

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from corridors.domain.area import Absence
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import (
        Aim,
        Role,
    )
    from corridors.domain.plan_parts import (
        Cover,
    )
    from corridors.planning.posts import Post
    from corridors.planning.roster_case import RosterCase
    from corridors.planning.roster_last import LastRoster
    from corridors.planning.roster_measures import Stage
    from corridors.planning.roster_missing import Shortfall
    from corridors.planning.roster_rules import TeamRules
    from corridors.planning.week import PatrolDemand

__all__ = ["RosterResult", "Staffing", "greedy_roster", "solve_case", "staff_patrols"]

_MOST_PAIRS_AT_ONCE = 8_000
"""Pairs of patrol and post up to which the week is solved whole: measured, see benchmarks."""
_CLASH_SHARE = 0.2
"""Work that explaining what clashes may take, in parts of the work of solving."""


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
    """In order, by the names of `corridors.planning.roster_measures.STAGE_WORDS`."""
    need_total: float
    need_covered: float
    cover: Mapping[str, tuple[Cover, ...]] = field(default_factory=dict)
    """By demand id: who steps in for each post, and what falls away without."""
    police_cap_min: int | None = None
    """Police minutes at most, where a person has chosen so."""

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
        open_stages = [stage for stage in self.stages if not stage.is_optimal]
        gaps = ", ".join(f"{STAGE_WORDS[s.name]} (gap {s.gap:.1%})" for s in open_stages)
        return (f"The roster keeps every rule; not proven best in: {gaps}.",)

    @property
    def roster_stages(self) -> tuple[RosterStage, ...]:
        """Give the stages as the plan holds them, the need in its own unit."""
        return tuple(
            RosterStage(
                stage.name,
                self.need_covered if stage.name == "need" else float(stage.value),
                stage.is_optimal,
                stage.gap,
            )
            for stage in self.stages
        )


def staff_patrols(  # noqa: PLR0913 -- each is one fact of one week
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    seed: int | None = None,
    *,
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
    last: LastRoster | None = None,
    travel: Mapping[tuple[str, str], float] | None = None,
    police_cap_min: int | None = None,
    is_replan: bool = False,
) -> RosterResult:
    """Staff a week's patrols.

    Hard: availability and absences, school ties, refusals and pairings, no overlap with the way
    between corridors, rest between days, most patrols a day and a week, schools of a school-linked
    post, the aim's mix and lead, police only where the aim needs them and never in place of
    another role. In this order: cover the most need; fewest police minutes; fewest posts; patrols
    spread most evenly over posts (least sum of squares); least travel between patrols of one day;
    fewest second patrols of a day; most posts on corridors that they walked last week.

    Parameters
    ----------
    demands
        Patrols asked for, of one week.
    posts
        From `corridors.planning.posts.posts_from_table`.
    aims, roles
        By id.
    parameters
        ``travel_min``, ``walk_m_per_s``, ``rest_h``, ``max_patrols_day``, ``schools_per_officer``
        and ``solver_work`` are used.
    seed
        ``parameters.seed`` if None.
    rules
        The area's refusals and pairings.
    absences
        Posts that are away; of posts that are not on the roster they change nothing.
    last
        The roster of the last plan.
    travel
        Metres from one corridor to another by their two ids; ``travel_min`` where not given.
    police_cap_min
        Police minutes of the week at most, where a person has chosen so.
    is_replan
        Keep the last plan's staffing of the same patrols before spreading them evenly.

    Returns
    -------
    RosterResult
        The same for the same input, whatever its order. A patrol is staffed whole or is unmet.

    Raises
    ------
    BadInput
        A demand or post given twice, an aim that is not known or that no team can ever meet, a
        rule that means nobody, or rules that contradict each other.
    """
    case = make_case(
        demands,
        posts,
        aims,
        roles,
        parameters,
        rules=rules,
        absences=absences,
        last=last,
        travel=travel,
        police_cap=police_cap_min,
        is_replan=is_replan,
    )
    used_seed, work = parameters.seed if seed is None else seed, parameters.solver_work
    chosen, stages = solve_case(case, used_seed, work)
    # What is not proven may be possible after all: then only patrols without any team are told.
    share = _CLASH_SHARE if stages[0].is_optimal else 0.0
    result = _result(case, chosen, stages, roles, Allowance(used_seed, share * work))
    return replace(result, police_cap_min=police_cap_min)


def solve_case(
    case: RosterCase, seed: int, work: float
) -> tuple[NDArray[np.bool_], tuple[Stage, ...]]:
    """Solve a week whole, or in blocks where it is too large."""
    cliques = clash_cliques(case.clash, _starts(case))
    solve = solve_roster if int(case.joins.sum()) <= _MOST_PAIRS_AT_ONCE else solve_in_blocks
    return solve(case, staff_greedily(case), seed, work, cliques)


def greedy_roster(
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    *,
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
    travel: Mapping[tuple[str, str], float] | None = None,
) -> RosterResult:
    """Staff patrols one after the other, most need first: a baseline that keeps every rule."""
    case = make_case(
        demands, posts, aims, roles, parameters, rules=rules, absences=absences, travel=travel
    )
    return _result(case, staff_greedily(case), (), roles, None)


def _result(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    stages: tuple[Stage, ...],
    roles: Mapping[str, Role],
    allowance: Allowance | None,
) -> RosterResult:
    """Describe a roster; without work allowed neither clashes nor stand-ins are looked for."""
    staffed, unmet = {}, {}
    for row, demand in enumerate(case.demands):
        members = [int(column) for column in np.flatnonzero(chosen[row])]
        if members:
            staffed[demand.demand_id] = _staffing(case, row, members)
        else:
            unmet[demand.demand_id] = explain_missing(case, chosen, row, roles)
    if allowance is not None:
        unmet = _with_clashes(case, chosen, roles, unmet, allowance)
    covered = chosen.any(axis=1)
    weight = np.nan_to_num(np.array([d.weight for d in case.demands], dtype=np.float64))
    return RosterResult(
        staffed,
        unmet,
        stages,
        float(weight.sum()),
        float(weight[covered].sum()),
        {} if allowance is None else find_cover(case, chosen, roles),
    )


def _with_clashes(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    roles: Mapping[str, Role],
    unmet: Mapping[str, Shortfall],
    allowance: Allowance,
) -> dict[str, Shortfall]:
    """Say what clashes, most need first, as far as the work allowed goes."""
    told = dict(unmet)
    cliques = clash_cliques(case.clash, _starts(case))
    covered = set(np.nonzero(chosen)[0].tolist())
    for row in np.argsort(-case.value, kind="stable"):
        if int(row) in covered:
            continue
        clash = find_clash(case, chosen, int(row), roles, cliques, allowance)
        if clash is not None:
            demand_id = case.demands[row].demand_id
            told[demand_id] = replace(
                told[demand_id], clash=clash.words, clash_patrols=clash.demand_ids
            )
    return told


def _starts(case: RosterCase) -> NDArray[np.float64]:
    return np.array([demand.starts_at.timestamp() for demand in case.demands], dtype=np.float64)


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
