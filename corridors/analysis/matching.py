"""From points to places on segments, as closely as the place of each point is known.

An exact point goes to one place on the nearest segment. A point that stands for a block, for a
police.uk anchor or for an area is spread over the segments around it in proportion to their length
inside its radius. Nothing far from any street is forced onto one, and nothing near one is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from corridors.analysis.segment_index import Nearest, SegmentIndex, Within
from corridors.domain.vocabulary import PlacePrecision

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from corridors.domain.parameters import Parameters

__all__ = ["Matches", "Nearest", "SegmentIndex", "Within", "match_points"]

_EXACT, _ANCHOR, _AREA = 0, 1, 2
_SPREAD = {
    PlacePrecision.EXACT: _EXACT,
    PlacePrecision.BLOCK: _ANCHOR,
    PlacePrecision.SNAPPED: _ANCHOR,
    PlacePrecision.AREA: _AREA,
}


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Where points lie on the network: rows of (point, place, share), and the distinct places.

    Points at one coordinate share their places, so sum weights over the places before anything
    costly: ``np.bincount(m.place, weights=w[m.point] * m.share, minlength=m.n_places)``.

    Parameters
    ----------
    point
        ``(n_rows,)`` row of the point, ascending. A point that is not matched has no row.
    place
        ``(n_rows,)`` row of ``place_segment`` and ``place_position_m``.
    share
        ``(n_rows,)`` part of the point at this place, over 0; the shares of a point sum to 1.
    place_segment
        ``(n_places,)`` row of the segment.
    place_position_m
        ``(n_places,)`` metres from the start of the segment.
    distance_m
        ``(n_points,)`` metres to the nearest segment; infinite where none is near enough.
    matched
        ``(n_points,)`` whether the point is on the network.
    """

    point: NDArray[np.int64]
    place: NDArray[np.int64]
    share: NDArray[np.float64]
    place_segment: NDArray[np.int32]
    place_position_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    matched: NDArray[np.bool_]

    @property
    def n_places(self) -> int:
        """Number of distinct places."""
        return len(self.place_segment)

    @property
    def segment(self) -> NDArray[np.int32]:
        """Row of the segment, for each row of ``point``."""
        return self.place_segment[self.place]

    @property
    def position_m(self) -> NDArray[np.float64]:
        """Metres from the start of the segment, for each row of ``point``."""
        return self.place_position_m[self.place]


@dataclass(frozen=True, slots=True, eq=False)
class _Anchors:
    """Distinct points, and which of them each point is."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    spread: NDArray[np.int8]
    of_point: NDArray[np.int64]


def match_points(
    index: SegmentIndex,
    x: ArrayLike,
    y: ArrayLike,
    place_precision: ArrayLike,
    parameters: Parameters,
) -> Matches:
    """Put points on the network, as closely as their place is known.

    A point farther than ``snap_tolerance_m`` from every segment is not matched. A spread point is
    matched also when a segment lies inside its radius; if its circle only touches a segment, or
    reaches none although one is within the tolerance, it goes to the nearest place whole.

    Parameters
    ----------
    index
        The segments.
    x, y
        ``(n,)`` coordinates in the segments' CRS, in metres.
    place_precision
        ``(n,)`` words of `corridors.domain.vocabulary.PlacePrecision`. ``block`` and ``snapped``
        are spread over ``anchor_radius_m``, ``area`` over ``area_radius_m``.
    parameters
        The radii.

    Raises
    ------
    ValueError
        If the arrays differ in length or a precision is not one of the words.
    """
    anchors = _distinct(np.asarray(x, float), np.asarray(y, float), _spread_of(place_precision))
    n = len(anchors.x)
    reach_m = np.full(n, parameters.snap_tolerance_m)
    distance_m = np.full(n, np.inf)
    rows: list[tuple[NDArray[Any], ...]] = []
    for spread, radius_m in (
        (_EXACT, 0.0),
        (_ANCHOR, parameters.anchor_radius_m),
        (_AREA, parameters.area_radius_m),
    ):
        which = np.flatnonzero(anchors.spread == spread)
        reach_m[which] = max(radius_m, parameters.snap_tolerance_m)
        if not len(which):
            continue
        nearest = index.nearest(anchors.x[which], anchors.y[which], float(reach_m[which[0]]))
        distance_m[which] = nearest.distance_m
        is_spread = np.zeros(n, bool)
        if radius_m > 0:
            near = which[nearest.distance_m <= radius_m]
            stretches = _stretches(index, anchors, near, radius_m)
            rows.append(stretches)
            is_spread[stretches[0]] = True
        whole = (nearest.segment >= 0) & ~is_spread[which]
        ones = np.ones(int(whole.sum()))
        rows.append((which[whole], nearest.segment[whole], nearest.position_m[whole], ones))
    return _expand(anchors, rows, distance_m)


def _spread_of(place_precision: ArrayLike) -> NDArray[np.int8]:
    words: NDArray[Any] = np.asarray(place_precision, dtype=object)
    spread = np.full(len(words), -1, np.int8)
    for word, code in _SPREAD.items():
        spread[words == word.value] = code
    if (spread < 0).any():
        raise ValueError(f"{int((spread < 0).sum())} points have no known place precision")
    return spread


def _distinct(x: NDArray[np.float64], y: NDArray[np.float64], spread: NDArray[np.int8]) -> _Anchors:
    """Reduce points to distinct ones: records on anchors repeat the same few thousand points."""
    if not len(x) == len(y) == len(spread):
        raise ValueError("x, y and place_precision differ in length")
    order = np.lexsort((spread, y, x))
    new = np.ones(len(x), bool)
    new[1:] = (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0) | (np.diff(spread[order]) != 0)
    of_point = np.empty(len(x), np.int64)
    of_point[order] = np.cumsum(new) - 1
    first = order[new]
    return _Anchors(x[first], y[first], spread[first], of_point)


def _stretches(
    index: SegmentIndex, anchors: _Anchors, which: NDArray[np.int64], radius_m: float
) -> tuple[NDArray[Any], ...]:
    """Give anchor, segment, position and share of each stretch of street within the radius."""
    within = index.within(anchors.x[which], anchors.y[which], radius_m)
    total_m = np.bincount(within.point, weights=within.length_m, minlength=len(which))
    share = within.length_m / total_m[within.point]
    return which[within.point], within.segment, within.position_m, share


def _expand(
    anchors: _Anchors, rows: list[tuple[NDArray[Any], ...]], distance_m: NDArray[np.float64]
) -> Matches:
    """Repeat the rows of each distinct point for every point that it stands for."""
    if not rows:
        rows = [(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0), np.empty(0))]
    anchor, segment, position_m, share = (np.concatenate(part) for part in zip(*rows, strict=True))
    order = np.argsort(anchor, kind="stable")
    n_rows = np.bincount(anchor, minlength=len(anchors.x))
    first = np.cumsum(n_rows) - n_rows
    n_each = n_rows[anchors.of_point]
    point = np.repeat(np.arange(len(n_each)), n_each)
    within_point = np.arange(len(point)) - np.repeat(np.cumsum(n_each) - n_each, n_each)
    place = first[anchors.of_point[point]] + within_point
    return Matches(
        point,
        place,
        share[order][place],
        segment[order].astype(np.int32),
        position_m[order],
        distance_m[anchors.of_point],
        n_each > 0,
    )
