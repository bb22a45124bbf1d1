"""Corridors by hand on the toy town: the best, what a person asks, walks, and sharing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from corridors.analysis.corridor_edits import check_drawn
from corridors.analysis.corridor_sharing import SchoolCorridor, share_corridors
from corridors.analysis.corridor_solver import FAST, TracedCorridor, solve_corridor
from corridors.analysis.patrol_walk import shortest_walk, start_nodes
from corridors.analysis.tracing import DEFAULT_RULE
from corridors.errors import BadInput
from tests.toy import toy_network

TOWN = toy_network()
U, V, LENGTH_M = TOWN.u, TOWN.v, TOWN.length_m
N = TOWN.n_segments
GATE_T1, GATE_T2 = 2, 11


def prized(**prizes: float) -> NDArray[np.float64]:
    """Give prizes by segment: ``s08=3.0``."""
    prize = np.zeros(N)
    for name, value in prizes.items():
        prize[int(name[1:])] = value
    return prize


def mask(*rows: int) -> NDArray[np.bool_]:
    return np.isin(np.arange(N), rows)


def rows_of(found: TracedCorridor) -> list[int]:
    return np.flatnonzero(found.chosen).tolist()


# --- the best corridor


def test_the_best_of_the_toy_town() -> None:
    """300 m from Mill Lane: Bridge Street and the High Street hold 1 + 5 + 4; nothing holds 10."""
    prize = prized(s02=1.0, s08=5.0, s01=4.0, s09=3.0, s05=3.9)
    found = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 300.0)
    assert rows_of(found) == [1, 2, 8]
    assert (found.prize, found.bound, found.gap) == (10.0, 10.0, 0.0)
    assert found.method == "proven"


def test_a_closing_street_is_chosen_like_any_other() -> None:
    """Around the block: the fourth side joins two junctions that are reached already."""
    prize = prized(s02=1.0, s06=2.0, s00=2.0, s08=2.0)
    found = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 400.0)
    assert rows_of(found) == [0, 2, 6, 8]
    assert found.prize == 7.0
    # a loop is one branch
    once = solve_corridor(
        U, V, LENGTH_M, prize, GATE_T1, 400.0, DEFAULT_RULE._replace(max_branches=1)
    )
    assert rows_of(once) == [0, 2, 6, 8]


def test_branches_are_dead_ends_away_from_the_gate() -> None:
    """Four streets meet Mill Lane at its two ends: three of them fit three branches."""
    prize = prized(s03=4.0, s08=3.0, s09=2.0, s06=1.0)
    cases = [(1, 200.0, 4.0), (2, 300.0, 7.0), (3, 400.0, 9.0), (3, 500.0, 9.0), (4, 500.0, 10.0)]
    for most, budget_m, best in cases:
        rule = DEFAULT_RULE._replace(max_branches=most, earning_share=0.0)
        found = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, budget_m, rule)
        assert found.prize == best, most
        assert found.method == "proven"


def test_a_march_that_does_not_earn_is_cut_and_the_gap_says_so() -> None:
    """300 m for 0.1 of 10: less than a quarter of what the corridor holds per metre."""
    prize = prized(s02=5.0, s08=5.0, s12=0.1)
    found = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 1200.0)
    assert rows_of(found) == [2, 8]
    assert found.prize == pytest.approx(10.0)
    assert found.uncut_prize == pytest.approx(10.1)
    assert found.bound == pytest.approx(10.1)
    assert found.gap == pytest.approx(0.1 / 10.1)
    assert found.method == "bounded"


def test_without_any_need_the_gate_alone_is_the_corridor() -> None:
    found = solve_corridor(U, V, LENGTH_M, np.zeros(N), GATE_T1, 1200.0)
    assert rows_of(found) == [GATE_T1]
    assert (found.prize, found.gap, found.method) == (0.0, 0.0, "proven")


def test_a_gate_on_an_island_has_its_own_street() -> None:
    found = solve_corridor(U, V, LENGTH_M, np.ones(N), 14, 1200.0)
    assert rows_of(found) == [14]
    assert found.method == "proven"


def test_a_first_street_longer_than_the_budget_is_the_corridor_and_says_so() -> None:
    found = solve_corridor(U, V, LENGTH_M, np.ones(N), GATE_T1, 60.0)
    assert rows_of(found) == [GATE_T1]
    assert found.prize == 1.0
    assert "longer than" in found.note


def test_the_fast_answer_is_never_above_the_bound() -> None:
    prize = np.linspace(1.0, 2.0, N)
    fast = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 600.0, work=FAST)
    full = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 600.0)
    assert fast.prize <= full.prize <= full.bound <= fast.bound


# --- what a person asks

EVEN = np.ones(N)


def test_a_forbidden_street_is_left_out_and_the_way_round_is_found() -> None:
    prize = prized(s01=9.0)
    free = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 500.0)
    assert 1 in rows_of(free)
    found = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 500.0, forbidden=mask(8))
    assert 8 not in rows_of(found)
    assert found.prize == 9.0


def test_a_required_street_is_in_it_though_it_holds_nothing() -> None:
    prize = prized(s08=9.0, s01=9.0)
    found = solve_corridor(U, V, LENGTH_M, prize, GATE_T1, 400.0, required=mask(9))
    assert {2, 8, 9, 1} == set(rows_of(found))
    assert found.method == "proven"


def refused(
    budget_m: float = 1200.0,
    forbidden: NDArray[np.bool_] | None = None,
    required: NDArray[np.bool_] | None = None,
) -> str:
    with pytest.raises(BadInput) as caught:
        solve_corridor(
            U, V, LENGTH_M, EVEN, GATE_T1, budget_m, forbidden=forbidden, required=required
        )
    return str(caught.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: refused(forbidden=mask(GATE_T1)), "holds the gate is forbidden"),
        (lambda: refused(forbidden=mask(3, 6, 7, 8, 9, 13)), "cuts the gate off"),
        (lambda: refused(forbidden=mask(8), required=mask(8)), "both forbidden and required"),
        (lambda: refused(required=mask(14)), "cannot be reached"),
        (lambda: refused(required=mask(12), forbidden=mask(5, 11)), "cannot be reached"),
        (lambda: refused(budget_m=250.0, required=mask(12)), "does not fit"),
        (lambda: refused(required=mask(3, 6, 8, 9)), "makes 4 branches"),
    ],
)
def test_what_cannot_be_kept_is_told(asked: Callable[[], str], said: str) -> None:
    assert said in asked()


def test_a_drawn_corridor_is_checked() -> None:
    drawn = check_drawn(U, V, LENGTH_M, GATE_T1, 400.0, mask(8, 1))
    assert np.flatnonzero(drawn).tolist() == [1, 2, 8]
    with pytest.raises(BadInput, match="do not hang together"):
        check_drawn(U, V, LENGTH_M, GATE_T1, 400.0, mask(1))
    with pytest.raises(BadInput, match="400 m long, and it may be 350 m"):
        check_drawn(U, V, LENGTH_M, GATE_T1, 350.0, mask(8, 1, 10))


# --- walks


def walked(*rows: int, gate: int = GATE_T1, starts: tuple[int, ...] | None = None) -> list[int]:
    walk = shortest_walk(U, V, LENGTH_M, mask(*rows), gate, starts)
    assert walk.length_m == pytest.approx(LENGTH_M[list(walk.rows)].sum())
    return list(walk.rows)


def test_a_path_is_walked_once() -> None:
    assert walked(2, 8, 1) == [2, 8, 1]


def test_around_a_block_nothing_is_walked_twice() -> None:
    """The fourth side closes the loop: it is no way out and back."""
    rows = walked(2, 6, 0, 8)
    assert len(rows) == 4
    assert rows[0] == 2


def test_the_shorter_branch_is_walked_out_and_back() -> None:
    """From node 4: Bridge Street south (100 m, a dead end of it) and Mill Lane east, 200 m."""
    assert walked(2, 8, 3, 11) == [2, 8, 8, 3, 11]


def test_branches_at_both_ends_of_the_gates_street() -> None:
    """Out by one end, back past the gate, and away by the other."""
    assert walked(2, 6, 8, 1) == [2, 6, 6, 2, 8, 1]


def test_a_gate_in_a_dead_end() -> None:
    """Quarry Close leads nowhere: from its end one walks out, from near its mouth in and out."""
    near_end = start_nodes(U, V, LENGTH_M, 12, 45.0)
    near_mouth = start_nodes(U, V, LENGTH_M, 12, 5.0)
    assert (near_end, near_mouth) == ((9,), (8,))
    assert walked(12, 5, gate=12, starts=near_end) == [12, 5]
    assert walked(12, 5, gate=12, starts=near_mouth) == [12, 12, 5]
    # where both ends lead on, either may be the beginning
    assert start_nodes(U, V, LENGTH_M, GATE_T1, 10.0) == (3, 4)


def test_the_bound_counts_streets_outside_the_corridor() -> None:
    """Two parallel dead ends, 100 m apart at their ends: Canal Walk would save the way back."""
    walk = shortest_walk(U, V, LENGTH_M, mask(2, 3, 9, 11), GATE_T1)
    assert walk.length_m == pytest.approx(500.0)
    # over Canal Walk from the end of one to the end of the other
    assert walk.bound_m == pytest.approx(500.0)
    longer = shortest_walk(U, V, LENGTH_M, mask(2, 6, 7, 9), 9)
    assert longer.bound_m <= longer.length_m


def test_a_corridor_without_its_gate_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="the gate's own segment"):
        shortest_walk(U, V, LENGTH_M, mask(8, 1), GATE_T1)


def test_where_no_other_street_leads_the_bound_is_the_walk() -> None:
    """Along both ends of the gate's street: all of it twice, but for the way to the last end."""
    u, v = np.array([0, 0, 2], np.int32), np.array([1, 2, 3], np.int32)
    length_m = np.array([300.0, 100.0, 400.0])
    walk = shortest_walk(u, v, length_m, np.ones(3, bool), 1)
    assert walk.length_m == walk.bound_m == 1200.0


