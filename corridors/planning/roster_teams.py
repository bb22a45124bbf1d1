"""Teams one by one: who is free, who is a team, who leads; the greedy roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from corridors.planning.roster_case import RosterCase

__all__ = [
    "choose_lead",
    "could_be_team",
    "free_posts",
    "is_team",
    "police_minutes",
    "prune_teams",
    "staff_greedily",
]


def free_posts(case: RosterCase, chosen: NDArray[np.bool_], row: int) -> NDArray[np.bool_]:
    """Tell which posts could still join one patrol, given who is where.

    Parameters
    ----------
    case
        The roster.
    chosen
        ``(n_demands, n_posts)`` who is on which patrol; the row itself is not looked at for
        clashes, but its posts count towards their day and week.
    row
        The patrol.

    Returns
    -------
    ``(n_posts,)`` bool
    """
    busy = chosen[case.clash[row]].any(axis=0)
    day = case.day[row]
    has_time = chosen.sum(axis=0) + case.base_load < case.max_patrols
    on_day = chosen[case.day == day].sum(axis=0) + case.base_day[:, day]
    has_time &= on_day < case.max_patrols_day
    return case.joins[row] & ~busy & has_time & _may_visit(case, chosen, case.school[row])


def _may_visit(case: RosterCase, chosen: NDArray[np.bool_], school: np.int64) -> NDArray[np.bool_]:
    """Look only at posts that have a limit of schools: most have none."""
    may = np.ones(len(case.posts), dtype=np.bool_)
    for column in np.flatnonzero(case.max_schools < case.base_visits.shape[1]):
        visits = case.base_visits[column].copy()
        visits[case.school[chosen[:, column]]] = True
        may[column] = visits[school] or visits.sum() < case.max_schools[column]
    return may


def is_team(case: RosterCase, row: int, members: Sequence[int]) -> bool:
    """Tell whether these posts meet the mix of one patrol and may walk together."""
    roles = [case.posts[column].role for column in members]
    return case.mixes[row].is_met(roles) and case.bonds.allow(members)


def could_be_team(case: RosterCase, row: int, members: Sequence[int]) -> bool:
    """Tell whether a team may be among these posts: who walks beside whom is not looked at."""
    roles = [case.posts[column].role for column in members]
    return case.mixes[row].is_met(roles, any_police=True)


def choose_lead(case: RosterCase, row: int, members: Sequence[int]) -> int:
    """Choose who leads: the most suitable role, then the first post id."""
    leads = case.mixes[row].leads
    able = [column for column in members if case.posts[column].role in leads]
    return min(able, key=lambda column: (leads.index(case.posts[column].role), column))


def police_minutes(case: RosterCase, chosen: NDArray[np.bool_]) -> int:
    """Add up the minutes that police posts walk."""
    return int((chosen * case.length_min[:, None])[:, case.police].sum())


def staff_greedily(
    case: RosterCase,
    order: Iterable[int] | None = None,
    begun: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Staff patrols one after the other, most need first: the baseline and the solver's start.

    Parameters
    ----------
    case
        The roster.
    order
        Of the patrols.
    begun
        ``(n_demands, n_posts)`` teams that stay.

    Returns
    -------
    ``(n_demands, n_posts)`` bool
        Whole teams only; every hard rule is kept.
    """
    shape = (len(case.demands), len(case.posts))
    chosen = np.zeros(shape, dtype=np.bool_) if begun is None else begun.copy()
    rows = np.argsort(-case.value, kind="stable") if order is None else order
    n_open = case.joins.sum(axis=0)
    left_min = case.police_cap - case.base_police_min - police_minutes(case, chosen)
    for row in rows:
        if chosen[row].any():
            continue
        team = _find_team(case, chosen, int(row), n_open)
        spent_min = int(case.police[team].sum() * case.length_min[row])
        if spent_min <= left_min:
            left_min -= spent_min
            chosen[row, team] = True
    return chosen


def _find_team(
    case: RosterCase, chosen: NDArray[np.bool_], row: int, n_open: NDArray[np.int64]
) -> list[int]:
    """Gather the least wanted posts that are a team, or nobody.

    First among all; then, where the rules between posts spoil it, without those who must be paired,
    and without those who refuse anybody.
    """
    load = chosen.sum(axis=0) + case.base_load
    spare = (case.max_patrols - load) / np.maximum(n_open, 1)
    able = free_posts(case, chosen, row)
    unpaired = np.array([not sets for sets in case.bonds.mates], dtype=np.bool_)
    willing = ~(case.bonds.apart & able[None, :]).any(axis=1)
    tried: list[NDArray[np.bool_]] = []
    for subset in (able, able & unpaired, able & willing, able & unpaired & willing):
        if any((subset == one).all() for one in tried):
            continue
        tried.append(subset)
        now = np.flatnonzero(subset)
        order = np.lexsort((now, load[now], -np.round(spare[now], 6)))
        team = _team(case, row, [int(column) for column in now[order]])
        if team:
            return team
    return []


def _team(case: RosterCase, row: int, free: list[int]) -> list[int]:
    mix = case.mixes[row]
    team: list[int] = []

    def fits(column: int) -> bool:
        return column not in team and not case.bonds.apart[column, team].any()

    wants = [*mix.groups, frozenset(mix.leads)]
    # The scarcest want first; who meets most of the open wants is taken first.
    wants.sort(key=lambda want: sum(case.posts[column].role in want for column in free))
    for want in wants:
        present = {case.posts[column].role for column in team}
        if present & want:
            continue
        able = [c for c in free if fits(c) and case.posts[c].role in want]
        if not able:
            return []
        team.append(
            max(able, key=lambda c: sum(case.posts[c].role in w for w in wants if not w & present))
        )
    for column in free:
        if sum(case.posts[c].role in mix.counted for c in team) >= mix.min_posts:
            break
        if fits(column) and case.posts[column].role in mix.counted:
            team.append(column)
    _add_mates(case, team, free, fits)
    return team if is_team(case, row, team) else []


def _add_mates(
    case: RosterCase, team: list[int], free: Sequence[int], fits: Callable[[int], bool]
) -> None:
    """Bring those without whom a member does not walk, and those without whom they do not."""
    for column in team:  # grows while it is walked through
        for beside in case.bonds.mates[column]:
            if not beside[team].any():
                team += [c for c in free if beside[c] and fits(c)][:1]


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
