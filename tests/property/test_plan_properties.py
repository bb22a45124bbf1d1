"""What must hold of corridors and of the evidence for them, whatever the streets and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import false_discovery_control

from corridors.analysis.clusters import burst_number, category_stratum
from corridors.analysis.evidence import SchoolCase, adjust_for_schools, assess_school
from corridors.analysis.grading import EvidenceFacts, grade_evidence
from corridors.analysis.nulls import HoursNull, NullDraws, PlaceNull
from corridors.analysis.tracing import DEFAULT_RULE, prize_bound, trace_corridor, trace_many
from corridors.analysis.walk_tree import WalkTree, walk_order
from corridors.analysis.walking import Adjacency, segment_reach, walk_from
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Grade

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Town:
    """A random town: any multigraph, with loops, parallels and dead ends."""

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: FloatArray
    gate: int
    gate_m: float
    budget_m: float
    prize: FloatArray

    @property
    def tree(self) -> WalkTree:
        n_nodes = int(max(self.u.max(), self.v.max())) + 1
        adjacency = Adjacency.build(self.u, self.v, self.length_m, n_nodes)
        at = ([self.gate], [self.gate_m], self.budget_m)
        nodes, near = walk_from(adjacency, *at), segment_reach(adjacency, *at)
        return WalkTree.build(
            self.u,
            self.v,
            self.length_m,
            nodes.node,
            nodes.distance_m,
            self.gate,
            near.segment,
            self.budget_m,
        )


@st.composite
def towns(draw: st.DrawFn) -> Town:
    n_nodes = draw(st.integers(1, 9))
    ends = st.tuples(st.integers(0, n_nodes - 1), st.integers(0, n_nodes - 1))
    segments = draw(st.lists(ends, min_size=1, max_size=24))
    n = len(segments)
    # few distinct lengths and prizes, so that there are ties
    lengths = draw(st.lists(st.sampled_from([5.0, 40.0, 100.0, 260.0]), min_size=n, max_size=n))
    prizes = draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.0, 9.0]), min_size=n, max_size=n))
    gate = draw(st.integers(0, n - 1))
    return Town(
        np.array([u for u, _ in segments], np.int32),
        np.array([v for _, v in segments], np.int32),
        np.array(lengths),
        gate,
        draw(st.floats(0, 1)) * lengths[gate],
        draw(st.sampled_from([50.0, 150.0, 400.0, 700.0])),
        np.array(prizes),
    )


def ends_of(town: Town, row: int) -> set[int]:
    return {int(town.u[row]), int(town.v[row])}


@given(towns())
@settings(max_examples=300, deadline=None)
def test_a_tree_hangs_each_segment_on_a_neighbour(town: Town) -> None:
    tree = town.tree
    assert tree.segment[0] == town.gate
    assert tree.parent[0] == -1
    assert len(set(tree.segment.tolist())) == tree.segment.size
    assert (np.diff(tree.distance_m) >= 0).all()
    for row in range(1, tree.segment.size):
        up = int(tree.parent[row])
        assert 0 <= up < row
        shared = ends_of(town, int(tree.segment[row])) & ends_of(town, int(tree.segment[up]))
        assert int(tree.near_node[row]) in shared
        assert tree.distance_m[row] + tree.length_m[row] <= town.budget_m
    np.testing.assert_array_equal(tree.length_m, town.length_m[tree.segment])


@given(towns())
@settings(max_examples=300, deadline=None)
def test_a_corridor_is_connected_short_and_begins_at_the_gate(town: Town) -> None:
    tree = town.tree
    prize = town.prize[tree.segment]
    chosen = trace_corridor(tree.parent, tree.length_m, prize, town.budget_m)
    assert chosen[0]
    rows = np.flatnonzero(chosen)
    # connected: every segment but the gate's hangs on another of the corridor
    assert all(chosen[tree.parent[row]] for row in rows if row > 0)
    length_m = float(tree.length_m[chosen].sum())
    assert length_m <= max(town.budget_m, tree.length_m[0])
    inner = {int(tree.parent[row]) for row in rows if row > 0}
    assert len([row for row in rows if row not in inner and row > 0]) <= DEFAULT_RULE.max_branches
    # no proof is needed that nothing holds more than the bound: it holds at least this
    got = float(prize[chosen].sum())
    if tree.length_m[0] <= town.budget_m:
        assert got <= prize_bound(tree.length_m, prize, town.budget_m) * (1 + 1e-9)
    assert got >= prize[0]


@given(towns())
@settings(max_examples=300, deadline=None)
def test_a_walk_covers_its_corridor_step_by_step(town: Town) -> None:
    tree = town.tree
    chosen = trace_corridor(tree.parent, tree.length_m, town.prize[tree.segment], town.budget_m)
    walk = walk_order(tree, chosen)
    assert walk[0] == 0
    assert set(walk) == set(np.flatnonzero(chosen).tolist())
    segments = [int(tree.segment[row]) for row in walk]
    for here, there in pairwise(segments):
        assert ends_of(town, here) & ends_of(town, there)
    # nobody has to jump: where one segment is left, the next is entered
    at = ends_of(town, segments[0])
    for segment in segments[1:]:
        u, v = int(town.u[segment]), int(town.v[segment])
        at = {far for near, far in ((u, v), (v, u)) if near in at}
        assert at
    # a detour is walked out and back, never a third time; the gate's is the way between branches
    counts = {row: walk.count(row) for row in set(walk) - {0}}
    assert all(count <= 2 for count in counts.values())


@given(towns(), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_many_corridors_are_traced_as_one_by_one(town: Town, n_runs: int) -> None:
    tree = town.tree
    rng = np.random.default_rng(3)
    prizes = rng.random((n_runs, tree.segment.size)) * rng.integers(0, 2, tree.segment.size)
    together = trace_many(tree.parent, tree.length_m, prizes, town.budget_m)
    for run in range(n_runs):
        alone = trace_corridor(tree.parent, tree.length_m, prizes[run], town.budget_m)
        np.testing.assert_array_equal(together[run], alone)


def best_by_force(
    parent: NDArray[np.int32], length_m: FloatArray, prize: FloatArray, budget_m: float
) -> float:
    """Try every connected set of segments that holds the gate's: the most prize that fits."""
    n, best = parent.size, float(prize[0])
    for size in range(1, n):
        for others in combinations(range(1, n), size):
            rows = (0, *others)
            if any(parent[row] not in rows for row in others):
                continue
            inner = {int(parent[row]) for row in others}
            if sum(row not in inner for row in others) > DEFAULT_RULE.max_branches:
                continue
            if length_m[list(rows)].sum() <= budget_m:
                best = max(best, float(prize[list(rows)].sum()))
    return best


