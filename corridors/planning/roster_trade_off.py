"""Need covered against police minutes: every choice that is not simply worse, for a person."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from corridors.domain.plan_parts import (
    TradeOff,
)
from corridors.planning.roster_blocks import solve_in_blocks
from corridors.planning.roster_case import make_case
from corridors.planning.roster_measures import measure
from corridors.planning.roster_model import RosterModel, clash_cliques, new_solver
from corridors.planning.roster_teams import police_minutes, prune_teams, staff_greedily

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.area import Absence
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Post
    from corridors.planning.roster import RosterResult
    from corridors.planning.roster_case import RosterCase
    from corridors.planning.roster_rules import TeamRules
    from corridors.planning.week import PatrolDemand

__all__ = ["trade_off"]

_MOST_PAIRS = 5_000
"""Pairs of patrol and post up to which every choice is solved; beyond, a few are looked at."""
_FEW_SHARES = (0.75, 0.5, 0.25, 0.0)
_FEW_WORK = 0.1
_SHARE = 0.35
"""Of the work of the roster that the whole curve takes."""
_LEAST_WORK = 0.03
"""Deterministic seconds of one choice at least, where many share the work allowed."""


def trade_off(  # noqa: PLR0913 -- each is one fact of one week
    result: RosterResult,
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    seed: int | None = None,
    *,
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
    travel: Mapping[tuple[str, str], float] | None = None,
) -> tuple[TradeOff, ...]:
    """Draw the curve of need covered against police minutes.

    The most need is sought for every limit of police minutes that changes anything (the
    epsilon-constraint method): from the most need of all down to no police. Of a large week a few
    limits are looked at, by the same method as its roster.

    Parameters
    ----------
    result
        The roster of the plan, from `corridors.planning.roster.staff_patrols`.
    demands, posts, aims, roles, parameters, seed, rules, absences, travel
        As given to it.

    Returns
    -------
    tuple of TradeOff
        By police minutes: each has more need than those before. `is_chosen` marks the plan's;
        `is_optimal` says whether it is proven that so few police minutes cover no more need.

    Raises
    ------
    BadInput
        As `corridors.planning.roster.staff_patrols` does.
    """
    case = make_case(
        demands, posts, aims, roles, parameters, rules=rules, absences=absences, travel=travel
    )
    chosen = _chosen(case, result)
    is_proven = all(s.is_optimal for s in result.stages if s.name in {"need", "police_min"})
    if result.police_cap_min is not None:
        is_proven = False
    starts = np.array([demand.starts_at.timestamp() for demand in case.demands])
    cliques = clash_cliques(case.clash, starts)
    used_seed = parameters.seed if seed is None else seed
    found = [(chosen, is_proven)]
    if int(case.joins.sum()) <= _MOST_PAIRS:
        top = found if result.police_cap_min is None else []
        found += _every_choice(case, top, used_seed, parameters.solver_work, cliques)
    else:
        found += _few_choices(case, chosen, used_seed, parameters.solver_work, cliques)
    return _curve(case, found)


def _chosen(case: RosterCase, result: RosterResult) -> NDArray[np.bool_]:
    column = {post.post_id: number for number, post in enumerate(case.posts)}
    chosen = np.zeros_like(case.joins)
    for row, demand in enumerate(case.demands):
        if demand.demand_id in result.staffed:
            team = result.staffed[demand.demand_id].posts
            chosen[row, [column[post.post_id] for post in team]] = True
    return chosen


def _every_choice(
    case: RosterCase,
    top: Sequence[tuple[NDArray[np.bool_], bool]],
    seed: int,
    work: float,
    cliques: Sequence[Sequence[int]],
) -> list[tuple[NDArray[np.bool_], bool]]:
    """Take a patrol's police off the limit, time and again, and cover the most need there is."""
    step_min = math.gcd(*(int(n) for n in case.length_min)) or 1
    rules = RosterModel(case, cliques)
    need = [int(case.value[row]) * variable for row, variable in rules.covered.items()]
    police = rules.police_terms()
    if not need or not police:
        return []
    rules.model.maximize(cp_model.LinearExpr.sum(need))
    all_police_min = int((case.joins * case.length_min[:, None])[:, case.police].sum())
    found: list[tuple[NDArray[np.bool_], bool]] = []
    cap = all_police_min if not top else police_minutes(case, top[0][0]) - step_min
    each = max(_SHARE * work / (cap // max(step_min, 1) + 2), _LEAST_WORK)
    while cap >= 0:
        # The limit only ever falls, so that the last one is the one that counts.
        rules.model.add(cp_model.LinearExpr.sum(police) <= cap)
        start = staff_greedily(replace(case, police_cap=cap))
        if found:
            known = _without_police(case, found[-1][0], cap)
            start = max((known, start), key=lambda one: measure(case, one)["need"])
        rules.hint(start)
        solver = new_solver(seed, each)
        status = solver.solve(rules.model)
        is_proven = status == cp_model.OPTIMAL
        roster = rules.read(solver) if status in {cp_model.OPTIMAL, cp_model.FEASIBLE} else start
        # Police who are not needed go; a limit below that loses no need shows up the next time.
        roster = prune_teams(case, roster)
        found.append((roster, is_proven))
        cap = min(police_minutes(case, roster), cap) - step_min
    return found


def _without_police(case: RosterCase, chosen: NDArray[np.bool_], cap: int) -> NDArray[np.bool_]:
    """Give up patrols with police, least need for their minutes first, until the limit holds."""
    left = chosen.copy()
    spent = (chosen & case.police[None, :]).sum(axis=1) * case.length_min
    worth = np.where(spent > 0, case.value / np.maximum(spent, 1), np.inf)
    for row in np.argsort(worth, kind="stable"):
        if police_minutes(case, left) <= cap:
            break
        if spent[row]:
            left[row] = False
    return left


def _few_choices(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    seed: int,
    work: float,
    cliques: Sequence[Sequence[int]],
) -> list[tuple[NDArray[np.bool_], bool]]:
    found = []
    most_min = police_minutes(case, chosen)
    for share in _FEW_SHARES if most_min else ():
        part = replace(case, police_cap=int(share * most_min))
        begun = _without_police(part, chosen, part.police_cap)
        start = staff_greedily(part, begun=begun)
        roster, _ = solve_in_blocks(part, start, seed, work * _FEW_WORK, cliques)
        found.append((roster, False))
    return found


def _curve(
    case: RosterCase, found: Sequence[tuple[NDArray[np.bool_], bool]]
) -> tuple[TradeOff, ...]:
    """Keep what is not simply worse; the plan's own, which comes first, in any case."""
    weight = np.nan_to_num(np.array([d.weight for d in case.demands], dtype=np.float64))
    points: list[tuple[int, int, TradeOff]] = []
    for number, (roster, is_proven) in enumerate(found):
        covered = sorted({int(row) for row in np.nonzero(roster)[0]})
        minutes = police_minutes(case, roster)
        point = TradeOff(
            police_min=minutes,
            need_covered=float(weight[covered].sum()),
            n_patrols=len(covered),
            is_chosen=number == 0,
            is_optimal=is_proven,
        )
        points.append((minutes, -int(case.value[covered].sum()), point))
    kept: list[TradeOff] = []
    best = 1
    proven = {point[:2] for point in points if point[2].is_optimal}
    points.sort(key=lambda one: (one[0], one[1], not one[2].is_chosen))
    for minutes, less, point in points:
        if less < best or point.is_chosen:
            best = min(best, less)
            kept.append(replace(point, is_optimal=(minutes, less) in proven))
    return tuple(kept)
