"""From lines that are already drawn (saved graphs, line layers) to walkable ways.

They then take the same way through OSMnx as an OSM file does, so that one rule decides what is
walkable, what a junction is, and how segments are named.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from corridors.errors import Problem, SourceError
from corridors.sources.streets_osm import MAX_NODES, TAG_KEYS, Ways, way_tags
from corridors.sources.streets_table import move_ends, undirected
from corridors.sources.streets_walkable import RULE_KEYS, left_out_because

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["ways_of_edges", "ways_of_lines"]

_JOIN_DECIMALS = {True: 2, False: 7}
"""Vertices of plain lines are one place when equal to a centimetre, or to 1e-7 degrees."""


def ways_of_lines(lines: gpd.GeoDataFrame, *, where: str) -> Ways:
    """Take plain lines as ways: they join where they share a vertex, never where they cross.

    Parameters
    ----------
    lines
        Any CRS. Columns named like OSM keys are used; without ``highway`` every line is a street
        of unknown kind.
    where
        How messages name the file.

    Raises
    ------
    SourceError
        If no line has a finite course on earth, or there are too many points.
    """
    n_in = len(lines)
    if "highway" not in lines:
        lines = lines.assign(highway="road")
    because = _reasons(lines)
    left_out = Counter(because[because != ""].tolist())
    lines = lines[because == ""]
    lines = lines.set_geometry(shapely.force_2d(lines.geometry.to_numpy()), crs=lines.crs)
    whole = _is_line(lines.geometry.to_numpy(), ("LineString", "MultiLineString"))
    left_out["no_line"] += int((~whole).sum())
    lines = lines[whole].explode(index_parts=False).reset_index(drop=True)
    xy, line = shapely.get_coordinates(lines.geometry.to_numpy(), return_index=True)
    _check_size(len(xy), where)
    crs = CRS(lines.crs)
    places, row = np.unique(xy.round(_JOIN_DECIMALS[crs.is_projected]), axis=0, return_inverse=True)
    row = row.ravel()
    moved = np.ones(len(row), bool)
    moved[1:] = (row[1:] != row[:-1]) | (line[1:] != line[:-1])
    ids = np.arange(1, len(places) + 1)
    return _ways(
        lines, (ids, _lonlat(places, crs, where)), (row[moved], line[moved]), (n_in, left_out)
    )


def ways_of_edges(nodes: pd.DataFrame, edges: gpd.GeoDataFrame, *, where: str) -> Ways:
    """Take the edges of a saved graph as ways: they join at the nodes they name, nowhere else.

    Parameters
    ----------
    nodes
        Index node id; ``x y`` in the CRS of the edges.
    edges
        ``u v geometry`` and columns named like OSM keys; a value may be a list where OSMnx merged
        several ways (then the first names it, and all must be walkable).
    where
        How messages name the file.

    Raises
    ------
    SourceError
        If edges name nodes that are not there, or there are too many points.
    """
    if not edges[["u", "v"]].isin(nodes.index).all(axis=None):
        what = "has edges whose ends are not among its nodes."
        raise SourceError(Problem(where, what, "Save the graph again with OSMnx."))
    edges = edges.set_geometry(shapely.force_2d(edges.geometry.to_numpy()), crs=edges.crs)
    whole = _is_line(edges.geometry.to_numpy(), ("LineString",))
    edges = _oriented(nodes, edges[whole])
    if "highway" not in edges:
        edges = edges.assign(highway="road")
    because = _reasons(edges)
    streets, others = (
        undirected(edges[because == ""]),
        undirected(edges.assign(because=because)[because != ""]),
    )
    left_out = Counter(others["because"].tolist())
    left_out["no_line"] += int((~whole).sum())
    n_in = len(streets) + left_out.total()
    xy, line = shapely.get_coordinates(streets.geometry.to_numpy(), return_index=True)
    _check_size(len(xy), where)
    # Ends carry the ids of their nodes; what lies between belongs to its own street alone.
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]][: len(line)])
    stops = np.r_[starts[1:], len(line)][: len(starts)] - 1
    top = int(max(nodes.index.max(), 0)) if len(nodes) else 0
    refs = np.arange(top + 1, top + 1 + len(xy))
    refs[starts] = streets["u"].to_numpy(np.int64)
    refs[stops] = streets["v"].to_numpy(np.int64)
    ids, first, row = np.unique(refs, return_index=True, return_inverse=True)
    lonlat = _lonlat(xy[first], CRS(edges.crs), where)
    return _ways(streets, (ids, lonlat), (row, line), (n_in, left_out))


def _ways(
    lines: gpd.GeoDataFrame,
    nodes: tuple[NDArray[np.int64], NDArray[np.float64]],
    points: tuple[NDArray[np.int64], NDArray[np.int64]],
    counts: tuple[int, Counter[str]],
) -> Ways:
    refs, line = points
    n_points = np.bincount(line, minlength=len(lines))
    keep = n_points[line] > 1
    refs, line = refs[keep], line[keep]
    kept, first = np.unique(line, return_index=True)
    n_in, left_out = counts
    left_out["no_line"] += len(lines) - len(kept)
    ids, lonlat = nodes
    return Ways(
        node_ids=ids,
        lon=lonlat[:, 0],
        lat=lonlat[:, 1],
        refs=refs,
        starts=np.append(first, len(refs)),
        tags=way_tags(_text_tags(lines).iloc[kept].reset_index(drop=True)),
        n_in=n_in,
        left_out={code: n for code, n in sorted(left_out.items()) if n},
        n_missing_nodes=0,
    )


def _reasons(lines: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Give the reason for leaving each line out, or an empty string."""
    keys = [key for key in RULE_KEYS if key in lines]
    values = pd.DataFrame({key: lines[key].map(_text) for key in keys}, index=lines.index)
    kind, kinds = pd.factorize(pd.MultiIndex.from_frame(values))
    reasons = [_left_out(dict(zip(keys, row, strict=True))) for row in kinds]
    return np.array([*reasons, ""], object)[kind]


