"""One roster to be solved, as arrays: what greedy, solver and explanation share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from corridors.errors import BadInput, Problem
from corridors.planning.posts import can_join, mix_of
from corridors.planning.roster_rules import bind_rules, narrow_joins
from corridors.planning.roster_times import DAY_MIN, conflict_pairs, span_min, way_min

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.area import Absence
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Role
    from corridors.planning.posts import Mix, Post
    from corridors.planning.roster_last import LastRoster
    from corridors.planning.roster_rules import Bonds, TeamRules
    from corridors.planning.week import PatrolDemand

__all__ = ["NO_CAP", "RosterCase", "make_case", "only_rows", "part_of"]

_WEIGHT_STEPS = 10_000  # need is compared to one ten-thousandth of the largest day's
NO_CAP = 2**40
"""Police minutes of a week without a limit."""


@dataclass(frozen=True, slots=True, eq=False)
class RosterCase:
    """Demands (rows), posts (columns) and the rules between them."""

    demands: tuple[PatrolDemand, ...]
    posts: tuple[Post, ...]
    mixes: tuple[Mix, ...]
    """One for each demand."""
    able: NDArray[np.bool_]
    """``(n_demands, n_posts)``: could be there, other patrols and other posts apart."""
    joins: NDArray[np.bool_]
    """``(n_demands, n_posts)``: of these, who is left by the rules between posts."""
    bonds: Bonds
    clash: NDArray[np.bool_]
    """``(n_demands, n_demands)``: nobody can walk both."""
    way_min: NDArray[np.int64]
    """``(n_demands, n_demands)`` minutes of the way from the end of one to the start of another."""
    value: NDArray[np.int64]
    """``(n_demands,)`` need as whole steps, at least 1."""
    length_min: NDArray[np.int64]
    school: NDArray[np.int64]
    """``(n_demands,)`` number of the school."""
    day: NDArray[np.int64]
    """``(n_demands,)`` number of the date."""
    least_posts: NDArray[np.int64]
    """``(n_demands,)`` size of the smallest team that meets the mix."""
    least_police: NDArray[np.int64]
    """``(n_demands,)`` fewest police posts of any team that does."""
    max_patrols: NDArray[np.int64]
    max_patrols_day: int
    max_schools: NDArray[np.int64]
    """``(n_posts,)`` schools in one week; the number of schools where there is no limit."""
    police: NDArray[np.bool_]
    """``(n_posts,)``"""
    police_cap: int
    """Police minutes of the whole week at most."""
    base_police_min: int
    """Police minutes outside this case, where it is part of a week. Likewise below."""
    base_load: NDArray[np.int64]
    """``(n_posts,)`` patrols that a post walks there."""
    base_visits: NDArray[np.bool_]
    """``(n_posts, n_schools)`` schools that it visits there."""
    base_day: NDArray[np.int64]
    """``(n_posts, n_days)`` patrols that it walks there on each date."""
    was_walked: NDArray[np.bool_]
    """``(n_demands,)`` whether the patrol was in the last plan; nowhere without one."""
    before: NDArray[np.bool_]
    """``(n_demands, n_posts)`` who was on it then."""
    knows: NDArray[np.bool_]
    """``(n_demands, n_posts)`` who walked its corridor in the last plan."""
    has_last: bool
    is_replan: bool
    """Whether the last plan's staffing is kept before the roster is made fair."""


