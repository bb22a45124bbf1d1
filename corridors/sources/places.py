"""Coordinates of sites out of text: finite, the right way round, and inside the CRS."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Placed = tuple[Floats, Floats, dict[str, Bools]]

__all__ = ["place_degrees", "place_projected"]

_MARGIN_DEG = 1.0
_WGS84 = 4326


def place_projected(easting: pd.Series, northing: pd.Series, source: CRS, target: CRS) -> Placed:
    """Place eastings and northings.

    Parameters
    ----------
    easting, northing
        Text in metres of the source CRS.
    source, target
        Projected CRS of the text and of the area.

    Returns
    -------
    x, y : ndarray of float
        ``(n,)`` metres in the target CRS; NaN where there is a reason.
    reasons : dict of str to ndarray of bool
        ``no_position`` (blank, or 0, 0), ``not_a_number``, ``not_finite``, ``not_metres``
        (degrees in a column of metres), ``swapped_axes`` (only exchanged do they lie where the
        CRS is meant for) and ``outside_crs``, weightiest first.
    """
    x, y, reasons, usable = _read(easting, northing)
    degrees = usable & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    reasons["not_metres"] = degrees
    usable &= ~degrees
    inside = usable & _is_meant_for(*_transform(x, y, source, _wgs84()), source)
    exchanged = usable & ~inside & _is_meant_for(*_transform(y, x, source, _wgs84()), source)
    if source != target:
        x, y = _transform(x, y, source, target)
    return _finish(x, y, reasons, usable, inside, exchanged)


def place_degrees(longitude: pd.Series, latitude: pd.Series, target: CRS) -> Placed:
    """Place longitudes and latitudes, WGS84.

    Parameters
    ----------
    longitude, latitude
        Text in degrees.
    target
        Projected CRS of the area.

    Returns
    -------
    x, y : ndarray of float
        ``(n,)`` metres in the target CRS; NaN where there is a reason.
    reasons : dict of str to ndarray of bool
        As `place_projected`, with ``not_degrees`` (a grid reference in a column of degrees) in
        place of ``not_metres``.
    """
    lon, lat, reasons, usable = _read(longitude, latitude)
    inside = usable & _is_meant_for(lon, lat, target)
    exchanged = usable & ~inside & _is_meant_for(lat, lon, target)
    too_large = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    reasons["not_degrees"] = usable & too_large & ~exchanged
    usable &= ~reasons["not_degrees"]
    x, y = _transform(np.where(inside, lon, np.nan), lat, _wgs84(), target)
    return _finish(x, y, reasons, usable, inside, exchanged)


def _read(first: pd.Series, second: pd.Series) -> tuple[Floats, Floats, dict[str, Bools], Bools]:
    """Read both numbers; the rows without a reason yet are usable."""
    x, y = _numbers(first), _numbers(second)
    blank = ((first == "") | (second == "")).to_numpy(bool)
    unread = _is_no_number(first, x) | _is_no_number(second, y)
    finite = np.isfinite(x) & np.isfinite(y)
    nowhere = blank | ((x == 0) & (y == 0))
    reasons = {
        "no_position": nowhere,
        "not_a_number": unread & ~nowhere,
        "not_finite": ~finite & ~unread & ~nowhere,
    }
    return x, y, reasons, finite & ~nowhere


def _numbers(text: pd.Series) -> Floats:
    return pd.to_numeric(text, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _is_no_number(text: pd.Series, values: Floats) -> Bools:
    """Tell text that is no number at all; NaN, written out, is one that is not finite."""
    return np.isnan(values) & ~text.str.casefold().isin(["nan", "-nan", "+nan"]).to_numpy(bool)


def _finish(
    x: Floats, y: Floats, reasons: dict[str, Bools], usable: Bools, inside: Bools, exchanged: Bools
) -> Placed:
    reasons["swapped_axes"] = exchanged
    good = inside & np.isfinite(x) & np.isfinite(y)
    reasons["outside_crs"] = usable & ~good & ~exchanged
    return np.where(good, x, np.nan), np.where(good, y, np.nan), reasons


def _is_meant_for(lon: Floats, lat: Floats, crs: CRS) -> Bools:
    """Tell whether degrees lie where the CRS is meant for, with a margin; NaN does not."""
    area = crs.area_of_use
    west, south, east, north = area.bounds if area is not None else (-180.0, -90.0, 180.0, 90.0)
    in_lat = (lat >= max(south - _MARGIN_DEG, -90)) & (lat <= min(north + _MARGIN_DEG, 90))
    if west > east:  # across the date line
        in_lon = (lon >= west - _MARGIN_DEG) | (lon <= east + _MARGIN_DEG)
    else:
        in_lon = (lon >= west - _MARGIN_DEG) & (lon <= east + _MARGIN_DEG)
    return in_lat & in_lon & (np.abs(lon) <= 180)


@cache
def _wgs84() -> CRS:
    return CRS.from_epsg(_WGS84)


@lru_cache(maxsize=8)
def _transformer(source: CRS, target: CRS) -> Transformer:
    """Make a transformation once: looking for it takes longer than a city's schools."""
    return Transformer.from_crs(source, target, always_xy=True)


def _transform(x: Floats, y: Floats, source: CRS, target: CRS) -> tuple[Floats, Floats]:
    """Transform; what has no place in the target is infinite or NaN."""
    to_x, to_y = _transformer(source, target).transform(x, y, errcheck=False)
    return np.asarray(to_x, np.float64), np.asarray(to_y, np.float64)