@st.composite
def trees(draw: st.DrawFn) -> tuple[NDArray[np.int32], FloatArray, FloatArray, float]:
    n = draw(st.integers(1, 9))
    parent = [-1] + [draw(st.integers(0, row - 1)) for row in range(1, n)]
    length = draw(st.lists(st.sampled_from([30.0, 100.0, 170.0]), min_size=n, max_size=n))
    prize = draw(st.lists(st.floats(0, 10), min_size=n, max_size=n))
    budget_m = draw(st.sampled_from([170.0, 400.0, 900.0]))
    return np.array(parent, np.int32), np.array(length), np.array(prize), budget_m


@given(trees())
@settings(max_examples=150, deadline=None)
def test_no_corridor_holds_more_than_the_best_and_none_more_than_the_bound(
    tree: tuple[NDArray[np.int32], FloatArray, FloatArray, float],
) -> None:
    parent, length_m, prize, budget_m = tree
    best = best_by_force(parent, length_m, prize, budget_m)
    got = float(prize[trace_corridor(parent, length_m, prize, budget_m)].sum())
    assert got <= best * (1 + 1e-9)
    assert best <= prize_bound(length_m, prize, budget_m) * (1 + 1e-9) + 1e-12


@given(
    st.lists(st.sampled_from([30.0, 100.0, 170.0]), min_size=1, max_size=10),
    st.sampled_from([170.0, 400.0, 900.0]),
)
@settings(max_examples=100, deadline=None)
def test_along_one_street_where_every_metre_is_worth_the_same_the_best_is_found(
    lengths: list[float], budget_m: float
) -> None:
    length_m = np.array(lengths)
    parent = np.arange(-1, len(lengths) - 1).astype(np.int32)
    prize = length_m / 100.0
    chosen = trace_corridor(parent, length_m, prize, budget_m)
    assert prize[chosen].sum() == pytest.approx(best_by_force(parent, length_m, prize, budget_m))


