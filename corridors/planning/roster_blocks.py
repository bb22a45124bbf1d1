"""A large roster: a bound and an order from the linear relaxation, then block by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from corridors.planning.roster_case import NO_CAP, part_of
from corridors.planning.roster_measures import Stage, least_of_stages, measure, stage_names
from corridors.planning.roster_stages import improve_need
from corridors.planning.roster_teams import (
    could_be_team,
    free_posts,
    is_team,
    prune_teams,
    staff_greedily,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from corridors.planning.roster_case import RosterCase

__all__ = ["relax_roster", "solve_in_blocks"]

_BLOCK_PATROLS = 25
_BLOCK_WORK = 0.05
"""Deterministic seconds that one block may take."""
_BLOCKS_PER_WORK = 3


def solve_in_blocks(
    case: RosterCase,
    start: NDArray[np.bool_],
    seed: int,
    work: float,
    cliques: Sequence[Sequence[int]],
) -> tuple[NDArray[np.bool_], tuple[Stage, ...]]:
    """Improve a roster that is too large to be solved whole.

    The linear relaxation bounds the need and tells which patrols are worth most of what the roster
    has; they are staffed in that order. Then, time and again, a patrol that is not covered is
    drawn, and it and those that use the posts it lacks are solved anew with all others as they are.

    Parameters
    ----------
    case, start, seed, work, cliques
        As for `corridors.planning.roster_model.solve_roster`.

    Returns
    -------
    chosen : ``(n_demands, n_posts)`` bool
    stages : tuple of Stage
        The need is bounded by the relaxation, the others by what the covered patrols need at least.
        When replanning, the last plan's teams that are still valid are where it starts.
    """
    bound, share = relax_roster(case, cliques)
    order = np.argsort(-case.value * share, kind="stable")
    if case.is_replan:
        # What the last plan had stays where it can: nothing else would keep a large week alike.
        chosen = prune_teams(case, staff_greedily(case, order, _still_valid(case)))
    else:
        guided = prune_teams(case, staff_greedily(case, order))
        chosen = max(
            (prune_teams(case, start), guided), key=lambda roster: measure(case, roster)["need"]
        )
    generator = np.random.default_rng(seed)
    for _ in range(math.ceil(work * _BLOCKS_PER_WORK)):
        rows = _draw_block(case, chosen, share, generator)
        if rows is None:
            break
        part = part_of(case, chosen, rows)
        number = {int(row): place for place, row in enumerate(rows)}
        inside = [[number[row] for row in clique if row in number] for clique in cliques]
        found = improve_need(part, chosen[rows], seed, _BLOCK_WORK, inside)
        chosen = chosen.copy()
        chosen[rows] = found
    value, least = measure(case, chosen), least_of_stages(case, chosen)
    return chosen, (
        Stage("need", value["need"], max(bound, value["need"])),
        *(Stage(name, value[name], least[name]) for name in stage_names(case) if name != "need"),
    )


def _still_valid(case: RosterCase) -> NDArray[np.bool_]:
    """Keep the teams of the last plan that are still whole and keep every rule, one by one."""
    chosen = np.zeros_like(case.before)
    left_min = case.police_cap
    for row in map(int, np.flatnonzero(case.was_walked)):
        team = [int(column) for column in np.flatnonzero(case.before[row])]
        if not free_posts(case, chosen, row)[team].all() or not is_team(case, row, team):
            continue
        spent_min = int(case.police[team].sum() * case.length_min[row])
        if spent_min <= left_min:
            left_min -= spent_min
            chosen[row, team] = True
    return chosen


def _draw_block(
    case: RosterCase,
    chosen: NDArray[np.bool_],
    share: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.int64] | None:
    """Draw an uncovered patrol by what it is worth, with the patrols that use its posts most."""
    covered = chosen.any(axis=1)
    worth = np.where(covered, 0.0, case.value * share)
    if worth.sum() <= 0:
        return None
    centre = int(generator.choice(worth.size, p=worth / worth.sum()))
    rank = chosen[:, case.joins[centre]].sum(axis=1) + 1.5 * share * ~covered
    rank = rank + generator.random(rank.size)
    rank[centre] = np.inf
    return np.sort(np.argsort(-rank, kind="stable")[:_BLOCK_PATROLS])


def relax_roster(
    case: RosterCase, cliques: Sequence[Sequence[int]]
) -> tuple[int, NDArray[np.float64]]:
    """Solve the roster with parts of patrols and parts of posts allowed.

    Returns
    -------
    bound : int
        No roster covers more steps of need.
    share : ``(n_demands,)``
        How much of each patrol the relaxation covers.
    """
    columns = [np.flatnonzero(joins) for joins in case.joins]
    rows = [row for row, able in enumerate(columns) if _has_team(case, row, able)]
    share = np.zeros(len(case.demands))
    if not rows:
        return 0, share
    at_row = np.concatenate([np.full(columns[row].size, row) for row in rows])
    at_column = np.concatenate([columns[row] for row in rows])
    matrix, limit = _rules(case, rows, at_row, at_column, cliques)
    cost = np.concatenate([np.zeros(at_row.size), -case.value[rows].astype(np.float64)])
    solution = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrix
        cost, A_ub=matrix, b_ub=limit, bounds=(0, 1), method="highs-ds"
    )
    total = int(case.value[rows].sum())
    if solution.status != 0:
        share[rows] = 1.0
        return total, share
    share[rows] = np.round(solution.x[at_row.size :], 6)
    return min(int(np.floor(-solution.fun * (1 + 1e-9) + 1e-6)), total), share


def _rules(
    case: RosterCase,
    rows: Sequence[int],
    at_row: NDArray[np.int64],
    at_column: NDArray[np.int64],
    cliques: Sequence[Sequence[int]],
) -> tuple[csr_array, NDArray[np.float64]]:
    """Write mixes, clashes and full weeks as ``matrix @ (pairs, covers) <= limit``."""
    n_pairs, n_rows = at_row.size, len(rows)
    role = np.array([post.role for post in case.posts])
    at_role = role[at_column]
    place = np.full(len(case.demands), -1)
    place[rows] = np.arange(n_rows)
    at_place = place[at_row]
    blocks: list[csr_array] = []
    limits: list[NDArray[np.float64]] = []

    def add(line: NDArray[np.int64], pair: NDArray[np.int64], sign: int, at_most: float) -> None:
        _, line = np.unique(line, return_inverse=True)
        n_lines = int(line.max(initial=-1)) + 1
        ones = np.full(pair.size, float(sign))
        blocks.append(csr_array((ones, (line, pair)), shape=(n_lines, n_pairs + n_rows)))
        limits.append(np.full(n_lines, at_most))

    def at_least(wanted: list[tuple[Collection[str], int]]) -> None:
        """For each row in order: that many posts of these roles where it is covered."""
        inside = np.array(
            [r in wanted[p][0] for r, p in zip(at_role, at_place, strict=True)], dtype=np.bool_
        )
        pair = np.flatnonzero(inside)
        counts = csr_array((-np.ones(pair.size), (at_place[pair], pair)), shape=(n_rows, n_pairs))
        needs = csr_array(
            (np.array([n for _, n in wanted], dtype=np.float64), (range(n_rows), range(n_rows))),
            shape=(n_rows, n_rows),
        )
        blocks.append(csr_array(hstack([counts, needs])))
        limits.append(np.zeros(n_rows))

    mixes = [case.mixes[row] for row in rows]
    for number in range(max(len(mix.groups) for mix in mixes)):
        at_least([(m.groups[number], 1) if number < len(m.groups) else (m.roles, 0) for m in mixes])
    at_least([(mix.leads, 1) for mix in mixes])
    at_least([(mix.counted, mix.min_posts) for mix in mixes])
    for clique in cliques:
        pair = np.flatnonzero(np.isin(at_row, clique))
        add(at_column[pair], pair, 1, 1.0)
    add(at_column, np.arange(n_pairs), 1, 0.0)
    posts = np.unique(at_column)
    limits[-1] = np.maximum(case.max_patrols - case.base_load, 0)[posts].astype(np.float64)
    if case.police_cap < NO_CAP:
        pair = np.flatnonzero(case.police[at_column])
        minutes = case.length_min[at_row[pair]].astype(np.float64)
        shape = (1, n_pairs + n_rows)
        blocks.append(csr_array((minutes, (np.zeros(pair.size, np.int64), pair)), shape=shape))
        limits.append(np.array([max(case.police_cap - case.base_police_min, 0)], np.float64))
    return csr_array(vstack(blocks)), np.concatenate(limits)


def _has_team(case: RosterCase, row: int, able: NDArray[np.int64]) -> bool:
    return could_be_team(case, row, [int(column) for column in able])
