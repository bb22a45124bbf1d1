"""The grid index against shapely's distances, one segment at a time, and hand-made cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.analysis.matching import Matches, SegmentIndex, match_points
from corridors.domain.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Lines = NDArray[np.object_]

CORNER = np.array([530_000.0, 180_000.0])


def bent_lines(seed: int, n: int, extent_m: float = 2_000.0) -> Lines:
    """Lines of 2 to 5 points, many starting where another ends, far from the origin."""
    rng = np.random.default_rng(seed)
    lines = []
    ends = [rng.uniform(0, extent_m, 2)]
    for _ in range(n):
        start = ends[rng.integers(len(ends))] if rng.random() < 0.7 else rng.uniform(0, extent_m, 2)
        steps = rng.normal(0, rng.choice([3.0, 40.0, 300.0]), (rng.integers(1, 5), 2))
        points = np.vstack([start, start + np.cumsum(steps, axis=0)])
        ends.append(points[-1])
        lines.append(shapely.LineString(points + CORNER))
    return np.array(lines, dtype=object)


def brute_distances(
    lines: Lines, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    points: NDArray[np.object_] = np.asarray(shapely.points(x, y), dtype=object)
    return np.asarray(shapely.distance(points[:, None], lines[None, :]))


@pytest.mark.parametrize("cell_m", [7.0, 50.0, 400.0, 1e6])
@pytest.mark.parametrize("max_m", [30.0, np.inf])
def test_nearest_is_the_brute_force_nearest(cell_m: float, max_m: float) -> None:
    lines = bent_lines(1, 120)
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-2500, 4500, (2, 800)) + CORNER[:, None]
    x[:300], y[:300] = rng.uniform(0, 2000, (2, 300)) + CORNER[:, None]
    every = brute_distances(lines, x, y)
    expected = every.min(axis=1)
    segment, position_m, distance_m = SegmentIndex.build(lines, cell_m).nearest(x, y, max_m)
    found = expected <= max_m
    assert found.any()
    assert (segment >= 0).tolist() == found.tolist()
    np.testing.assert_allclose(distance_m[found], expected[found], rtol=0, atol=1e-9)
    assert np.isinf(distance_m[~found]).all()
    on_line = shapely.line_interpolate_point(lines[segment[found]], position_m[found])
    np.testing.assert_allclose(
        shapely.distance(on_line, shapely.points(x, y)[found]), expected[found], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("seed", range(5))
def test_at_a_junction_the_lowest_row_wins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = rng.permutation(bent_lines(seed, 150, 1_000.0))
    ends = shapely.get_coordinates(shapely.get_point(lines, -1))
    # At the junctions, and beside them where the junction itself is the nearest place of several.
    x, y = np.vstack([ends, ends + rng.normal(0, 2, ends.shape)]).T
    every = brute_distances(lines, x, y)
    tied = every <= every.min(axis=1, keepdims=True) + 1e-9
    assert (tied.sum(axis=1) > 1).sum() > 50
    segment, _, distance_m = SegmentIndex.build(lines, 60.0).nearest(x, y, 50.0)
    assert segment.tolist() == tied.argmax(axis=1).tolist()
    np.testing.assert_allclose(distance_m, every.min(axis=1), rtol=0, atol=1e-9)


def test_tie_rule_does_not_depend_on_the_order_of_the_pieces() -> None:
    # Three parallel lines: the point is as near to the first as to the last, and 5e-10 m nearer
    # to the second, which is equal by the rule.
    lines = shapely.linestrings(
        [
            [[0.0, 10.0], [100.0, 10.0]],
            [[0.0, -10.0 + 5e-10], [100.0, -10.0 + 5e-10]],
            [[0.0, -10.0], [100.0, -10.0]],
        ]
    )
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        nearest = SegmentIndex.build(lines[order], 30.0).nearest([50.0], [0.0])
        assert nearest.segment.tolist() == [0]
        assert nearest.distance_m[0] == pytest.approx(10.0, abs=1e-9)
    # 3e-9 m nearer is nearer.
    nearer = shapely.linestrings([[[0.0, 10.0], [100.0, 10.0]], [[0.0, -10 + 3e-9], [100, -10]]])
    assert SegmentIndex.build(nearer, 30.0).nearest([0.0], [0.0]).segment.tolist() == [1]


def test_nearest_by_hand() -> None:
    lines = shapely.linestrings([[[0, 0], [100, 0], [100, 50]]])
    index = SegmentIndex.build(lines)
    x, y = [-3.0, 40.0, 110.0, 100.0, 100.0], [4.0, -7.0, 20.0, 90.0, 90.000001]
    segment, position_m, distance_m = index.nearest(x, y, 40.0)
    assert segment.tolist() == [0, 0, 0, 0, -1]  # exactly at the limit is within it
    assert position_m.tolist() == [0.0, 40.0, 120.0, 150.0, 0.0]
    assert distance_m.tolist() == [5.0, 7.0, 10.0, 40.0, np.inf]


def test_points_that_are_no_place_have_no_segment() -> None:
    index = SegmentIndex.build(shapely.linestrings([[[0, 0], [100, 0]]]))
    odd = [np.nan, np.inf, -np.inf, 1e300, 5.0]
    assert index.nearest(odd, [0.0] * 5).segment.tolist() == [-1, -1, -1, -1, 0]
    assert index.nearest([0.0] * 5, odd).segment.tolist() == [-1, -1, -1, -1, 0]
    assert index.within(odd, [0.0] * 5, 10.0).point.tolist() == [4]
    assert index.nearest([], []).segment.tolist() == []


def test_segments_of_no_length_and_repeated_vertices() -> None:
    lines = shapely.linestrings([[[0, 0], [0, 0]], [[50, 0], [60, 0]]])
    index = SegmentIndex.build(lines)
    assert index.nearest([1.0, 58.0], [0.0, 3.0]).segment.tolist() == [0, 1]
    assert index.nearest([1.0], [0.0]).position_m.tolist() == [0.0]
    assert index.within([0.0], [0.0], 10.0).point.tolist() == []
    doubled = SegmentIndex.build(shapely.linestrings([[[0, 0], [5, 0], [5, 0], [9, 0]]]))
    assert [part.tolist() for part in doubled.within([5.0], [0.0], 2.0)] == [[0], [0], [5.0], [4.0]]


def test_no_segments_at_all() -> None:
    index = SegmentIndex.build(np.array([], dtype=object))
    assert index.nearest([1.0, 2.0], [1.0, 2.0]).segment.tolist() == [-1, -1]
    assert index.within([1.0], [1.0], 100.0).point.tolist() == []
    matches = match_points(index, [1.0], [1.0], ["snapped"], Parameters())
    assert matches.matched.tolist() == [False]


@pytest.mark.parametrize(
    "line",
    [None, shapely.Point(0, 0), shapely.LineString(), shapely.LineString([(0, 0), (1, 1e400)])],
)
def test_what_is_not_a_line_is_refused(line: object) -> None:
    with pytest.raises(ValueError, match="segment"):
        SegmentIndex.build(np.array([shapely.LineString([(0, 0), (1, 1)]), line], dtype=object))


def test_far_apart_streets_cost_no_memory() -> None:
    lines = shapely.linestrings([[[0, 0], [100, 0]], [[5e6, 5e6], [5e6 + 100, 5e6]]])
    index = SegmentIndex.build(lines)
    assert len(index.offset) < 5_000_000
    assert index.nearest([10.0, 5e6], [30.0, 5e6 + 1]).segment.tolist() == [0, 1]


@pytest.mark.parametrize("cell_m", [9.0, 50.0, 700.0])
@pytest.mark.parametrize("radius_m", [25.0, 60.0, 200.0])
def test_within_is_the_length_inside_the_circle(cell_m: float, radius_m: float) -> None:
    lines = bent_lines(3, 80)
    rng = np.random.default_rng(4)
    near_ends = shapely.get_coordinates(shapely.get_point(lines, -1))[rng.integers(0, 80, 60)]
    x, y = (near_ends + rng.normal(0, radius_m, (60, 2))).T
    within = SegmentIndex.build(lines, cell_m).within(x, y, radius_m)
    inside = np.zeros((60, len(lines)))
    np.add.at(inside, (within.point, within.segment), within.length_m)
    # A circle of 4 x 512 sides holds all but 1e-6 of the length.
    circles = shapely.buffer(shapely.points(x, y), radius_m, quad_segs=512)
    clipped = shapely.intersection(circles[:, None], lines[None, :])
    expected = shapely.length(clipped)
    assert (expected > 0).sum() > 15
    np.testing.assert_allclose(inside, expected, rtol=0, atol=0.02)
    assert (within.length_m > 0).all()
    middle = shapely.line_interpolate_point(lines[within.segment], within.position_m)
    gap = shapely.distance(middle, shapely.points(x, y)[within.point])
    assert (gap <= radius_m + 1e-6).all()
    assert (np.diff(within.point) >= 0).all()


def test_a_segment_that_comes_back_has_two_stretches() -> None:
    hairpin = shapely.linestrings([[[-50, 3], [50, 3], [50, 30], [50, -3], [-50, -3]]])
    within = SegmentIndex.build(hairpin).within([0.0], [0.0], 5.0)
    assert within.segment.tolist() == [0, 0]
    np.testing.assert_allclose(within.length_m, [8.0, 8.0])
    np.testing.assert_allclose(within.position_m, [50.0, 100 + 27 + 33 + 50])


def test_a_bend_inside_the_circle_is_one_stretch() -> None:
    bend = shapely.linestrings([[[-100, 0], [0, 0], [0, 100]]])
    within = SegmentIndex.build(bend).within([0.0], [0.0], 30.0)
    assert [part.tolist() for part in within] == [[0], [0], [100.0], [60.0]]


# --- match_points ---------------------------------------------------------------------------

CROSS = shapely.linestrings([[[-100, 0], [0, 0]], [[0, 0], [100, 0]], [[0, 0], [0, 300]]])


def match(x: list[float], y: list[float], precision: list[str], **changed: float) -> Matches:
    index = SegmentIndex.build(CROSS)
    return match_points(index, x, y, precision, Parameters(**changed))  # type: ignore[arg-type]


def test_match_by_hand() -> None:
    matches = match([30.0, 0.0, 0.0], [4.0, 0.0, 0.0], ["exact", "snapped", "area"])
    assert matches.matched.all()
    assert matches.distance_m.tolist() == [4.0, 0.0, 0.0]
    assert matches.point.tolist() == [0, 1, 1, 1, 2, 2, 2]
    assert matches.segment.tolist() == [1, 0, 1, 2, 0, 1, 2]
    # 60 m of each arm; then 100, 100 and 200 m within 200 m.
    np.testing.assert_allclose(matches.position_m, [30.0, 70.0, 30.0, 30.0, 50.0, 50.0, 100.0])
    np.testing.assert_allclose(matches.share, [1.0, 1 / 3, 1 / 3, 1 / 3, 0.25, 0.25, 0.5])


def test_nothing_far_is_forced_onto_a_street() -> None:
    matches = match(
        [-50.0] * 4, [-50.1, -60.1, -60.1, -200.1], ["exact", "block", "snapped", "area"]
    )
    assert not matches.matched.any()
    assert matches.point.size == 0
    assert np.isinf(matches.distance_m).all()


def test_a_circle_that_only_touches_a_street_keeps_its_point() -> None:
    matches = match([-50.0, -50.0], [-60.0, -200.0], ["snapped", "area"])
    assert matches.matched.all()
    assert matches.segment.tolist() == [0, 0]
    assert matches.position_m.tolist() == [50.0, 50.0]
    assert matches.share.tolist() == [1.0, 1.0]


def test_a_spread_point_within_the_tolerance_but_not_its_radius_goes_to_the_nearest_place() -> None:
    matches = match([-50.0], [-30.0], ["snapped"], anchor_radius_m=20.0, snap_tolerance_m=50.0)
    assert matches.segment.tolist() == [0]
    assert matches.share.tolist() == [1.0]


def test_points_at_one_coordinate_share_their_places() -> None:
    x = [0.0, 0.0, 30.0, 0.0, 0.0]
    precision = ["snapped", "block", "exact", "snapped", "exact"]
    matches = match(x, [0.0] * 5, precision)
    assert matches.n_places == 3 + 1 + 1
    assert np.bincount(matches.point).tolist() == [3, 3, 1, 3, 1]
    first, fourth = matches.place[matches.point == 0], matches.place[matches.point == 3]
    assert first.tolist() == fourth.tolist()


def test_unknown_precision_is_refused_without_quoting_it() -> None:
    with pytest.raises(ValueError, match="1 points have no known place precision") as error:
        match([0.0, 0.0], [0.0, 0.0], ["exact", "12 High Street"])
    assert "High" not in str(error.value)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        match([0.0, 1.0], [0.0, 1.0], ["exact"])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 60),
    snap=st.floats(1.0, 100.0),
    anchor=st.floats(1.0, 150.0),
    area=st.floats(1.0, 400.0),
)
def test_nothing_is_lost(seed: int, n: int, snap: float, anchor: float, area: float) -> None:
    rng = np.random.default_rng(seed)
    lines = bent_lines(seed % 7, 25, 800.0)
    x, y = rng.integers(-20, 100, (2, n)) * 10.0 + CORNER[:, None]
    precision = rng.choice(["exact", "block", "snapped", "area"], n)
    parameters = Parameters(snap_tolerance_m=snap, anchor_radius_m=anchor, area_radius_m=area)
    matches = match_points(SegmentIndex.build(lines), x, y, precision, parameters)
    distance = brute_distances(lines, x, y).min(axis=1, initial=np.inf)
    radius = np.select([precision == "exact", precision == "area"], [0.0, area], anchor)
    reach = np.maximum(radius, snap)
    on_edge = np.abs(distance - reach) < 1e-9
    assert ((matches.matched == (distance <= reach)) | on_edge).all()
    total = np.bincount(matches.point, weights=matches.share, minlength=n)
    np.testing.assert_allclose(total, matches.matched, rtol=0, atol=1e-12)
    assert ((matches.share > 0) & (matches.share <= 1 + 1e-12)).all()
    assert (np.diff(matches.point) >= 0).all()
    length_m = shapely.length(lines)[matches.segment]
    assert ((matches.position_m >= 0) & (matches.position_m <= length_m + 1e-9)).all()
    exact = precision == "exact"
    assert (np.bincount(matches.point, minlength=n)[exact] <= 1).all()