# --- the evidence test


def a_tree(rng: np.random.Generator, n: int = 40) -> WalkTree:
    """Make a bushy tree of streets around a gate, about 100 m each."""
    parent = np.array([-1, *(rng.integers(max(0, row - 6), row) for row in range(1, n))], np.int32)
    length_m = rng.uniform(60, 140, n)
    distance_m = np.zeros(n)
    for row in range(1, n):
        distance_m[row] = distance_m[parent[row]] + (length_m[parent[row]] if parent[row] else 0.0)
    return WalkTree(
        np.arange(n, dtype=np.int32), parent, length_m, distance_m, np.zeros(n, np.int32)
    )


def hours_null(rng: np.random.Generator, n: int) -> HoursNull:
    """Make 150 bursts on streets, in three categories whose hours differ."""
    n_units, pool = 150, rng.integers(0, 3, 600).astype(np.int32)
    when = np.where(rng.random(600) < 0.1 + 0.1 * pool, rng.uniform(0.2, 1.0, 600), 0.0)
    place = rng.integers(0, n, n_units)
    units = sparse.csr_matrix((np.ones(n_units), (place, np.arange(n_units))), shape=(n, n_units))
    stratum = rng.integers(0, 3, n_units).astype(np.int32)
    # A part of the weight never moves: bursts that are not on a school day.
    fixed = np.zeros(units.shape[0])
    return HoursNull(fixed, units, stratum, NullDraws.build(when, pool))


def place_null(rng: np.random.Generator, tree: WalkTree) -> PlaceNull:
    n = tree.segment.size
    length_m: FloatArray = np.array(tree.length_m)
    length_m[rng.random(n) < 0.1] = 0.0
    return PlaceNull.build(
        sparse.identity(n, format="csr"), length_m, rng.integers(1, 5, 120).astype(np.float64)
    )


@pytest.mark.parametrize("kind", ["hours", "place"])
def test_where_nothing_is_planted_small_p_values_are_as_rare_as_they_say(kind: str) -> None:
    """Data drawn from the null itself: a p of at most 0.1 comes in about one case of ten."""
    n_cases = 300
    rng = np.random.default_rng(11)
    parameters = Parameters(n_null_runs=199)
    p = np.empty(n_cases)
    for case in range(n_cases):
        tree = a_tree(rng)
        n = tree.segment.size
        null = hours_null(rng, n) if kind == "hours" else place_null(rng, tree)
        school = SchoolCase(
            tree=tree,
            is_covered=np.ones(n, bool),
            mass=null.masses(1, rng)[0],
            unit_weight=1.0,
            null=null,
            footfall=np.exp(-tree.distance_m / 1200.0),
        )
        p[case] = assess_school(school, parameters, rng).p
    assert ((p > 0) & (p <= 1)).all()
    # three standard deviations of a binomial share
    for level in (0.02, 0.1, 0.5):
        slack = 3 * np.sqrt(level * (1 - level) / n_cases)
        assert (p <= level).mean() <= level + slack
    # nor is the test so careful that it finds nothing
    assert (p <= 0.1).mean() >= 0.1 - 3 * np.sqrt(0.09 / n_cases)