def make_case(  # noqa: PLR0913 -- each is one fact of one week
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    *,
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
    last: LastRoster | None = None,
    travel: Mapping[tuple[str, str], float] | None = None,
    police_cap: int | None = None,
    is_replan: bool = False,
) -> RosterCase:
    """Put demands and posts in an order of their own, so that the order of input changes nothing.

    Raises
    ------
    BadInput
        A demand or post given twice, an aim that is not known or that nobody can ever walk, or a
        rule that means nobody or contradicts another; all of one kind at once.
    """
    rows = tuple(sorted(demands, key=lambda demand: (demand.starts_at, demand.demand_id)))
    columns = tuple(sorted(posts, key=lambda post: post.post_id))
    mix_of_aim = _checked_mixes(rows, columns, aims, roles)
    least_of_aim = {
        aim_id: (mix.least_posts(), mix.least_police()) for aim_id, mix in mix_of_aim.items()
    }
    mixes = tuple(mix_of_aim[demand.aim_id] for demand in rows)
    least = np.array([least_of_aim[d.aim_id] for d in rows], dtype=np.int64).reshape(-1, 2)
    start, end = span_min(rows)
    way = way_min(rows, parameters, travel)
    school_names, school = np.unique([d.school_id for d in rows], return_inverse=True)
    days, day = np.unique(start // DAY_MIN, return_inverse=True)
    bonds = bind_rules(columns, roles, rules)
    able = can_join(rows, columns, mix_of_aim, absences)
    police = np.array([post.police for post in columns], dtype=np.bool_)
    was_walked, before, knows = _of_last(last, rows, columns)
    return RosterCase(
        demands=rows,
        posts=columns,
        mixes=mixes,
        able=able,
        joins=narrow_joins(able, _wants(mixes, columns), bonds, least[:, 1], police),
        bonds=bonds,
        clash=conflict_pairs(rows, way, round(parameters.rest_h * 60)),
        way_min=way,
        value=_steps(rows),
        length_min=end - start,
        school=school.astype(np.int64),
        day=day.astype(np.int64),
        least_posts=least[:, 0],
        least_police=least[:, 1],
        max_patrols=np.array([post.max_patrols_week for post in columns], dtype=np.int64),
        max_patrols_day=parameters.max_patrols_day,
        max_schools=_max_schools(columns, parameters, len(school_names)),
        police=police,
        police_cap=NO_CAP if police_cap is None else police_cap,
        base_police_min=0,
        base_load=np.zeros(len(columns), dtype=np.int64),
        base_visits=np.zeros((len(columns), len(school_names)), dtype=np.bool_),
        base_day=np.zeros((len(columns), len(days)), dtype=np.int64),
        was_walked=was_walked,
        before=before,
        knows=knows,
        has_last=last is not None,
        is_replan=is_replan and last is not None,
    )


def _of_last(
    last: LastRoster | None, rows: Sequence[PatrolDemand], columns: Sequence[Post]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Give which patrols were in the last plan, who was on them, and who knows the corridor."""
    if last is None:
        nobody = np.zeros((len(rows), len(columns)), np.bool_)
        return np.zeros(len(rows), np.bool_), nobody, nobody
    return *last.before(rows, columns), last.knows(rows, columns)


def _steps(rows: Sequence[PatrolDemand]) -> NDArray[np.int64]:
    weight = np.nan_to_num(np.array([demand.weight for demand in rows], dtype=np.float64))
    weight = np.maximum(weight, 0.0)
    largest = float(weight.max(initial=0.0)) or 1.0
    return np.maximum(np.rint(weight / largest * _WEIGHT_STEPS).astype(np.int64), 1)


def _wants(mixes: Sequence[Mix], columns: Sequence[Post]) -> list[list[NDArray[np.bool_]]]:
    """Give, for each patrol, the sets of posts one of each of which must be there."""
    held = {
        roles: np.array([post.role in roles for post in columns], dtype=np.bool_)
        for mix in mixes
        for roles in (*mix.groups, frozenset(mix.leads))
    }
    return [[held[roles] for roles in (*mix.groups, frozenset(mix.leads))] for mix in mixes]


def _checked_mixes(
    rows: Sequence[PatrolDemand],
    columns: Sequence[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
) -> dict[str, Mix]:
    problems = []
    if len({demand.demand_id for demand in rows}) < len(rows):
        problems.append(Problem("demands", "A patrol is asked for twice.", "Ask for it once."))
    if len({post.post_id for post in columns}) < len(columns):
        problems.append(Problem("roster", "A post is listed twice.", "List each post once."))
    asked = sorted({demand.aim_id for demand in rows})
    if not set(asked) <= set(aims):
        problems.append(Problem("demands", "An aim is not known.", "Use an aim of the aims file."))
    mixes = {aim_id: mix_of(aims[aim_id], roles) for aim_id in asked if aim_id in aims}
    for aim_id, mix in mixes.items():
        if not mix.leads:
            what, key = "No role may lead a patrol of this aim.", "lead_roles"
        elif not all(mix.groups):
            what, key = "A group of needed roles is empty, or its police are not wanted.", "needed"
        elif not mix.least_posts():
            what, key = "No team of its roles can ever meet it.", "needed"
        else:
            continue
        problems.append(
            Problem(
                f"aims.{aim_id}.{key}",
                what,
                "Name roles that may walk, one of which may lead; police only where police = "
                '"needed".',
            )
        )
    if problems:
        raise BadInput(problems)
    return mixes


def _max_schools(
    columns: Sequence[Post], parameters: Parameters, n_schools: int
) -> NDArray[np.int64]:
    limits = [_school_limit(post, parameters, n_schools) for post in columns]
    return np.array(limits, dtype=np.int64)


def _school_limit(post: Post, parameters: Parameters, n_schools: int) -> int:
    """Limit the schools of one week.

    A school-linked officer has two. Another school-linked post keeps to the schools it is tied to,
    and to one where the roster names none: a face is familiar at one school.
    """
    if not post.school_linked:
        return n_schools
    limit = parameters.schools_per_officer if post.police else max(len(post.school_ids), 1)
    return n_schools if 0 < len(post.school_ids) <= limit else limit


def part_of(case: RosterCase, chosen: NDArray[np.bool_], rows: NDArray[np.int64]) -> RosterCase:
    """Take some patrols out of a week, with all others staying as they are chosen."""
    others = np.ones(len(case.demands), dtype=np.bool_)
    others[rows] = False
    kept = chosen & others[:, None]
    visits, by_day = case.base_visits.copy(), case.base_day.copy()
    at_row, at_column = np.nonzero(kept)
    visits[at_column, case.school[at_row]] = True
    np.add.at(by_day, (at_column, case.day[at_row]), 1)
    busy = (case.clash[rows].astype(np.int64) @ kept.astype(np.int64)) > 0
    police_min = int((kept * case.length_min[:, None])[:, case.police].sum())
    return replace(
        case,
        demands=tuple(case.demands[row] for row in rows),
        mixes=tuple(case.mixes[row] for row in rows),
        able=case.able[rows] & ~busy,
        joins=case.joins[rows] & ~busy,
        clash=case.clash[np.ix_(rows, rows)],
        way_min=case.way_min[np.ix_(rows, rows)],
        value=case.value[rows],
        length_min=case.length_min[rows],
        school=case.school[rows],
        day=case.day[rows],
        least_posts=case.least_posts[rows],
        least_police=case.least_police[rows],
        base_police_min=case.base_police_min + police_min,
        base_load=case.base_load + kept.sum(axis=0),
        base_visits=visits,
        base_day=by_day,
        was_walked=case.was_walked[rows],
        before=case.before[rows],
        knows=case.knows[rows],
    )


def only_rows(case: RosterCase, rows: NDArray[np.int64]) -> RosterCase:
    """Take some patrols out of a week as if no other were walked."""
    return part_of(case, np.zeros_like(case.joins), rows)
