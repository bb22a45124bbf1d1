"""From edges, however they came, to the street network: undirected, projected, numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from corridors.domain.network import StreetNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MIN_LENGTH_M",
    "move_ends",
    "network_of_edges",
    "node_places",
    "total_by_component",
    "undirected",
]

MIN_LENGTH_M = 0.001
"""Shorter pieces are two nodes drawn at one place: their ends become one node."""


def network_of_edges(edges: gpd.GeoDataFrame, crs: str) -> StreetNetwork:
    """Make the street network of directed or undirected edges.

    Each street piece appears once: two edges between the same nodes with the same geometry, in
    either direction, are one. Self-loops and parallel pieces of different course stay. A segment
    runs from the node with the smaller id; its id is ``<node>-<node>-<rank>``, where the rank
    tells parallel pieces apart, the shortest first.

    Parameters
    ----------
    edges
        ``u v name highway layer bridge tunnel geometry`` in metres; geometry runs from u to v.
    crs
        The CRS they are in.

    Returns
    -------
    StreetNetwork
        Segments by u, v and rank, nodes by id; `component` is numbered by total length.
    """
    edges = undirected(_without_points(edges))
    rank = edges.groupby(["u", "v"]).cumcount()
    text = edges["u"].astype("str") + "-" + edges["v"].astype("str") + "-" + rank.astype("str")
    ids, ends = np.unique(edges[["u", "v"]].to_numpy(np.int64), return_inverse=True)
    u, v = ends.reshape(-1, 2).T
    length_m = shapely.length(edges.geometry.to_numpy())
    segments = gpd.GeoDataFrame(
        {
            "segment_id": text,
            "u": u.astype(np.int32),
            "v": v.astype(np.int32),
            "length_m": length_m,
            "name": edges["name"].astype("str"),
            "highway": edges["highway"].astype("str"),
            "layer": edges["layer"].astype(np.int16),
            "bridge": edges["bridge"].astype(bool),
            "tunnel": edges["tunnel"].astype(bool),
            "component": _components(u, v, length_m, len(ids)),
        },
        geometry=edges.geometry.to_numpy(),
        crs=crs,
    )
    return StreetNetwork(segments, node_places(segments, len(ids)), crs)


def node_places(segments: gpd.GeoDataFrame, n_nodes: int) -> NDArray[np.float64]:
    """Give ``(n_nodes, 2)`` coordinates of the nodes, which are the ends of the segments."""
    geometry = segments.geometry.to_numpy()
    xy = np.empty((n_nodes, 2))
    xy[segments["v"].to_numpy()] = shapely.get_coordinates(shapely.get_point(geometry, -1))
    xy[segments["u"].to_numpy()] = shapely.get_coordinates(shapely.get_point(geometry, 0))
    return xy


def undirected(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep one edge of those that have the same ends and course, and let it run from the smaller.

    Parameters
    ----------
    edges
        ``u v geometry``, geometry from u to v; other columns are carried along. Where ways are
        drawn over each other the one on the ground stays, then the first by its tags.
    """
    geometry = edges.geometry.to_numpy()
    turned = shapely.reverse(geometry)
    wkb, turned_wkb = shapely.to_wkb(geometry), shapely.to_wkb(turned)
    u, v = edges["u"].to_numpy(np.int64), edges["v"].to_numpy(np.int64)
    # A loop has no smaller end: of its two directions the one whose bytes sort first.
    turn = (u > v) | ((u == v) & (turned_wkb < wkb))
    edges = edges.assign(
        u=np.minimum(u, v),
        v=np.maximum(u, v),
        wkb=np.where(turn, turned_wkb, wkb),
        length=shapely.length(geometry).round(3),
    ).set_geometry(np.where(turn, turned, geometry), crs=edges.crs)
    order = ["u", "v", "length", "wkb"]
    tags = [key for key in ("layer", "bridge", "tunnel", "highway", "name") if key in edges]
    # As text: in a saved graph a tag may be a list, or missing.
    told = {key: edges[key].astype("str") for key in tags if edges[key].dtype == object}
    by = edges.drop(columns="geometry").assign(**told).sort_values(order + tags).index
    edges = edges.loc[by].drop_duplicates(["u", "v", "wkb"])
    return edges.drop(columns=["wkb", "length"]).reset_index(drop=True)


def _without_points(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the ends of pieces without length, and leave those pieces out."""
    geometry = edges.geometry.to_numpy()
    point = shapely.length(geometry) < MIN_LENGTH_M
    if not point.any():
        return edges
    ids, ends = np.unique(edges[["u", "v"]].to_numpy(np.int64), return_inverse=True)
    ends = ends.reshape(-1, 2)
    part = _parts(ends[point, 0], ends[point, 1], len(ids))
    keeps = np.unique(part, return_index=True)[1]  # the smallest id of each part
    xy = np.empty((len(ids), 2))
    xy[ends[:, 0]] = shapely.get_coordinates(shapely.get_point(geometry, 0))
    xy[ends[:, 1]] = shapely.get_coordinates(shapely.get_point(geometry, -1))
    joined = keeps[part[ends[~point]]]
    moved = move_ends(geometry[~point], xy[joined[:, 0]], xy[joined[:, 1]])
    kept = edges[~point].assign(u=ids[joined[:, 0]], v=ids[joined[:, 1]])
    return kept.set_geometry(moved, crs=edges.crs)


def move_ends(
    lines: NDArray[np.object_], first_xy: NDArray[np.float64], last_xy: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Put the first and last vertex of each line on the given places, ``(n, 2)`` each."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
    stops = np.r_[starts[1:], len(line)] - 1
    coordinates[starts] = first_xy
    coordinates[stops] = last_xy
    return np.asarray(shapely.linestrings(coordinates, indices=line), object)


def _parts(u: NDArray[np.int64], v: NDArray[np.int64], n_nodes: int) -> NDArray[np.int32]:
    matrix = sparse.coo_matrix((np.ones(len(u), bool), (u, v)), (n_nodes, n_nodes))
    part: NDArray[np.int32] = csgraph.connected_components(matrix, directed=False)[1]
    return part


def _components(
    u: NDArray[np.int64], v: NDArray[np.int64], length_m: NDArray[np.float64], n_nodes: int
) -> NDArray[np.int32]:
    part = _parts(u, v, n_nodes)[u]
    total_m = np.bincount(part, length_m)
    # Stable: parts of equal length keep the order of their smallest node.
    number = np.empty(len(total_m), np.int32)
    number[np.argsort(-total_m, kind="stable")] = np.arange(len(total_m), dtype=np.int32)
    return number[part]


def total_by_component(segments: pd.DataFrame) -> NDArray[np.float64]:
    """Give the length of each component in metres, the longest first."""
    return np.bincount(segments["component"], segments["length_m"]).astype(np.float64)