def test_what_is_planted_is_found() -> None:
    rng = np.random.default_rng(5)
    tree = a_tree(rng)
    null = hours_null(rng, tree.segment.size)
    mass = null.masses(1, rng)[0]
    planted = [0, *(row for row in range(1, 40) if tree.parent[row] == 0)][:4]
    mass[planted] += 12.0
    case = SchoolCase(tree, np.ones(40, bool), mass, 1.0, null, np.ones(40))
    test = assess_school(case, Parameters(n_null_runs=499), rng)
    assert test.chosen[planted].all()
    assert test.n_exceed == 0
    assert test.p <= 1 / 500
    # the same numbers, the same answer
    once, again = (
        assess_school(case, Parameters(n_null_runs=99), np.random.default_rng(1)) for _ in range(2)
    )
    assert once.p == again.p


def test_without_anything_there_is_no_evidence() -> None:
    rng = np.random.default_rng(6)
    tree = a_tree(rng)
    n = tree.segment.size
    null = hours_null(rng, n)
    case = SchoolCase(tree, np.ones(n, bool), np.zeros(n), 1.0, null, np.ones(n))
    test = assess_school(case, Parameters(n_null_runs=99), rng)
    assert test.p == 1.0
    assert test.statistic == 0.0


def test_a_street_without_coverage_is_never_gathered() -> None:
    rng = np.random.default_rng(8)
    tree = a_tree(rng)
    n = tree.segment.size
    is_covered = np.arange(n) % 2 == 0
    mass = np.full(n, 50.0)
    case = SchoolCase(tree, is_covered, mass, 1.0, hours_null(rng, n), np.ones(n))
    test = assess_school(case, Parameters(n_null_runs=99), rng)
    assert (test.prize[~is_covered] == 0).all()
    assert (test.prize[is_covered] > 0).all()


@pytest.mark.parametrize("kind", ["hours", "place"])
def test_what_is_expected_is_the_mean_of_the_runs(kind: str) -> None:
    rng = np.random.default_rng(2)
    tree = a_tree(rng)
    null = hours_null(rng, 40) if kind == "hours" else place_null(rng, tree)
    masses = null.masses(4000, rng)
    error = masses.std(axis=0) / np.sqrt(4000)
    assert (np.abs(masses.mean(axis=0) - null.expected()) <= 5 * error + 1e-12).all()
    if isinstance(null, PlaceNull):
        np.testing.assert_allclose(masses.sum(axis=1), null.unit_weight.sum())
        assert (masses[:, null.length_m == 0] == 0).all()


@given(st.lists(st.none() | st.floats(1e-6, 1.0), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_p_values_are_adjusted_as_benjamini_and_hochberg_do(p: list[float | None]) -> None:
    values = np.array([np.nan if one is None else one for one in p])
    adjusted = adjust_for_schools(values)
    tested = ~np.isnan(values)
    assert np.isnan(adjusted[~tested]).all()
    if tested.any():
        np.testing.assert_allclose(adjusted[tested], false_discovery_control(values[tested]))


# --- bursts and grades


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=40),
    st.sampled_from([0.0, 1.0, 3.0]),
)
@settings(max_examples=150, deadline=None)
def test_bursts_are_what_walking_through_them_one_by_one_gives(
    incidents: list[tuple[int, int]], gap_h: float
) -> None:
    quarter_ns = 900_000_000_000
    place = np.array([where for where, _ in incidents], np.int64)
    middle = np.array([when * quarter_ns for _, when in incidents], np.int64)
    number = burst_number(place, middle, gap_h)
    expected: dict[int, int] = {}
    last: tuple[int, int] | None = None
    at = -1
    for row in sorted(range(len(incidents)), key=lambda row: incidents[row]):
        here = incidents[row]
        if last is None or here[0] != last[0] or (here[1] - last[1]) * 0.25 > gap_h:
            at += 1
        expected[row] = at
        last = here
    assert number.tolist() == [expected[row] for row in range(len(incidents))]


