"""Areas with a weight, such as how many pupils live there, out of a GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import CRS

from corridors.errors import Problem, SourceError
from corridors.sources.headers import require_columns
from corridors.sources.streets_saved import is_geopackage, quiet_gdal
from corridors.sources.tabular import MAX_FILE_BYTES, RawTable, file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["AreasRead", "read_areas"]

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_MEND = "Export the areas again as polygons, as one layer of a GeoPackage with its CRS."


@dataclass(frozen=True, slots=True, eq=False)
class AreasRead:
    """Areas as they are in the file.

    Parameters
    ----------
    outline
        ``(n,)`` polygons in the file's CRS, two-dimensional and valid; an empty one where the row
        has none.
    weight
        ``(n,)`` NaN where it is no number.
    is_polygon
        ``(n,)`` whether the row has a polygon.
    crs
        Of the outlines.
    raw
        The file for its account; a line is the number of the record, from 1.
    """

    outline: NDArray[np.object_]
    weight: NDArray[np.float64]
    is_polygon: NDArray[np.bool_]
    crs: CRS
    raw: RawTable


def read_areas(path: Path, weight: str | None, *, shown: str) -> AreasRead:
    """Read the areas of a GeoPackage's first layer of polygons.

    Parameters
    ----------
    path
        The file.
    weight
        Name of the column that holds the weight; None gives each area the weight 1.
    shown
        How messages call the file.

    Raises
    ------
    SourceError
        When the file is no GeoPackage, is damaged, holds no polygons, does not say its CRS or
        lacks the column.
    """
    if not path.is_file():
        _refuse(shown, "There is no such file.", "Check the path in the area file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        _refuse(shown, "This file is too large.", "Keep the areas around your schools only.")
    if not is_geopackage(path):
        _refuse(shown, "This is not a GeoPackage, whatever its name says.")
    table = _read_layer(path, shown)
    values = np.ones(len(table))
    notes: tuple[str, ...] = ()
    if weight is None:
        notes = ("No weight is named: every area counts the same.",)
    else:
        found = require_columns(
            [str(name) for name in table.columns if name != table.geometry.name],
            {"weight": weight},
            shown,
            setting="destinations.columns",
        )["weight"]
        values = pd.to_numeric(table[found], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    outline, is_polygon = _outlines(table.geometry.to_numpy())
    return AreasRead(outline, values, is_polygon, CRS(table.crs), _as_raw(path, len(table), notes))


def _read_layer(path: Path, shown: str) -> gpd.GeoDataFrame:
    try:
        with quiet_gdal():
            layers = [
                layer
                for layer, kind in pyogrio.list_layers(path)
                if kind is not None and ("Polygon" in str(kind) or kind == "Unknown")
            ]
            if not layers:
                _refuse(shown, "The file holds no polygons.")
            table = pyogrio.read_dataframe(path, layer=layers[0])
    except (DataSourceError, DataLayerError, FeatureError) as error:
        _refuse(shown, "The file is damaged: it cannot be read to its end.", cause=error)
    if table.crs is None or not (table.crs.is_projected or table.crs.is_geographic):
        _refuse(shown, "The file does not say in which CRS it is.")
    return table


def _outlines(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Repair the polygons: of what crosses itself its areas are kept."""
    flat = shapely.force_2d(geometry)
    fits = np.isin(shapely.get_type_id(flat), _POLYGONS)
    fits &= np.isfinite(shapely.bounds(flat)).all(axis=1)
    valid = np.full(len(flat), shapely.Polygon(), object)
    valid[fits] = shapely.make_valid(flat[fits])
    is_polygon = fits & (shapely.area(valid) > 0)
    valid[~is_polygon] = shapely.Polygon()
    return valid, is_polygon


def _as_raw(path: Path, n_rows: int, notes: tuple[str, ...]) -> RawTable:
    no_rows = pd.DataFrame({"line": np.zeros(0, np.int64), "reason": pd.Series([], dtype="str")})
    return RawTable(
        frame=pd.DataFrame(index=pd.RangeIndex(n_rows)),
        line=np.arange(1, n_rows + 1, dtype=np.int64),
        encoding="",
        bad_rows=no_rows,
        sha256=file_sha256(path),
        notes=notes,
    )


def _refuse(where: str, what: str, mend: str = _MEND, cause: Exception | None = None) -> NoReturn:
    raise SourceError(Problem(where, what, mend)) from cause
