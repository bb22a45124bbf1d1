"""Simplify walkable ways to segments with OSMnx: everything that OSMnx does for us is here.

Three things are OSMnx's to do and ours to frame:

* it builds the graph from the ways that were selected before;
* it simplifies it, never across a change of layer, bridge or tunnel: a node where one of them
  changes stays, so that a bridge remains a segment of its own. Names may differ along a segment,
  which goes from junction to junction: it takes the name of its longest named part;
* it keeps its settings in globals, so they are set for the time of one call, under a lock.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import tempfile
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import networkx as nx
    from numpy.typing import NDArray

    from corridors.sources.streets_osm import Ways

__all__ = ["graph_of_ways", "osmnx_settings", "simplified_edges"]

_LOCK = threading.RLock()


@contextlib.contextmanager
def osmnx_settings(**changes: object) -> Iterator[Any]:
    """Give OSMnx with some of its global settings changed, and put them back afterwards.

    Imported here and not at the top: it takes over a second, and a cached network needs it not.
    """
    ox = importlib.import_module("osmnx")
    with _LOCK:
        before = {name: getattr(ox.settings, name) for name in changes}
        try:
            for name, value in changes.items():
                setattr(ox.settings, name, value)
            yield ox
        finally:
            for name, value in before.items():
                setattr(ox.settings, name, value)


def graph_of_ways(ways: Ways) -> nx.MultiDiGraph[int]:
    """Let OSMnx read the selected ways: they are written aside as a small OSM file of their own.

    OSMnx has no filter for files. The file holds numbers alone: the id of each way is its row in
    ``ways.tags``, so no tag passes through a second parser, and an edge can be led back to its
    tags exactly.

    People walk both ways along every street, so one direction says it all, in half the time. The
    ways are turned first so that those which continue each other run the same way (`_turned`):
    where two of them met head to head OSMnx would see an end.

    Returns
    -------
    networkx.MultiDiGraph
        Unsimplified, in WGS84, each street in one direction, ``osmid`` = row of ``ways.tags``.
    """
    with tempfile.TemporaryDirectory(prefix="corridors-streets-") as folder:
        path = Path(folder) / "walkable.osm"
        path.write_text("\n".join(_osm_lines(ways)), encoding="utf-8")
        changes = {"useful_tags_way": [], "useful_tags_node": [], "all_oneway": True}
        with osmnx_settings(**changes) as ox, _no_gc():
            return ox.graph_from_xml(path, simplify=False, retain_all=True)


def _turned(ways: Ways) -> NDArray[np.bool_]:
    """Say which lines to turn round so that lines which continue each other run the same way.

    Two lines continue each other where their ends meet and nothing else does. Take each line
    twice, as it is and turned, and tie the copies that agree: every chain falls into two parts,
    one the reverse of the other, and either will do.
    """
    n_lines = len(ways.starts) - 1
    first, last = ways.refs[ways.starts[:-1]], ways.refs[ways.starts[1:] - 1]
    n_uses = np.bincount(ways.refs, minlength=len(ways.node_ids))
    ends = np.concatenate([first, last])
    n_ends = np.bincount(ends, minlength=len(ways.node_ids))
    joint = np.flatnonzero((n_uses == 2) & (n_ends == 2))
    at_joint = np.flatnonzero(np.isin(ends, joint))
    pairs = at_joint[np.argsort(ends[at_joint], kind="stable")].reshape(-1, 2)
    a, b = pairs[:, 0] % n_lines, pairs[:, 1] % n_lines
    head_to_head = (pairs[:, 0] < n_lines) == (pairs[:, 1] < n_lines)
    other = np.where(head_to_head, n_lines, 0)
    links = (np.r_[a, a + n_lines], np.r_[b + other, b + n_lines - other])
    shape = (2 * n_lines, 2 * n_lines)
    matrix = sparse.coo_matrix((np.ones(len(links[0]), bool), links), shape)
    part = csgraph.connected_components(matrix, directed=False)[1]
    turned: NDArray[np.bool_] = part[n_lines:] < part[:n_lines]
    return turned


def _osm_lines(ways: Ways) -> Iterator[str]:
    yield "<?xml version='1.0' encoding='UTF-8'?>"
    yield "<osm version='0.6' generator='corridors'>"
    used = np.unique(ways.refs)
    ids, lons, lats = (part[used].tolist() for part in (ways.node_ids, ways.lon, ways.lat))
    for node, lon, lat in zip(ids, lons, lats, strict=True):
        yield f"<node id='{node}' lat='{lat!r}' lon='{lon!r}'/>"
    refs = [f"<nd ref='{node}'/>" for node in ways.node_ids[ways.refs].tolist()]
    starts = ways.starts.tolist()
    turned = _turned(ways).tolist()
    for row, (start, stop) in enumerate(itertools.pairwise(starts)):
        line = refs[start:stop]
        if turned[row]:
            line.reverse()
        yield f"<way id='{row}'>{''.join(line)}</way>"
    yield "</osm>"


def simplified_edges(graph: nx.MultiDiGraph[int], tags: pd.DataFrame) -> gpd.GeoDataFrame:
    """Simplify a graph to edges between junctions.

    Parameters
    ----------
    graph
        Unsimplified; each edge has ``osmid``, an index value of `tags`. It is changed.
    tags
        ``name highway layer bridge tunnel``, one row a way.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``u v name highway layer bridge tunnel geometry``, in the graph's CRS; `u` and
        `v` are node ids. One row for each edge of the simplified graph: a street may be there in
        one direction or in both.
    """
    _mark(graph, tags)
    with osmnx_settings() as ox, _no_gc(), warnings.catch_warnings():
        # shapely warns of NaN in geometry it only compares; ours was checked to be finite.
        warnings.simplefilter("ignore", RuntimeWarning)
        simple = ox.simplify_graph(
            graph,
            node_attrs_include=["ring"],
            edge_attrs_differ=["level"],
            remove_rings=False,
            edge_attr_aggs={"osmid": tuple, "length": tuple},
        )
        edges = ox.graph_to_gdfs(simple, nodes=False)
    edges = edges.reset_index()[["u", "v", "osmid", "length", "geometry"]]
    described = _describe(edges, tags)
    return edges[["u", "v", "geometry"]].join(described)


def _mark(graph: nx.MultiDiGraph[int], tags: pd.DataFrame) -> None:
    """Give edges off the plain ground a ``level``, and one node of each isolated ring a ``ring``.

    OSMnx starts from junctions and ends; a lone loop of path has neither, and would stay in as
    many pieces as it has corners.
    """
    level = tags["layer"].to_numpy() * 4 + tags["bridge"] * 2 + tags["tunnel"]
    level_of = {way: code for way, code in level.items() if code}
    ends: list[tuple[int, int, int]] = []
    for u, v, data in graph.edges(data=True):
        code = level_of.get(data["osmid"], 0)
        if code:
            data["level"] = code
        ends.append((u, v, code))
    for node in _ring_starts(np.array(ends, np.int64).reshape(-1, 3)):
        graph.nodes[node]["ring"] = True


def _ring_starts(edges: NDArray[np.int64]) -> list[int]:
    """Give the smallest node id of each connected part that is one plain loop.

    Parameters
    ----------
    edges
        ``(n, 3)`` node id, node id, level; either or both directions.
    """
    ids, rows = np.unique(edges[:, :2], return_inverse=True)
    rows = rows.reshape(-1, 2)
    links = np.unique(np.sort(rows, axis=1), axis=0)
    n_neighbours = np.bincount(links.ravel(), minlength=len(ids))
    low = np.full(len(ids), np.iinfo(np.int64).max)
    high = np.full(len(ids), np.iinfo(np.int64).min)
    np.minimum.at(low, rows.ravel(), np.repeat(edges[:, 2], 2))
    np.maximum.at(high, rows.ravel(), np.repeat(edges[:, 2], 2))
    # OSMnx's own rule for a node that is not the end of a street.
    n_edges = np.bincount(rows.ravel(), minlength=len(ids))
    plain = (n_neighbours == 2) & np.isin(n_edges, (2, 4)) & (low == high)
    shape = (len(ids), len(ids))
    matrix = sparse.coo_matrix((np.ones(len(links), bool), (links[:, 0], links[:, 1])), shape)
    n_parts, part = csgraph.connected_components(matrix, directed=False)
    is_ring = np.ones(n_parts, bool)
    is_ring[part[~plain]] = False
    first = np.unique(part, return_index=True)[1]
    return ids[first[is_ring]].tolist()


def _describe(edges: gpd.GeoDataFrame, tags: pd.DataFrame) -> pd.DataFrame:
    """Give each edge its tags: name and class of its longest part, and its level."""
    parts = pd.DataFrame({"way": edges["osmid"], "length": edges["length"]}).explode(
        ["way", "length"]
    )
    parts = parts.astype({"way": tags.index.dtype, "length": np.float64})
    parts = parts.join(tags, on="way")
    parts["edge"] = parts.index
    first = parts.drop_duplicates("edge").set_index("edge")
    return pd.DataFrame(
        {
            "name": _longest(parts[parts["name"] != ""], "name").reindex(edges.index).fillna(""),
            "highway": _longest(parts, "highway").reindex(edges.index).fillna(""),
            "layer": first["layer"],
            "bridge": first["bridge"],
            "tunnel": first["tunnel"],
        }
    )


def _longest(parts: pd.DataFrame, column: str) -> pd.Series:
    """Give the value of `column` that covers most of each edge; the first by name when equal."""
    # Rounded: the two directions of a street add up their parts in a different order.
    covered = parts.groupby(["edge", column])["length"].sum().round(6).reset_index()
    covered = covered.sort_values(["edge", "length", column], ascending=[True, False, True])
    return covered.drop_duplicates("edge").set_index("edge")[column]


@contextlib.contextmanager
def _no_gc() -> Iterator[None]:
    """Pause the cycle collector: a graph is millions of small dicts, and none is garbage yet.

    It takes a third to a half off the time of reading a city.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
