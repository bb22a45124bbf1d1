"""Streets that OSMnx saved or fetched: GraphML, GeoPackage, and a place through Overpass."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException

from corridors.errors import Problem, SourceError
from corridors.sources.streets_graph import osmnx_settings
from corridors.sources.streets_lines import ways_of_edges, ways_of_lines
from corridors.sources.streets_osm import TAG_KEYS, Ways
from corridors.sources.streets_xml import check_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "fetch_place",
    "is_geopackage",
    "quiet_gdal",
    "read_geopackage",
    "read_graphml",
    "ways_of_graph",
]

_SQLITE = b"SQLite format 3\x00"
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
_MEND_SAVE = "Save the graph again with OSMnx."
_LINE_TYPES = {"LineString", "MultiLineString", "Unknown"}
_NAMED = ("edges", "streets", "roads", "lines")
# What networkx and OSMnx raise for a file that is well-formed but is not a graph of streets.
_BAD_GRAPH = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    nx.NetworkXException,
    GEOSException,
)


def read_graphml(path: Path, *, where: str) -> Ways:
    """Read a graph that ``osmnx.save_graphml`` wrote, simplified or not, in any CRS.

    Raises
    ------
    SourceError
        If the file is damaged, declares entities, is no street graph, or states no CRS.
    """
    check_xml(path, root="graphml", where=where)
    try:
        with osmnx_settings() as ox:
            graph = ox.load_graphml(path)
    except _BAD_GRAPH as err:
        _refuse_graph(where, err)
    return ways_of_graph(graph, where=where)


def ways_of_graph(graph: nx.MultiDiGraph[int], *, where: str) -> Ways:
    """Take the walkable ways of a graph in the form OSMnx gives it.

    Raises
    ------
    SourceError
        If the graph states no CRS, is empty, or is no street graph.
    """
    if not graph.graph.get("crs"):
        what = "does not say in which CRS its coordinates are."
        raise SourceError(Problem(where, what, _MEND_SAVE))
    if not graph.number_of_edges():
        raise SourceError(Problem(where, "holds no streets.", _MEND_SAVE))
    try:
        with osmnx_settings() as ox:
            nodes, edges = ox.graph_to_gdfs(graph)
        edges = edges.reset_index()
        return _edges(nodes, edges, where)
    except CRSError as err:
        what = "states a CRS that is not known."
        raise SourceError(Problem(where, what, _MEND_SAVE)) from err
    except _BAD_GRAPH as err:
        _refuse_graph(where, err)


@contextlib.contextmanager
def quiet_gdal() -> Iterator[None]:
    """Silence GDAL's warnings: of versions of GeoPackage it does not know, and of measured lines.

    It reads them all the same; what it cannot read it raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def is_geopackage(path: Path) -> bool:
    """Say whether a file is a GeoPackage by its first bytes: GDAL is given nothing else to open."""
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(_SQLITE) and head[68:72] in _GEOPACKAGE_IDS


def read_geopackage(path: Path, *, where: str) -> Ways:
    """Read a GeoPackage: the layers nodes and edges that OSMnx saves, or one layer of lines.

    Raises
    ------
    SourceError
        If the file is damaged, is another kind of file, has no layer of lines or several, or
        states no CRS.
    """
    if not is_geopackage(path):
        what = "is not a GeoPackage, whatever its name says."
        raise SourceError(Problem(where, what, "Export the streets as GeoPackage again."))
    try:
        with quiet_gdal():
            return _ways_of_geopackage(path, where)
    except (DataSourceError, DataLayerError, FeatureError) as err:
        what = "is damaged: it cannot be read to its end."
        raise SourceError(Problem(where, what, "Copy or export it again.")) from err
    except _BAD_GRAPH as err:
        _refuse_graph(where, err)


def _ways_of_geopackage(path: Path, where: str) -> Ways:
    layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
    if {"nodes", "edges"} <= layers.keys():
        nodes, edges = _layer(path, "nodes", where), _layer(path, "edges", where)
        if {"u", "v"} <= set(edges) and "osmid" in nodes:
            nodes = nodes.assign(x=nodes.geometry.x, y=nodes.geometry.y)
            return _edges(nodes.set_index("osmid"), edges, where)
    return ways_of_lines(_layer(path, _line_layer(layers, where), where), where=where)