@given(st.lists(st.integers(0, 120), min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_small_categories_are_pooled_and_large_ones_are_not(
    sizes: list[int], shuffle: object
) -> None:
    category = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    shuffle.shuffle(category)  # type: ignore[attr-defined]
    stratum = category_stratum(category)
    assert stratum.shape == category.shape
    small = [size for size in sizes if 0 < size < 50]
    large = {code for code, size in enumerate(sizes) if size >= 50}
    if small and sum(small) < 50:
        # too few even together: the smallest of the large ones joins them
        large -= set(sorted(large, key=lambda code: (sizes[code], code))[:1])
    pairs = set(zip(category.tolist(), stratum.tolist(), strict=True))
    assert len(pairs) == len(set(category.tolist()))
    own = [number for code, number in pairs if code in large]
    pooled = {number for code, number in pairs if code not in large}
    assert len(set(own)) == len(own)
    assert len(pooled) <= 1
    assert not pooled & set(own)
    assert set(own) | pooled == set(range(len(set(own) | pooled)))


ORDER = [Grade.NONE, Grade.WEAK, Grade.MODERATE, Grade.STRONG]
P = st.floats(0.0001, 1.0)


@st.composite
def facts(draw: st.DrawFn) -> dict[str, object]:
    p = draw(P)
    return {
        "n": draw(st.floats(0.1, 100)),
        "n_area": draw(st.integers(0, 500)),
        "p": p,
        "p_adjusted": min(1.0, p * draw(st.floats(1, 10))),
        "one_place_share": draw(st.floats(0, 1)),
        "is_timed": draw(st.booleans()),
        "assumed_day_share": draw(st.floats(0, 1)),
        "long_interval_share": draw(st.floats(0, 1)),
    }


BEST = {
    "n": 1000.0,
    "n_area": 10_000,
    "one_place_share": 0.0,
    "unknown_share": 0.0,
    "assumed_day_share": 0.0,
    "long_interval_share": 0.0,
    "is_timed": True,
}


def rank(known: Mapping[str, object]) -> int:
    return ORDER.index(grade_evidence(EvidenceFacts(**known), Parameters()).grade)  # type: ignore[arg-type]


@given(facts())
@settings(max_examples=300, deadline=None)
def test_a_flaw_never_raises_a_grade(known: dict[str, object]) -> None:
    here = rank(known)
    for name, best in BEST.items():
        assert rank({**known, name: best}) >= here
    for name in ("p", "p_adjusted"):
        assert rank({**known, name: 0.5 * float(known[name])}) >= here  # type: ignore[arg-type]
    graded = grade_evidence(EvidenceFacts(**known), Parameters())  # type: ignore[arg-type]
    assert graded.reasons
    if not known["is_timed"]:
        assert here <= ORDER.index(Grade.WEAK)
        # a named person may accept data without hours, and never turn them into the best evidence
        assert graded.with_override is not Grade.STRONG
    else:
        assert graded.with_override is graded.grade


def test_grades_by_hand() -> None:
    sure = {**BEST, "p": 0.001, "p_adjusted": 0.005}
    assert ORDER[rank(sure)] is Grade.STRONG
    assert ORDER[rank({**sure, "p_adjusted": 0.03})] is Grade.MODERATE
    assert ORDER[rank({**sure, "p": 0.08, "p_adjusted": 0.2})] is Grade.WEAK
    assert ORDER[rank({**sure, "p": 0.2, "p_adjusted": 0.4})] is Grade.NONE
    assert ORDER[rank({**sure, "n": 9.0})] is Grade.WEAK
    assert ORDER[rank({**sure, "one_place_share": 0.6})] is Grade.MODERATE
    assert ORDER[rank({**sure, "one_place_share": 0.8})] is Grade.WEAK
    assert ORDER[rank({**sure, "unknown_share": 0.6})] is Grade.WEAK
    assert ORDER[rank({**sure, "assumed_day_share": 0.6})] is Grade.MODERATE
    assert ORDER[rank({**sure, "long_interval_share": 0.6})] is Grade.MODERATE
    assert ORDER[rank({**sure, "n_area": 29})] is Grade.NONE
