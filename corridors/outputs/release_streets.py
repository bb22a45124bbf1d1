"""Streets as they may be shown: merged, simplified, in WGS84 to five decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from shapely import MultiLineString, Point

from corridors.domain.released import ReleasedBand, ReleasedBase, ReleasedLabel
from corridors.outputs.release_words import BAND_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork

__all__ = [
    "BAND_SHARES",
    "DECIMALS",
    "SIMPLIFY_M",
    "Projector",
    "join_lines",
    "release_bands",
    "release_base",
    "release_labels",
]

DECIMALS = 5
"""About a metre: enough to draw with, too coarse to tell a doorstep."""
BAND_SHARES = (0.5, 0.35, 0.15)
"""Share of the length of the streets with enough reports that each band takes, lowest first."""

SIMPLIFY_M = 1.0
"""A pixel or two at the nearest zoom."""

_MIN_LABEL_M = 70.0
_LABEL_EVERY_M = 700.0
_MAX_LABELS = 5000
_MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
_PATH = ("footway", "path", "steps", "cycleway", "bridleway", "track", "corridor")


class Projector:
    """From the area's CRS to WGS84, rounded to five decimals.

    Parameters
    ----------
    crs
        The area's projected CRS, such as ``"EPSG:27700"``.
    """

    def __init__(self, crs: str) -> None:
        self._transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def coordinates(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project ``(n, 2)`` eastings and northings to longitudes and latitudes."""
        lon, lat = self._transformer.transform(xy[:, 0], xy[:, 1])
        # adding 0.0 turns -0.0 into 0.0, so that a sign cannot differ between runs
        return np.round(np.column_stack([lon, lat]), DECIMALS) + 0.0

    def point(self, x: float, y: float) -> Point:
        """Project one point."""
        return Point(self.coordinates(np.array([[x, y]], float))[0])

    def lines(self, geometry: NDArray[np.object_]) -> MultiLineString:
        """Merge lines end to end, project them and forget direction and order."""
        if len(geometry) == 0:
            return MultiLineString()
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(geometry)))
        projected = shapely.transform(merged, self.coordinates)
        projected = shapely.remove_repeated_points(projected)
        projected = projected[shapely.length(projected) > 0.0]
        # normalised: no part keeps the direction or the order of a walk
        return cast("MultiLineString", MultiLineString(list(projected)).normalize())


def join_lines(geometries: Sequence[MultiLineString]) -> MultiLineString:
    """Put the lines of several geometries into one."""
    return MultiLineString(list(shapely.get_parts(list(geometries))))


def _kinds(network: StreetNetwork) -> NDArray[np.str_]:
    highway = network.segments["highway"].astype(str).str.removesuffix("_link")
    conditions = [highway.isin(_MAIN).to_numpy(), highway.isin(_PATH).to_numpy()]
    return np.select(conditions, ["main", "path"], "street")


def release_base(network: StreetNetwork, projector: Projector) -> tuple[ReleasedBase, ...]:
    """Merge the streets by kind, for the base map.

    Segments are simplified one by one, so that their ends, the junctions, stay where they are.
    """
    lines = shapely.simplify(network.segments.geometry.to_numpy(), SIMPLIFY_M)
    kinds = _kinds(network)
    return tuple(
        ReleasedBase(kind, projector.lines(lines[kinds == kind]))
        for kind in ("path", "street", "main")
        if (kinds == kind).any()
    )


def release_labels(
    network: StreetNetwork,
    projector: Projector,
    *,
    rows: NDArray[np.intp] | None = None,
    min_length_m: float = _MIN_LABEL_M,
) -> tuple[ReleasedLabel, ...]:
    """Place the names of the streets along them, main streets and long ones first.

    Parameters
    ----------
    rows
        Segments to name; all by default.
    min_length_m
        A shorter piece of a street gets no label.
    """
    segments = network.segments
    rows = np.arange(len(segments)) if rows is None else rows
    names = segments["name"].iloc[rows].fillna("").astype(str)
    named = names.str.strip().ne("").to_numpy()
    rows, names = rows[named], names[named]
    if len(rows) == 0:
        return ()
    street, unique = pd.factorize(names, sort=True)
    order = np.argsort(street, kind="stable")
    lines = segments.geometry.to_numpy()[rows[order]]
    merged = shapely.line_merge(shapely.multilinestrings(lines, indices=street[order]))
    parts, of_street = shapely.get_parts(merged, return_index=True)
    is_main = np.zeros(len(unique), bool)
    is_main[street[_kinds(network)[rows] == "main"]] = True
    length = shapely.length(parts)
    keep = length >= min_length_m
    parts, of_street, length = parts[keep], of_street[keep], length[keep]
    times = np.maximum(1, np.rint(length / _LABEL_EVERY_M)).astype(int)
    part = np.repeat(np.arange(len(parts)), times)
    nth = np.arange(len(part)) - np.repeat(np.cumsum(times) - times, times)
    at_m = (nth + 0.5) / times[part] * length[part]
    before = shapely.get_coordinates(shapely.line_interpolate_point(parts[part], at_m - 15.0))
    after = shapely.get_coordinates(shapely.line_interpolate_point(parts[part], at_m + 15.0))
    here = shapely.get_coordinates(shapely.line_interpolate_point(parts[part], at_m))
    angle = np.degrees(np.arctan2(after[:, 1] - before[:, 1], after[:, 0] - before[:, 0]))
    angle = np.round((angle + 90.0) % 180.0 - 90.0, 0)
    main = is_main[of_street[part]]
    rank = np.lexsort((at_m, of_street[part], -length[part].round(1), nth > 0, ~main))[:_MAX_LABELS]
    at = projector.coordinates(here)
    return tuple(
        ReleasedLabel(
            str(unique[of_street[part[i]]]),
            Point(at[i]),
            float(angle[i]) + 0.0,
            "main" if main[i] else "street",
        )
        for i in rank
    )


def release_bands(
    network: StreetNetwork,
    projector: Projector,
    intensity: NDArray[np.float64],
    may_show: NDArray[np.bool_],
) -> tuple[ReleasedBand, ...]:
    """Sort streets into at most three ordinal bands by stated shares of length.

    Equal intensities stay in one band (the lower), and the edges between bands never leave.

    Parameters
    ----------
    intensity
        Per segment; only its order is used.
    may_show
        Segments that are covered and have enough reports within reach; others stay base map.
    """
    value = np.nan_to_num(intensity, nan=0.0)
    rows = np.flatnonzero(may_show & (value > 0.0))
    if len(rows) == 0:
        return ()
    lines = shapely.simplify(network.segments.geometry.to_numpy()[rows], SIMPLIFY_M)
    distinct, group = np.unique(value[rows], return_inverse=True)
    group_m = np.bincount(group, network.length_m[rows], len(distinct))
    # the share of length below the middle of each group of equal streets decides its band
    middle = (np.cumsum(group_m) - group_m / 2.0) / group_m.sum()
    band = np.searchsorted(np.cumsum(BAND_SHARES)[:-1], middle, side="right")[group]
    return tuple(
        ReleasedBand(BAND_LABELS[rank], rank + 1, projector.lines(lines[band == rank]))
        for rank in range(len(BAND_SHARES))
        if (band == rank).any()
    )
