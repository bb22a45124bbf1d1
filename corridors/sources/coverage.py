"""Where the incident sources have data at all, as polygons from a GeoPackage or GeoJSON file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import MultiPolygon, Polygon
from shapely.errors import ShapelyError
from shapely.geometry import shape

from corridors.errors import Problem, SourceError
from corridors.sources.streets_projection import area_crs
from corridors.sources.streets_saved import is_geopackage, quiet_gdal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["MAX_GEOJSON_BYTES", "read_coverage"]

MAX_GEOJSON_BYTES = 200 * 1024**2
"""Largest GeoJSON file that is read: it is held in memory as a whole, several times its size."""

_MEND = "Export the covered areas again as polygons, as GeoPackage or GeoJSON."
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def read_coverage(path: Path, crs: str, *, where: str | None = None) -> Polygon | MultiPolygon:
    """Read the covered area: the union of all polygons of a file, in the area's CRS.

    Parameters
    ----------
    path
        A ``.gpkg`` (all its layers of polygons) or a ``.geojson``/``.json``. GeoJSON is read
        without GDAL, which would follow a file that points at others.
    crs
        The area's CRS.
    where
        How messages name the file; its path by default.

    Returns
    -------
    Polygon or MultiPolygon
        Valid, not empty.

    Raises
    ------
    SourceError
        If there is no such file, it is damaged or of another kind, or it holds no polygon, or a
        polygon that crosses itself or lies nowhere.
    """
    where = where or str(path)
    area_crs(crs)
    if not path.is_file():
        _refuse(where, "does not exist or is not a file.", "Paths are relative to the area file.")
    name = path.name.lower()
    if name.endswith(".gpkg"):
        with quiet_gdal():
            parts = list(_geopackage(path, where))
    elif name.endswith((".geojson", ".json")):
        parts = [_geojson(path, where)]
    else:
        _refuse(where, "is of no kind that areas are read from.", "Give a .gpkg or a .geojson.")
    projected = [_projected(polygons, own, crs, where) for polygons, own in parts]
    pieces = shapely.get_parts(np.concatenate([[], *projected]))
    # What a repair leaves of lines and points covers nothing.
    found = shapely.union_all(pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON])
    if not isinstance(found, Polygon | MultiPolygon) or found.is_empty:
        _refuse(where, "holds no polygon.")
    return found


def _geopackage(path: Path, where: str) -> Iterator[tuple[NDArray[np.object_], CRS]]:
    if not is_geopackage(path):
        _refuse(where, "is not a GeoPackage, whatever its name says.")
    try:
        for layer, kind in pyogrio.list_layers(path):
            if kind is None or not ("Polygon" in str(kind) or kind == "Unknown"):
                continue
            table = pyogrio.read_dataframe(path, layer=layer, columns=[])
            if table.crs is None or not (table.crs.is_projected or table.crs.is_geographic):
                what = "does not say in which CRS its coordinates are."
                _refuse(where, what, "Save it again with its CRS set.")
            yield table.geometry.to_numpy(), CRS(table.crs)
    except (DataSourceError, DataLayerError, FeatureError) as err:
        _refuse(where, "is damaged: it cannot be read to its end.", cause=err)


def _geojson(path: Path, where: str) -> tuple[NDArray[np.object_], CRS]:
    if path.stat().st_size > MAX_GEOJSON_BYTES:
        _refuse(where, f"is larger than {MAX_GEOJSON_BYTES / 1e6:.0f} MB.", "Simplify the areas.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as err:  # also of encoding
        _refuse(where, "is damaged or is not JSON.", cause=err)
    try:
        shapes = [shape(geometry) for geometry in _geometries(content)]
        crs = _stated_crs(content)
    except CRSError as err:
        _refuse(where, "states a CRS that is not known.", cause=err)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        ShapelyError,
    ) as err:
        _refuse(where, "is JSON, but not GeoJSON with polygons.", cause=err)
    return np.array([*shapes, None], object)[:-1], crs


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _geometries(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = content["type"]
    if kind == "FeatureCollection":
        for feature in content["features"]:
            yield from _geometries(feature)
    elif kind == "Feature":
        if content["geometry"] is not None:
            yield from _geometries(content["geometry"])
    elif kind == "GeometryCollection":
        for geometry in content["geometries"]:
            yield from _geometries(geometry)
    else:
        yield content


def _stated_crs(content: dict[str, Any]) -> CRS:
    """GeoJSON is WGS84; older writers state another CRS in a member that still is to be found."""
    stated = content.get("crs")
    if not stated:
        return CRS.from_epsg(4326)
    return CRS.from_user_input(str(stated["properties"]["name"]))


def _projected(
    polygons: NDArray[np.object_], own: CRS, crs: str, where: str
) -> NDArray[np.object_]:
    polygons = shapely.force_2d(polygons[~shapely.is_missing(polygons)])
    polygons = polygons[np.isin(shapely.get_type_id(polygons), _POLYGONS)]
    coordinates = shapely.get_coordinates(polygons)
    if not np.isfinite(coordinates).all():
        _refuse(where, "has coordinates that are not numbers.")
    _check_lonlat(own, coordinates, where)
    invalid = np.flatnonzero(~shapely.is_valid(polygons))
    if len(invalid):
        what = f"has {len(invalid)} polygons that cross themselves, the first is number "
        _refuse(where, f"{what}{invalid[0] + 1}.", "Repair them (QGIS: Fix geometries).")
    try:
        transformer = Transformer.from_crs(own, CRS.from_user_input(crs), always_xy=True)
        moved = shapely.transform(
            polygons, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        )
    except ProjError as err:
        _refuse(where, f"cannot be brought to {crs}.", cause=err)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        _refuse(where, f"does not fit in {crs}: places on it become infinite there.")
    # Straight lines bend when projected: two that all but touched may then cross.
    return np.asarray(shapely.make_valid(moved), object)


def _check_lonlat(own: CRS, coordinates: NDArray[np.float64], where: str) -> None:
    if not own.is_geographic or not len(coordinates):
        return
    lon, lat = np.abs(coordinates).max(axis=0)
    if lon > 360 or lat > 90:
        what = "has coordinates that are no longitudes and latitudes."
        _refuse(where, what, "GeoJSON holds degrees, longitude first; a grid needs a GeoPackage.")


def _refuse(where: str, what: str, mend: str = _MEND, cause: Exception | None = None) -> NoReturn:
    raise SourceError(Problem(where, what, mend)) from cause