def _left_out(tags: dict[str, str]) -> str:
    """Try every value of merged ways: all must be walkable."""
    lists = {key: _values(text) for key, text in tags.items()}
    for nth in range(max(len(values) for values in lists.values())):
        one = {key: values[min(nth, len(values) - 1)] for key, values in lists.items()}
        if because := left_out_because(one):
            return because
    return ""


def _text_tags(lines: gpd.GeoDataFrame) -> pd.DataFrame:
    keys = [key for key in TAG_KEYS if key in lines]
    first = {key: lines[key].map(lambda value: _values(_text(value))[0]) for key in keys}
    return pd.DataFrame(first, index=lines.index, dtype="str")


def _text(value: object) -> str:
    """Give a tag as text; lists in the writing OSMnx uses in files."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _values(text: str) -> list[str]:
    """Read ``['a', 'b']`` as a and b, anything else as itself."""
    if text.startswith("[") and text.endswith("]") and len(text) < 10_000:
        try:
            values = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return [text]
        return [str(value) for value in values] or [""]
    return [text]


def _is_line(geometry: NDArray[np.object_], kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    types = [getattr(shapely.GeometryType, kind.upper()) for kind in kinds]
    ok = np.isin(shapely.get_type_id(geometry), types) & ~shapely.is_empty(geometry)
    bounds = shapely.bounds(geometry)
    whole: NDArray[np.bool_] = ok & np.isfinite(bounds).all(axis=1)
    return whole


def _oriented(nodes: pd.DataFrame, edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Let each geometry run from u to v, and end exactly on them: files keep either course."""
    geometry = edges.geometry.to_numpy()
    u_xy = nodes.loc[edges["u"], ["x", "y"]].to_numpy(np.float64)
    v_xy = nodes.loc[edges["v"], ["x", "y"]].to_numpy(np.float64)
    first = shapely.get_coordinates(shapely.get_point(geometry, 0))
    last = shapely.get_coordinates(shapely.get_point(geometry, -1))
    as_is = np.hypot(*(first - u_xy).T) + np.hypot(*(last - v_xy).T)
    turned = np.hypot(*(last - u_xy).T) + np.hypot(*(first - v_xy).T)
    geometry = np.where(turned < as_is, shapely.reverse(geometry), geometry)
    return edges.set_geometry(move_ends(geometry, u_xy, v_xy), crs=edges.crs)


def _lonlat(xy: NDArray[np.float64], crs: CRS, where: str) -> NDArray[np.float64]:
    try:
        transformer = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
        lon, lat = transformer.transform(xy[:, 0], xy[:, 1])
    except ProjError:
        lon = lat = np.full(len(xy), np.inf)
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not on_earth.all():
        _refuse_place(where)
    return np.column_stack([lon, lat])


def _refuse_place(where: str) -> NoReturn:
    what = "has coordinates that are no place on earth in its own CRS."
    raise SourceError(Problem(where, what, "Check the CRS that the file states."))


def _check_size(n_points: int, where: str) -> None:
    if n_points > MAX_NODES:
        what = f"holds more than {MAX_NODES:,} points."
        raise SourceError(Problem(where, what, "Cut it to the area."))