# --- sharing


def school(name: str, gate: int, *rows: int, prize: NDArray[np.float64]) -> SchoolCorridor:
    return SchoolCorridor(name, gate, np.array([gate, *rows]), np.arange(13), prize[:13])


def test_two_schools_share_where_one_corridor_keeps_enough() -> None:
    """T1 goes along Mill Lane to East Road, T2 comes down it: both hold s03."""
    prize = prized(s02=2.0, s03=5.0, s11=2.0, s10=3.0)
    one = school("T1", GATE_T1, 3, prize=prize)
    other = school("T2", GATE_T2, 3, 10, prize=prize)
    (pair,) = share_corridors(U, V, LENGTH_M, [one, other], 400.0, 0.8)
    assert pair.school_ids == ("T1", "T2")
    assert pair.shared.tolist() == [3]
    assert pair.joint is not None
    assert pair.joint.tolist() == [2, 3, 10, 11]
    assert (pair.joint_prize, pair.apart_prize) == (12.0, 12.0)
    assert pair.why == "One corridor of 400 m holds 100 % of the need of the two."


def test_they_stay_apart_where_it_does_not() -> None:
    prize = prized(s02=2.0, s03=1.0, s11=2.0, s10=5.0, s08=5.0)
    one = school("T1", GATE_T1, 3, 8, prize=prize)
    other = school("T2", GATE_T2, 3, 10, prize=prize)
    (pair,) = share_corridors(U, V, LENGTH_M, [one, other], 300.0, 0.8)
    assert pair.joint is None
    assert pair.shared.tolist() == [3]
    assert "stay apart" in pair.why
    (far,) = share_corridors(U, V, LENGTH_M, [one, other], 250.0, 0.8)
    assert "too far apart" in far.why


