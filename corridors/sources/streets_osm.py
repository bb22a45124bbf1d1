"""Walkable ways out of an OSM file: XML (plain, bz2, gz) or PBF, with pyosmium.

Two passes over the file, in libosmium's own code: the ways with their tags, then the nodes that
the kept ways use. Both see the file in any order of its objects.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import osmium
import pandas as pd

from corridors.errors import Problem, SourceError
from corridors.sources.streets_walkable import RULE_KEYS, left_out_because

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["MAX_NODES", "TAG_KEYS", "Ways", "read_osm_ways", "way_tags"]

MAX_NODES = 6_000_000
"""Most points of walkable ways that are read, so that OSMnx's graph of them fits in memory."""

TAG_KEYS = tuple(dict.fromkeys((*RULE_KEYS, "name", "layer", "bridge", "tunnel")))
_NO_BRIDGE = frozenset({"", "no"})


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Walkable ways as polylines over shared nodes.

    Parameters
    ----------
    node_ids, lon, lat
        ``(n_nodes,)`` OSM ids, ascending, and their place in WGS84 degrees.
    refs
        ``(n_refs,)`` rows of the node arrays, one polyline after the other.
    starts
        ``(n_lines + 1,)`` where each polyline begins in `refs`.
    tags
        One row a polyline: ``name highway layer bridge tunnel``.
    n_in
        Ways with a ``highway`` tag in the file.
    left_out
        How many of them were left out, by reason code: ``n_in`` less these were kept.
    n_missing_nodes
        References to nodes that the file does not hold, or that have no place on earth.
    """

    node_ids: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    refs: NDArray[np.int64]
    starts: NDArray[np.int64]
    tags: pd.DataFrame
    n_in: int
    left_out: Mapping[str, int]
    n_missing_nodes: int


def read_osm_ways(path: Path, file_format: str, *, where: str) -> Ways:
    """Read the walkable ways of an OSM file.

    Parameters
    ----------
    path
        The file. An XML file must have passed `corridors.sources.streets_xml.check_xml`.
    file_format
        libosmium's name of the format: ``osm``, ``osm.bz2``, ``osm.gz`` or ``osm.pbf``.
    where
        How messages name the file.

    Raises
    ------
    SourceError
        If the file is damaged, is not of this format, is too large, or places nothing on earth.
    """
    # An absolute path: libosmium would take a name that looks like a URL to the network.
    source = str(path.resolve())
    try:
        flat, way_of_ref, tags, left_out = _read_ways(osmium.io.File(source, file_format), where)
        ids, lon, lat, n_odd = _read_nodes(osmium.io.File(source, file_format), np.unique(flat))
    except osmium.InvalidLocationError as err:
        _refuse_degrees(where, err)
    except (RuntimeError, ValueError, OverflowError) as err:
        _refuse_damaged(where, err)
    if n_odd and not len(ids):
        _refuse_degrees(where)
    return _as_ways(flat, way_of_ref, tags, left_out, (ids, lon, lat))


def way_tags(tags: pd.DataFrame) -> pd.DataFrame:
    """Bring raw tags to the columns of a segment: ``name highway layer bridge tunnel``.

    Parameters
    ----------
    tags
        Columns of text, empty where a way lacks the tag; missing columns count as empty.
    """
    text = {key: tags.get(key, "") for key in TAG_KEYS}
    raw = pd.DataFrame(text, index=tags.index).astype("str").fillna("")
    layer = raw["layer"].str.extract(r"^\s*([+-]?\d{1,2})", expand=False)
    return pd.DataFrame(
        {
            "name": raw["name"].str.strip(),
            "highway": raw["highway"].str.strip(),
            "layer": pd.to_numeric(layer).fillna(0).astype(np.int64),
            "bridge": ~raw["bridge"].str.strip().str.lower().isin(_NO_BRIDGE),
            "tunnel": ~raw["tunnel"].str.strip().str.lower().isin(_NO_BRIDGE),
        },
        index=tags.index,
    )


def _read_ways(
    source: osmium.io.File, where: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[tuple[str, ...]], Counter[str]]:
    """Give the node ids of the kept ways, the way of each, their tags, and who was left out."""
    refs: list[int] = []
    n_refs: list[int] = []
    tags: list[tuple[str, ...]] = []
    left_out: Counter[str] = Counter()
    ways: Any = osmium.FileProcessor(source, osmium.osm.WAY).with_filter(
        osmium.filter.KeyFilter("highway")
    )
    for way in ways:
        found = dict(way.tags)
        because = left_out_because(found)
        if because:
            left_out[because] += 1
            continue
        nodes = [node.ref for node in way.nodes]
        refs.extend(nodes)
        n_refs.append(len(nodes))
        tags.append(tuple(found.get(key, "") for key in TAG_KEYS))
        if len(refs) > MAX_NODES:
            what = f"holds more than {MAX_NODES:,} points of walkable ways."
            raise SourceError(Problem(where, what, "Cut it to the area (osmium extract)."))
    way_of_ref = np.repeat(np.arange(len(n_refs)), n_refs)
    return np.asarray(refs, np.int64), way_of_ref, tags, left_out


def _read_nodes(
    source: osmium.io.File, wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], int]:
    """Give id, longitude and latitude of the wanted nodes that exist, and how many are nowhere."""
    found: list[tuple[int, float, float]] = []
    n_odd = 0
    if len(wanted) and wanted[0] >= 0:
        # The filter knows positive ids only; editors give negative ones to new objects.
        nodes: Any = osmium.FileProcessor(source, osmium.osm.NODE).with_filter(
            osmium.filter.IdFilter(wanted.tolist())
        )
    else:
        nodes = osmium.FileProcessor(source, osmium.osm.NODE)
    for node in nodes:
        if node.location.valid():
            found.append((node.id, node.lon, node.lat))
        else:
            n_odd += 1
    table = np.array(found, np.float64).reshape(-1, 3)
    ids = np.array([node_id for node_id, _, _ in found], np.int64)
    # An id given twice keeps its last place, as in OSMnx.
    ids, last = np.unique(ids[::-1], return_index=True)
    table = table[::-1][last]
    used = np.isin(ids, wanted)
    return ids[used], table[used, 1], table[used, 2], n_odd


def _as_ways(
    flat: NDArray[np.int64],
    way_of_ref: NDArray[np.int64],
    tags: list[tuple[str, ...]],
    left_out: Counter[str],
    nodes: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
) -> Ways:
    """Cut ways where a node is missing, and number what remains."""
    ids, lon, lat = nodes
    n_in = len(tags) + sum(left_out.values())
    there = np.isin(flat, ids)
    repeated = np.zeros(len(flat), bool)
    repeated[1:] = (flat[1:] == flat[:-1]) & (way_of_ref[1:] == way_of_ref[:-1])
    # A way cut by the edge of an extract goes on as several lines: one begins at the start of a
    # way, and after each gap.
    begins = np.ones(len(flat), bool)
    begins[1:] = (way_of_ref[1:] != way_of_ref[:-1]) | ~there[:-1]
    keep = there & ~repeated
    line = np.cumsum(begins)[keep]
    refs, way = np.searchsorted(ids, flat[keep]), way_of_ref[keep]
    _, line, n_points = np.unique(line, return_inverse=True, return_counts=True)
    long_enough = n_points[line] > 1
    refs, way, line = refs[long_enough], way[long_enough], line[long_enough]
    _, first = np.unique(line, return_index=True)
    n_lost = len(tags) - len(np.unique(way))
    if n_lost:
        left_out["no_line"] += n_lost
    table = way_tags(pd.DataFrame(tags, columns=list(TAG_KEYS), dtype="str"))
    return Ways(
        node_ids=ids,
        lon=lon,
        lat=lat,
        refs=refs,
        starts=np.append(first, len(refs)),
        tags=table.iloc[way[first]].reset_index(drop=True),
        n_in=n_in,
        left_out=dict(sorted(left_out.items())),
        n_missing_nodes=int((~there).sum()),
    )


def _refuse_degrees(where: str, cause: Exception | None = None) -> NoReturn:
    what = "has coordinates that are no longitudes and latitudes."
    mend = "OSM files hold degrees (WGS84): export the streets again without projecting them."
    raise SourceError(Problem(where, what, mend)) from cause


def _refuse_damaged(where: str, cause: Exception) -> NoReturn:
    what = "is damaged or is not the kind of OSM file its name promises."
    raise SourceError(Problem(where, what, "Download or copy it again.")) from cause
