"""Bring edges to the area's CRS, and refuse a CRS in which metres are not metres there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

from corridors.errors import Problem, SourceError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["MAX_STRETCH", "area_crs", "project_edges"]

MAX_STRETCH = 0.02
"""Largest relative error of lengths: a budget of 1,200 m is then right to 24 m."""

_MARGIN_DEG = 1.0
_MEND_CRS = "Set crs in the area file to the projected CRS of the place, such as EPSG:27700."
_GEOD = Geod(ellps="WGS84")
_SAMPLE = 5_000


def area_crs(crs: str) -> CRS:
    """Read the area's CRS; it must be projected, in metres.

    Raises
    ------
    SourceError
        If it is unknown, geographic, or in another unit.
    """
    try:
        known = CRS.from_user_input(crs)
    except CRSError as err:
        raise SourceError(Problem("crs", "is not a known CRS.", _MEND_CRS)) from err
    if not known.is_projected:
        _refuse("crs", "is not projected: it counts degrees, not metres.")
    if any(axis.unit_name not in {"metre", "meter"} for axis in known.axis_info[:2]):
        _refuse("crs", "does not count metres.")
    return known


def project_edges(edges: gpd.GeoDataFrame, crs: str, where: str) -> gpd.GeoDataFrame:
    """Project edges to the area's CRS and check that it fits the place.

    Parameters
    ----------
    edges
        Lines in any CRS, finite.
    crs
        The area's CRS.
    where
        How messages name the file.

    Raises
    ------
    SourceError
        If the streets lie outside the area where the CRS holds, or if it makes lengths more than
        2 % wrong there (`MAX_STRETCH`; web Mercator does).
    """
    target = area_crs(crs)
    lines = edges.geometry.to_numpy()
    xy, line = shapely.get_coordinates(lines, return_index=True)
    lonlat = _transformed(edges.crs, CRS.from_epsg(4326), xy)
    _check_place(lonlat, target, where)
    projected = _transformed(edges.crs, target, xy)
    if not np.isfinite(projected).all():
        _refuse(where, f"does not fit in {crs}: places on it become infinite there.")
    _check_stretch(lonlat, projected, line, crs)
    # Vertices drawn twice at one place would make pieces without length.
    geometry = shapely.remove_repeated_points(shapely.linestrings(projected, indices=line))
    return edges.set_geometry(geometry).set_crs(target, allow_override=True)


def _transformed(source: CRS, target: CRS, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    if source == target:
        return xy
    try:
        transformer = Transformer.from_crs(source, target, always_xy=True)
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    except ProjError as err:
        what = "cannot be brought to the area's CRS."
        raise SourceError(Problem("crs", what, _MEND_CRS)) from err


def _check_place(lonlat: NDArray[np.float64], target: CRS, where: str) -> None:
    lon, lat = lonlat.T
    # A NaN or infinity fails every comparison, so it counts as nowhere.
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not on_earth.all():
        _refuse(where, "has coordinates that are no place on earth.", "Check its own CRS.")
    use = target.area_of_use
    if use is None:
        return
    west, east = use.west - _MARGIN_DEG, use.east + _MARGIN_DEG
    across_date_line = use.west > use.east
    in_lon = (lon >= west) | (lon <= east) if across_date_line else (lon >= west) & (lon <= east)
    fits = in_lon & (lat >= use.south - _MARGIN_DEG) & (lat <= use.north + _MARGIN_DEG)
    if fits.mean() < 0.5:
        _refuse(
            where,
            f"lies outside the area for which {target.to_string()} is made.",
            f"Check that longitude and latitude are not swapped. {_MEND_CRS}",
        )


def _check_stretch(
    lonlat: NDArray[np.float64],
    projected: NDArray[np.float64],
    line: NDArray[np.int64],
    crs: str,
) -> None:
    pairs = np.flatnonzero(line[1:] == line[:-1])
    pairs = pairs[:: max(1, len(pairs) // _SAMPLE)]
    a, b = lonlat[pairs].T, lonlat[pairs + 1].T
    true_m = float(np.sum(_GEOD.inv(a[0], a[1], b[0], b[1])[2]))
    here_m = float(np.sum(np.hypot(*(projected[pairs + 1] - projected[pairs]).T)))
    if true_m > 0 and abs(here_m / true_m - 1) > MAX_STRETCH:
        _refuse("crs", f"{crs} makes lengths {abs(here_m / true_m - 1):.0%} wrong at this place.")


def _refuse(where: str, what: str, mend: str = _MEND_CRS) -> NoReturn:
    raise SourceError(Problem(where, what, mend))