def fetch_place(place: str, cache_dir: Path | None) -> nx.MultiDiGraph[int]:
    """Fetch the ways of a place from Overpass through OSMnx, unsimplified.

    Parameters
    ----------
    place
        A name that Nominatim finds as an area.
    cache_dir
        Where OSMnx keeps the answers; nowhere if None.

    Raises
    ------
    SourceError
        If the network or the servers cannot be reached, or they know no such area.
    """
    where = "streets.place"
    mend = 'Try again later, or give a file: path = "streets.osm.pbf".'
    changes: dict[str, Any] = {
        "useful_tags_way": list(TAG_KEYS),
        "bidirectional_network_types": ["walk"],
        "use_cache": cache_dir is not None,
    }
    if cache_dir is not None:
        changes["cache_folder"] = cache_dir / "overpass"
    with osmnx_settings(**changes) as ox:
        try:
            # All streets: what is walkable is decided here, by the same table as for files.
            return ox.graph_from_place(
                place,
                network_type="walk",
                custom_filter='["highway"]',
                simplify=False,
                retain_all=True,
                truncate_by_edge=True,
            )
        except OSError as err:  # the errors of requests are OSErrors
            what = "cannot be fetched: the map servers could not be reached."
            raise SourceError(Problem(where, what, mend)) from err
        except (ValueError, TypeError) as err:
            # OSMnx's own errors (no such place, no area, no data) are ValueErrors.
            what = "is not found as an area, or the map has no streets there."
            mend = "Write it as on openstreetmap.org, or give a file."
            raise SourceError(Problem(where, what, mend)) from err


def _edges(nodes: gpd.GeoDataFrame, edges: gpd.GeoDataFrame, where: str) -> Ways:
    _check_crs(edges, where)
    ends = {"u": edges["u"].astype(np.int64), "v": edges["v"].astype(np.int64)}
    nodes = pd.DataFrame(nodes[["x", "y"]]).astype(np.float64)
    nodes.index = nodes.index.astype(np.int64)
    if not nodes.index.is_unique or not np.isfinite(nodes.to_numpy()).all():
        raise SourceError(Problem(where, "has nodes without a place, or twice.", _MEND_SAVE))
    return ways_of_edges(nodes, edges.assign(**ends), where=where)


def _layer(path: Path, name: str, where: str) -> gpd.GeoDataFrame:
    table = pyogrio.read_dataframe(path, layer=name)
    if not isinstance(table, gpd.GeoDataFrame) or not len(table):
        raise SourceError(Problem(where, "holds no streets.", "Export the streets again."))
    _check_crs(table, where)
    return table


def _check_crs(table: gpd.GeoDataFrame, where: str) -> None:
    # GeoPackage has codes of its own for "undefined"; GDAL gives those as engineering CRS.
    if table.crs is None or not (CRS(table.crs).is_projected or CRS(table.crs).is_geographic):
        what = "does not say in which CRS its coordinates are."
        raise SourceError(Problem(where, what, "Save it again with its CRS set."))


def _line_layer(layers: dict[str, str], where: str) -> str:
    lines = [
        name
        for name, kind in layers.items()
        if kind.replace(" Z", "").replace(" M", "").replace("2.5D ", "") in _LINE_TYPES
    ]
    named = [name for name in _NAMED if name in lines]
    if len(lines) == 1 or named:
        return (named or lines)[0]
    if not lines:
        raise SourceError(Problem(where, "has no layer of lines.", "Export the streets as lines."))
    what = f"has {len(lines)} layers of lines, none of them named streets."
    raise SourceError(Problem(where, what, "Name the layer to read streets."))


def _refuse_graph(where: str, cause: Exception) -> NoReturn:
    what = "is not a street graph as OSMnx saves it."
    raise SourceError(Problem(where, what, _MEND_SAVE)) from cause
