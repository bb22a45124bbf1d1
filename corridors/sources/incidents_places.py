"""From the coordinates of a row to a point in the area's CRS, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from corridors.sources.incidents_clock import without_blanks
from corridors.sources.incidents_reasons import first_reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

__all__ = ["MARGIN_M", "Bounds", "Placed", "place_incidents"]

MARGIN_M = 1_000.0
"""Rows within this distance of the area's bounds are kept: streets near its edge need them."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north in metres of the area's CRS."""

_MAX_LONGITUDE, _MAX_LATITUDE = 180.0, 90.0


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Points of a table's rows.

    Parameters
    ----------
    x, y
        Metres in the area's CRS; 0 where there is a reason.
    reason
        Why the row is set aside, or "".
    """

    x: Floats
    y: Floats
    reason: NDArray[np.object_]


def place_incidents(
    first: pd.Series, second: pd.Series, *, from_crs: str | None, area_crs: str, bounds: Bounds
) -> Placed:
    """Find where each row happened.

    Parameters
    ----------
    first, second
        Text of easting and northing, or of longitude and latitude.
    from_crs
        CRS of easting and northing; None for longitude and latitude (WGS84).
    area_crs
        The projected CRS of the area.
    bounds
        Bounds of the area in that CRS; `MARGIN_M` is added on every side.
    """
    a, a_is_number = _numbers(first)
    b, b_is_number = _numbers(second)
    is_blank = np.isnan(a) & a_is_number | np.isnan(b) & b_is_number | (a == 0) & (b == 0)
    is_finite = np.isfinite(a) & np.isfinite(b)
    project = _projection(from_crs, area_crs)
    wide = (bounds[0] - MARGIN_M, bounds[1] - MARGIN_M, bounds[2] + MARGIN_M, bounds[3] + MARGIN_M)
    x, y = project(a, b)
    is_inside = _lies_in(x, y, wide)
    is_swapped = np.zeros_like(is_inside)
    others = is_finite & ~is_inside & ~is_blank
    is_swapped[others] = _lies_in(*project(b[others], a[others]), wide)
    in_degrees = (abs(a) <= _MAX_LONGITUDE) & (abs(b) <= _MAX_LATITUDE)
    swapped_degrees = (abs(b) <= _MAX_LONGITUDE) & (abs(a) <= _MAX_LATITUDE)
    nothing = np.zeros_like(is_inside)
    reason = first_reason(
        len(a),
        [
            ("not_a_number", ~(a_is_number & b_is_number)),
            ("not_finite", np.isinf(a) | np.isinf(b)),
            ("no_position", is_blank),
            ("swapped_axes", is_swapped),
            ("not_degrees", nothing if from_crs else ~in_degrees),
            (
                "not_metres",
                ~is_inside & (in_degrees | swapped_degrees) if from_crs else nothing,
            ),
            ("outside_area", ~is_inside),
        ],
    )
    good = reason == ""
    return Placed(np.where(good, x, 0.0), np.where(good, y, 0.0), reason)


def _numbers(text: pd.Series) -> tuple[Floats, Bools]:
    """Read numbers; NaN where blank, and where the text is none (told apart by the mask)."""
    plain = without_blanks(text)
    numbers = pd.to_numeric(plain.where(plain != "", "nan"), errors="coerce").to_numpy(np.float64)
    return numbers, ~np.isnan(numbers) | (plain == "").to_numpy(bool)


class _Projection:
    """Coordinates of the file to the area's CRS; what cannot be projected becomes infinite."""

    def __init__(self, from_crs: str | None, area_crs: str) -> None:
        self._transformer: Transformer | None = None
        self._is_degrees = from_crs is None
        if from_crs is None or CRS.from_user_input(from_crs) != CRS.from_user_input(area_crs):
            self._transformer = Transformer.from_crs(
                from_crs or "EPSG:4326", area_crs, always_xy=True
            )

    def __call__(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        ok = np.isfinite(a) & np.isfinite(b)
        if self._is_degrees:
            ok &= (abs(a) <= _MAX_LONGITUDE) & (abs(b) <= _MAX_LATITUDE)
        x, y = np.full(len(a), np.inf), np.full(len(a), np.inf)
        if self._transformer is None:
            x[ok], y[ok] = a[ok], b[ok]
        elif ok.any():
            x[ok], y[ok] = self._transformer.transform(a[ok], b[ok])
        return x, y


def _projection(from_crs: str | None, area_crs: str) -> _Projection:
    return _Projection(from_crs, area_crs)


def _lies_in(x: Floats, y: Floats, bounds: Bounds) -> Bools:
    west, south, east, north = bounds
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)
