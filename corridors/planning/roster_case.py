"""One roster to be solved, as arrays: what greedy, solver and explanation share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from corridors.errors import BadInput, Problem
from corridors.planning.posts import can_join, conflict_pairs, mix_of, span_min

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Mix, Post
    from corridors.planning.week import PatrolDemand

__all__ = [
    "RosterCase",
    "choose_lead",
    "free_posts",
    "is_team",
    "make_case",
    "part_of",
    "prune_teams",
    "staff_greedily",
]

_WEIGHT_STEPS = 10_000  # need is compared to one ten-thousandth of the largest day's


@dataclass(frozen=True, slots=True, eq=False)
class RosterCase:
    """Demands (rows), posts (columns) and the rules between them."""

    demands: tuple[PatrolDemand, ...]
    posts: tuple[Post, ...]
    mixes: tuple[Mix, ...]
    """One for each demand."""
    joins: NDArray[np.bool_]
    """``(n_demands, n_posts)``: could be there, other patrols apart."""
    clash: NDArray[np.bool_]
    """``(n_demands, n_demands)``: nobody can walk both."""
    value: NDArray[np.int64]
    """``(n_demands,)`` need as whole steps, at least 1."""
    length_min: NDArray[np.int64]
    school: NDArray[np.int64]
    """``(n_demands,)`` number of the school."""
    least_posts: NDArray[np.int64]
    """``(n_demands,)`` size of the smallest team that meets the mix."""
    least_police: NDArray[np.int64]
    """``(n_demands,)`` fewest police posts of any team that does."""
    max_patrols: NDArray[np.int64]
    max_schools: NDArray[np.int64]
    """``(n_posts,)`` schools in one week; the number of schools where there is no limit."""
    police: NDArray[np.bool_]
    """``(n_posts,)``"""
    base_load: NDArray[np.int64]
    """``(n_posts,)`` patrols that a post walks outside this case, where it is part of a week."""
    base_visits: NDArray[np.bool_]
    """``(n_posts, n_schools)`` schools that it visits there."""


def make_case(
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
) -> RosterCase:
    """Put demands and posts in an order of their own, so that the order of input changes nothing.

    Raises
    ------
    BadInput
        A demand or post given twice, or an aim that is not known; all of them at once.
    """
    rows = tuple(sorted(demands, key=lambda demand: (demand.starts_at, demand.demand_id)))
    columns = tuple(sorted(posts, key=lambda post: post.post_id))
    _check(rows, columns, aims)
    mix_of_aim = {aim_id: mix_of(aims[aim_id], roles) for aim_id in {d.aim_id for d in rows}}
    least_of_aim = {
        aim_id: (mix.least_posts(), mix.least_police()) for aim_id, mix in mix_of_aim.items()
    }
    least = [least_of_aim[demand.aim_id] for demand in rows]
    weight = np.nan_to_num(np.array([demand.weight for demand in rows], dtype=np.float64))
    weight = np.maximum(weight, 0.0)
    largest = float(weight.max(initial=0.0)) or 1.0
    start, end = span_min(rows)
    names, school = np.unique([d.school_id for d in rows], return_inverse=True)
    return RosterCase(
        rows,
        columns,
        tuple(mix_of_aim[demand.aim_id] for demand in rows),
        can_join(rows, columns, mix_of_aim),
        conflict_pairs(rows, parameters.travel_min),
        np.maximum(np.rint(weight / largest * _WEIGHT_STEPS).astype(np.int64), 1),
        end - start,
        school.astype(np.int64),
        np.array([n_posts for n_posts, _ in least], dtype=np.int64),
        np.array([n_police for _, n_police in least], dtype=np.int64),
        np.array([post.max_patrols_week for post in columns], dtype=np.int64),
        np.array([_max_schools(p, parameters, len(names)) for p in columns], dtype=np.int64),
        np.array([post.police for post in columns], dtype=np.bool_),
        np.zeros(len(columns), dtype=np.int64),
        np.zeros((len(columns), len(names)), dtype=np.bool_),
    )


def _check(rows: Sequence[PatrolDemand], columns: Sequence[Post], aims: Mapping[str, Aim]) -> None:
    problems = []
    if len({demand.demand_id for demand in rows}) < len(rows):
        problems.append(Problem("demands", "A patrol is asked for twice.", "Ask for it once."))
    if len({post.post_id for post in columns}) < len(columns):
        problems.append(Problem("roster", "A post is listed twice.", "List each post once."))
    if not {demand.aim_id for demand in rows} <= set(aims):
        problems.append(Problem("demands", "An aim is not known.", "Use an aim of the aims file."))
    if problems:
        raise BadInput(problems)


def _max_schools(post: Post, parameters: Parameters, n_schools: int) -> int:
    """Limit the schools of one week.

    A school-linked officer has two. Another school-linked post keeps to the schools it is tied to,
    and to one where the roster names none: a face is familiar at one school.
    """
    if not post.school_linked:
        return n_schools
    limit = parameters.schools_per_officer if post.police else max(len(post.school_ids), 1)
    return n_schools if 0 < len(post.school_ids) <= limit else limit


def free_posts(case: RosterCase, chosen: NDArray[np.bool_], row: int) -> NDArray[np.bool_]:
    """Tell which posts could still join one patrol, given who is where.

    Parameters
    ----------
    case
        The roster.
    chosen
        ``(n_demands, n_posts)`` who is on which patrol; the row itself is not looked at for
        clashes, but its posts count towards their week.
    row
        The patrol.

    Returns
    -------
    ``(n_posts,)`` bool
    """
    busy = chosen[case.clash[row]].any(axis=0)
    has_time = chosen.sum(axis=0) + case.base_load < case.max_patrols
    return case.joins[row] & ~busy & has_time & _may_visit(case, chosen, case.school[row])


def _may_visit(case: RosterCase, chosen: NDArray[np.bool_], school: np.int64) -> NDArray[np.bool_]:
    """Look only at posts that have a limit of schools: most have none."""
    may = np.ones(len(case.posts), dtype=np.bool_)
    for column in np.flatnonzero(case.max_schools < case.base_visits.shape[1]):
        visits = case.base_visits[column].copy()
        visits[case.school[chosen[:, column]]] = True
        may[column] = visits[school] or visits.sum() < case.max_schools[column]
    return may


def part_of(case: RosterCase, chosen: NDArray[np.bool_], rows: NDArray[np.int64]) -> RosterCase:
    """Take some patrols out of a week, with all others staying as they are chosen."""
    others = np.ones(len(case.demands), dtype=np.bool_)
    others[rows] = False
    kept = chosen & others[:, None]
    visits = case.base_visits.copy()
    at_row, at_column = np.nonzero(kept)
    visits[at_column, case.school[at_row]] = True
    busy = (case.clash[rows].astype(np.int64) @ kept.astype(np.int64)) > 0
    return replace(
        case,
        demands=tuple(case.demands[row] for row in rows),
        mixes=tuple(case.mixes[row] for row in rows),
        joins=case.joins[rows] & ~busy,
        clash=case.clash[np.ix_(rows, rows)],
        value=case.value[rows],
        length_min=case.length_min[rows],
        school=case.school[rows],
        least_posts=case.least_posts[rows],
        least_police=case.least_police[rows],
        base_load=case.base_load + kept.sum(axis=0),
        base_visits=visits,
    )


def is_team(
    case: RosterCase, row: int, members: Sequence[int], *, any_police: bool = False
) -> bool:
    """Tell whether these posts meet the mix of one patrol.

    With `any_police` the most police posts are not looked at: whether a team is among them.
    """
    return case.mixes[row].is_met(
        [case.posts[column].role for column in members], any_police=any_police
    )


def choose_lead(case: RosterCase, row: int, members: Sequence[int]) -> int:
    """Choose who leads: the most suitable role, then the first post id."""
    leads = case.mixes[row].leads
    able = [column for column in members if case.posts[column].role in leads]
    return min(able, key=lambda column: (leads.index(case.posts[column].role), column))


def staff_greedily(case: RosterCase, order: Iterable[int] | None = None) -> NDArray[np.bool_]:
    """Staff patrols one after the other, most need first: the baseline and the solver's start.

    Returns
    -------
    ``(n_demands, n_posts)`` bool
        Whole teams only; every hard rule is kept.
    """
    chosen = np.zeros((len(case.demands), len(case.posts)), dtype=np.bool_)
    rows = np.argsort(-case.value, kind="stable") if order is None else order
    n_open = case.joins.sum(axis=0)
    for row in rows:
        team = _team(case, chosen, int(row), n_open)
        chosen[row, team] = True
    return chosen


def _team(
    case: RosterCase, chosen: NDArray[np.bool_], row: int, n_open: NDArray[np.int64]
) -> list[int]:
    """Gather the least wanted posts that meet the mix, or nobody."""
    mix = case.mixes[row]
    load = chosen.sum(axis=0) + case.base_load
    spare = (case.max_patrols - load) / np.maximum(n_open, 1)
    able_now = np.flatnonzero(free_posts(case, chosen, row))
    order = np.lexsort((able_now, load[able_now], -np.round(spare[able_now], 6)))
    free = [int(column) for column in able_now[order]]
    team: list[int] = []
    wants = [*mix.groups, frozenset(mix.leads)]
    # The scarcest want first; who meets most of the open wants is taken first.
    wants.sort(key=lambda want: sum(case.posts[column].role in want for column in free))
    for want in wants:
        present = {case.posts[column].role for column in team}
        if present & want:
            continue
        able = [c for c in free if c not in team and case.posts[c].role in want]
        if not able:
            return []
        team.append(
            max(able, key=lambda c: sum(case.posts[c].role in w for w in wants if not w & present))
        )
    for column in free:
        if sum(case.posts[c].role in mix.counted for c in team) >= mix.min_posts:
            break
        if column not in team and case.posts[column].role in mix.counted:
            team.append(column)
    return team if is_team(case, row, team) else []


def prune_teams(case: RosterCase, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take posts off patrols that do not need them, police first, then the busiest."""
    lean = chosen.copy()
    for row in np.flatnonzero(chosen.any(axis=1)):
        load = lean.sum(axis=0)
        members = [int(column) for column in np.flatnonzero(lean[row])]
        for column in sorted(members, key=lambda c: (not case.police[c], -load[c], c)):
            rest = [c for c in members if c != column]
            if is_team(case, int(row), rest):
                members = rest
                lean[row, column] = False
    return lean
