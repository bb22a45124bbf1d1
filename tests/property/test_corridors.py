"""What must hold of corridors, walks and sharing on streets larger than brute force can try."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from corridors.analysis.corridor_sharing import SchoolCorridor, share_corridors
from corridors.analysis.corridor_solver import FAST, FULL, Work, solve_corridor
from corridors.analysis.patrol_walk import shortest_walk
from corridors.analysis.tracing import DEFAULT_RULE
from tests.checks.corridor_checker import (
    check_corridor,
    check_walk,
    count_branches,
    earns,
    is_connected,
)

FloatArray = NDArray[np.float64]
Town = tuple[NDArray[np.int32], NDArray[np.int32], FloatArray, FloatArray, int]


def grid_town(seed: int, side: int, prized_share: float) -> Town:
    """Make a jittered grid with a tenth of its streets missing; the gate is near the middle."""
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()]).astype(np.int32)
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()]).astype(np.int32)
    kept = rng.random(u.size) < 0.9
    u, v = u[kept], v[kept]
    prize = np.where(rng.random(u.size) < prized_share, rng.pareto(1.5, u.size), 0.0)
    gate = int(np.argmin(np.abs(u - number[side // 2, side // 2])))
    return u, v, rng.uniform(50, 110, u.size), prize, gate


def random_corridor(town: Town, budget_m: float, rng: np.random.Generator) -> list[int] | None:
    """Grow a corridor street by street at random; None where it has too many branches."""
    u, v, length_m, _, gate = town
    rows = [gate]
    left_m = budget_m - length_m[gate]
    while True:
        nodes = np.unique([u[rows], v[rows]])
        near = np.flatnonzero((np.isin(u, nodes) | np.isin(v, nodes)) & (length_m <= left_m))
        near = near[~np.isin(near, rows)]
        near = near[
            [count_branches(u, v, [*rows, int(row)], gate) <= 3 for row in near]
        ] if near.size else near  # fmt: skip
        if not near.size:
            return rows
        rows.append(int(rng.choice(near)))
        left_m -= float(length_m[rows[-1]])


@given(
    st.integers(0, 2**16),
    st.sampled_from([5, 7]),
    st.sampled_from([0.15, 1.0]),
    st.sampled_from([450.0, 800.0]),
)
@settings(max_examples=12, deadline=None)
def test_what_is_said_of_a_corridor_is_so(
    seed: int, side: int, share: float, budget_m: float
) -> None:
    town = grid_town(seed, side, share)
    u, v, length_m, prize, gate = town
    full = solve_corridor(u, v, length_m, prize, gate, budget_m, work=Work(effort=0.2))
    fast = solve_corridor(u, v, length_m, prize, gate, budget_m, work=FAST)
    for found in (full, fast):
        check_corridor(u, v, length_m, prize, gate, budget_m, 3, found)
        rows = np.flatnonzero(found.chosen).tolist()
        assert earns(u, v, length_m, prize, rows, gate, DEFAULT_RULE.earning_share, 3)
        walk = shortest_walk(u, v, length_m, found.chosen, gate)
        check_walk(u, v, length_m, rows, gate, walk)
    # neither bound is broken by the other's corridor, nor by any drawn at random
    assert fast.uncut_prize <= full.bound * (1 + 1e-6)
    assert full.uncut_prize <= fast.bound * (1 + 1e-6)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        drawn = random_corridor(town, budget_m, rng)
        if drawn is not None:
            assert is_connected(u, v, drawn, gate)
            assert prize[drawn].sum() <= full.bound * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_many_ways_of_looking_break_no_bound(seed: int) -> None:
    """Local search from other starts and with other steps finds nothing above a proven bound."""
    u, v, length_m, prize, gate = grid_town(seed, 10, 0.5)
    full = solve_corridor(u, v, length_m, prize, gate, 1000.0, work=Work(effort=0.6))
    assert full.gap <= 0.15
    for step_m in (5.0, 15.0, 25.0, 60.0, 120.0):
        other = solve_corridor(
            u, v, length_m, prize, gate, 1000.0, work=Work(step_m=step_m, effort=0.0)
        )
        assert other.uncut_prize <= full.bound * (1 + 1e-6)
        assert other.uncut_prize >= 0.8 * full.uncut_prize


def test_more_length_or_branches_never_lower_a_proven_best() -> None:
    u, v, length_m, prize, gate = grid_town(3, 5, 0.6)
    rule = DEFAULT_RULE._replace(earning_share=0.0)
    last = -1.0
    for budget_m in (200.0, 400.0, 600.0, 800.0):
        found = solve_corridor(u, v, length_m, prize, gate, budget_m, rule, work=FULL)
        assert found.method == "proven"
        assert found.prize >= last * (1 - 1e-9)
        last = found.prize
    by_branches = [
        solve_corridor(
            u, v, length_m, prize, gate, 700.0, rule._replace(max_branches=most)
        ).prize
        for most in (1, 2, 3, 4)
    ]  # fmt: skip
    assert by_branches == sorted(by_branches)
    assert by_branches[0] < by_branches[-1]


def test_the_same_case_gives_the_same_answer_whatever_the_units_and_numbers() -> None:
    u, v, length_m, prize, gate = grid_town(11, 7, 0.4)
    one = solve_corridor(u, v, length_m, prize, gate, 900.0)
    again = solve_corridor(u, v, length_m, prize, gate, 900.0)
    assert (one.chosen == again.chosen).all()
    assert one.bound == again.bound
    scaled = solve_corridor(u * 7 + 3, v * 7 + 3, length_m, prize * 1e-9, gate, 900.0)
    assert scaled.prize == pytest.approx(one.prize * 1e-9, rel=1e-9)
    assert scaled.method == one.method == "proven"


@given(st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_a_shared_corridor_serves_both_schools(seed: int) -> None:
    u, v, length_m, prize, gate = grid_town(seed, 7, 0.5)
    near = np.flatnonzero((np.isin(u, [u[gate], v[gate]])) | np.isin(v, [u[gate], v[gate]]))
    other = int(near[near != gate][0]) if near.size > 1 else gate
    around = np.arange(u.size)
    schools = []
    for name, at in (("A", gate), ("B", other)):
        found = solve_corridor(u, v, length_m, prize, at, 700.0, work=FAST)
        schools.append(SchoolCorridor(name, at, np.flatnonzero(found.chosen), around, prize))
    pairs = share_corridors(u, v, length_m, schools, 900.0, 0.8, work=FAST)
    shared = np.intersect1d(schools[0].rows, schools[1].rows)
    assert len(pairs) == (1 if shared.size else 0)
    for pair in pairs:
        assert pair.shared.tolist() == shared.tolist()
        if pair.joint is None:
            assert pair.joint_prize < 0.8 * pair.apart_prize
            continue
        assert {gate, other} <= set(pair.joint.tolist())
        assert is_connected(u, v, pair.joint.tolist(), gate)
        assert length_m[pair.joint].sum() <= 900.0 + 1e-6
        assert prize[pair.joint].sum() == pytest.approx(pair.joint_prize)
        assert pair.joint_prize >= 0.8 * pair.apart_prize * (1 - 1e-9)
