"""Corridors and walks against trying everything: slow, obvious and right."""

from __future__ import annotations

import heapq
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from corridors.analysis.corridor_solver import FAST, FULL, solve_corridor
from corridors.analysis.patrol_walk import shortest_walk
from corridors.analysis.tracing import DEFAULT_RULE
from corridors.errors import BadInput
from tests.checks.corridor_checker import check_corridor, check_walk, count_branches, is_connected

FloatArray = NDArray[np.float64]
Town = tuple[NDArray[np.int32], NDArray[np.int32], FloatArray, FloatArray]


@st.composite
def towns(draw: st.DrawFn, most: int = 11) -> Town:
    """Any small multigraph: loops, parallels, dead ends, parts that are joined to nothing."""
    n_nodes = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, n_nodes - 1), st.integers(0, n_nodes - 1))
    segments = draw(st.lists(ends, min_size=1, max_size=most))
    n = len(segments)
    lengths = draw(st.lists(st.sampled_from([40.0, 75.0, 100.0, 130.0]), min_size=n, max_size=n))
    prizes = draw(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5, 4.0, 9.0]), min_size=n, max_size=n))
    u, v = np.array(segments, np.int32).T
    return u, v, np.array(lengths), np.array(prizes)


def best_by_trying(
    town: Town,
    budget_m: float,
    max_branches: int,
    forbidden: frozenset[int] = frozenset(),
    required: frozenset[int] = frozenset(),
) -> float | None:
    u, v, length_m, prize = town
    others = [row for row in range(1, u.size) if row not in forbidden]
    best: float | None = None
    for size in range(len(others) + 1):
        for rows in combinations(others, size):
            chosen = [0, *rows]
            if not required <= set(chosen) or length_m[chosen].sum() > budget_m + 1e-9:
                continue
            if not is_connected(u, v, chosen, 0) or count_branches(u, v, chosen, 0) > max_branches:
                continue
            best = max(best if best is not None else -1.0, float(prize[chosen].sum()))
    return best


@given(towns(), st.sampled_from([180.0, 320.0, 480.0]), st.integers(1, 3))
@settings(max_examples=120, deadline=None)
def test_the_best_corridor_is_found_and_no_other_is_above_the_bound(
    town: Town, budget_m: float, max_branches: int
) -> None:
    u, v, length_m, prize = town
    rule = DEFAULT_RULE._replace(max_branches=max_branches, earning_share=0.0)
    best = best_by_trying(town, budget_m, max_branches)
    full = solve_corridor(u, v, length_m, prize, 0, budget_m, rule, work=FULL)
    fast = solve_corridor(u, v, length_m, prize, 0, budget_m, rule, work=FAST)
    for found in (full, fast):
        check_corridor(u, v, length_m, prize, 0, max(budget_m, length_m[0]), max_branches, found)
    if best is None:  # the gate's own segment is longer than the budget
        assert np.flatnonzero(full.chosen).tolist() == [0]
        return
    assert full.bound >= best * (1 - 1e-9)
    assert fast.bound >= best * (1 - 1e-9)
    assert full.prize == pytest.approx(best)
    assert full.method == "proven"
    assert full.gap == 0.0


@given(towns(9), st.sampled_from([320.0, 480.0]), st.data())
@settings(max_examples=80, deadline=None)
def test_what_a_person_asks_is_kept_and_the_rest_is_still_the_best(
    town: Town, budget_m: float, data: st.DataObject
) -> None:
    u, v, length_m, prize = town
    rows = st.integers(0, u.size - 1)
    required = frozenset(data.draw(st.lists(rows, max_size=2)))
    forbidden = frozenset(data.draw(st.lists(rows, max_size=2))) - required - {0}
    rule = DEFAULT_RULE._replace(earning_share=0.0)
    masks = [np.isin(np.arange(u.size), list(rows)) for rows in (forbidden, required)]
    best = best_by_trying(town, budget_m, 3, forbidden, required)
    try:
        found = solve_corridor(
            u, v, length_m, prize, 0, budget_m, rule, forbidden=masks[0], required=masks[1]
        )
    except BadInput:
        gate = {int(u[0]), int(v[0])}
        leads_on = [row for row in range(1, u.size) if gate & {int(u[row]), int(v[row])}]
        is_cut_off = bool(leads_on) and set(leads_on) <= forbidden
        # joining by short walks one after the other may miss the shortest way to join them all
        assert is_cut_off or best is None or len(required) > 1
        return
    assert best is not None
    assert found.prize == pytest.approx(best)
    assert found.chosen[masks[1]].all()
    assert not found.chosen[masks[0]].any()


def shortest_by_trying(
    u: NDArray[np.int32], v: NDArray[np.int32], length_m: FloatArray, allowed: list[int],
    needed: list[int], begin: int,
) -> float:  # fmt: skip
    """Walk on in every way, nearest first, until everything has been walked."""
    bit = {row: 1 << at for at, row in enumerate(needed)}
    far = int(v[0]) if begin == int(u[0]) else int(u[0])
    queue = [(float(length_m[0]), far, bit[0])]
    seen: set[tuple[int, int]] = set()
    while queue:
        walked_m, node, done = heapq.heappop(queue)
        if done == (1 << len(needed)) - 1:
            return walked_m
        if (node, done) in seen:
            continue
        seen.add((node, done))
        for row in allowed:
            for one, other in {(int(u[row]), int(v[row])), (int(v[row]), int(u[row]))}:
                if one == node:
                    more = (walked_m + float(length_m[row]), other, done | bit.get(row, 0))
                    heapq.heappush(queue, more)
    raise AssertionError("not connected")


@given(towns(10), st.data())
@settings(max_examples=200, deadline=None)
def test_no_walk_that_covers_a_corridor_is_shorter(town: Town, data: st.DataObject) -> None:
    u, v, length_m, _ = town
    chosen = np.zeros(u.size, bool)
    chosen[0] = True
    for row in data.draw(st.permutations(range(u.size))):
        rows = [*np.flatnonzero(chosen).tolist(), row]
        if is_connected(u, v, rows, 0) and data.draw(st.integers(0, 3)):
            chosen[row] = True
    rows = np.flatnonzero(chosen).tolist()
    begins = {int(u[0]), int(v[0])}
    walk = shortest_walk(u, v, length_m, chosen, 0)
    check_walk(u, v, length_m, rows, 0, walk)
    best = min(shortest_by_trying(u, v, length_m, rows, rows, begin) for begin in begins)
    assert walk.length_m == pytest.approx(best)
    everywhere = list(range(u.size))
    anyhow = min(shortest_by_trying(u, v, length_m, everywhere, rows, begin) for begin in begins)
    assert walk.bound_m == pytest.approx(anyhow)
    begin = min(begins)
    one_way = shortest_walk(u, v, length_m, chosen, 0, starts=(begin,))
    expected = shortest_by_trying(u, v, length_m, rows, rows, begin)
    assert one_way.length_m == pytest.approx(expected)