def test_a_school_shares_with_one_other_at_most() -> None:
    prize = prized(s02=2.0, s03=5.0, s11=2.0, s09=1.0)
    schools = [
        school("T1", GATE_T1, 3, prize=prize),
        school("T2", GATE_T2, 3, prize=prize),
        school("T4", 9, 3, prize=prize),
    ]
    pairs = share_corridors(U, V, LENGTH_M, schools, 400.0, 0.5)
    assert len(pairs) == 3
    assert sum(pair.joint is not None for pair in pairs) == 1
    assert sum("already" in pair.why for pair in pairs) == 2


def test_two_that_cannot_share_stay_free_for_others() -> None:
    """T1 and T2 keep most together; where that cannot be, each still may share with T4."""
    prize = prized(s02=2.0, s03=5.0, s11=2.0, s09=1.0)
    schools = [
        school("T1", GATE_T1, 3, prize=prize),
        school("T2", GATE_T2, 3, prize=prize),
        school("T4", 9, 3, prize=prize),
    ]
    first = share_corridors(U, V, LENGTH_M, schools, 400.0, 0.5)[0].school_ids
    pairs = share_corridors(
        U, V, LENGTH_M, schools, 400.0, 0.5,
        why_apart=lambda pair: "Their hours do not meet." if pair.school_ids == first else "",
    )  # fmt: skip
    (joint,) = (pair for pair in pairs if pair.joint is not None)
    assert joint.school_ids != first
    assert {p.school_ids: p.why for p in pairs}[first] == "Their hours do not meet."


def test_corridors_that_do_not_meet_are_no_pair() -> None:
    prize = np.ones(N)
    one = school("T1", GATE_T1, 6, prize=prize)
    other = school("T2", GATE_T2, 12, prize=prize)
    assert share_corridors(U, V, LENGTH_M, [one, other], 400.0) == []
