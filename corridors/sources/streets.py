"""The street network of an area: walkable, simplified, projected, from a file or from Overpass.

Every source becomes walkable ways (`streets_osm`, `streets_saved`), which OSMnx turns into
segments from junction to junction (`streets_graph`), which are projected (`streets_projection`),
numbered and joined to a network (`streets_table`), and kept for the next run (`streets_cache`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from corridors.errors import Problem, SourceError
from corridors.sources.streets_cache import cache_path, load_network, save_network
from corridors.sources.streets_graph import graph_of_ways, simplified_edges
from corridors.sources.streets_osm import Ways, read_osm_ways
from corridors.sources.streets_projection import area_crs, project_edges
from corridors.sources.streets_saved import (
    fetch_place,
    read_geopackage,
    read_graphml,
    ways_of_graph,
)
from corridors.sources.streets_table import network_of_edges, total_by_component
from corridors.sources.streets_xml import check_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import networkx as nx

    from corridors.domain.area import StreetsInput
    from corridors.domain.network import StreetNetwork

__all__ = ["StreetsRead", "read_streets"]

_OSM_XML = {".osm": "osm", ".osm.bz2": "osm.bz2", ".osm.gz": "osm.gz"}
_ENDINGS = ".osm, .osm.bz2, .osm.gz, .osm.pbf, .graphml or .gpkg"
_MEND_WAYS = "Give the OSM extract of the place with its highway tags."


@dataclass(frozen=True, slots=True)
class StreetsRead:
    """A street network, with what was read and what was left out.

    Parameters
    ----------
    network
        The walkable network, with all its connected parts.
    path
        The path as in the area file, or ``place: <name>``.
    sha256
        Of the file; for a place, of the ways that came.
    n_ways_in
        Ways with a ``highway`` tag; pieces of street for a saved graph, lines for a line layer.
    n_ways_kept
        Those that anybody may walk along: `n_ways_in` less the sum of `left_out`.
    n_components
        Number of connected parts.
    notes
        What a person should know, in sentences.
    left_out
        Ways left out, by reason code (`corridors.sources.streets_walkable.RULES`, or ``no_line``
        for a way with fewer than two nodes in the file).
    """

    network: StreetNetwork
    path: str
    sha256: str
    n_ways_in: int
    n_ways_kept: int
    n_components: int
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_streets(
    spec: StreetsInput,
    base_dir: Path,
    crs: str,
    *,
    cache_dir: Path | None = None,
    progress: Callable[[str], object] | None = None,
    fetch: Callable[[str, Path | None], nx.MultiDiGraph[int]] = fetch_place,
) -> StreetsRead:
    """Read the streets of an area as a walkable network in the area's CRS.

    Parameters
    ----------
    spec
        A path, relative to `base_dir`, or the name of a place.
    base_dir
        The folder of the area file.
    crs
        The area's projected CRS, in metres.
    cache_dir
        Where what was read is kept for the next run; nowhere if None.
    progress
        Is told each stage in a few words.
    fetch
        Fetches the ways of a place; the network is behind it.

    Raises
    ------
    SourceError
        If there is no such file, it is damaged, unsafe, too large or of another kind, holds no
        walkable way, or the CRS does not fit.
    """
    area_crs(crs)
    tell = progress or (lambda _: None)
    if spec.path is None and not spec.place:
        mend = "Write path or place under [streets]."
        raise SourceError(Problem("streets", "names neither a file nor a place.", mend))
    where = spec.path if spec.path is not None else f"place: {spec.place}"
    file = None if spec.path is None else _existing(base_dir / spec.path, where)
    sha256 = "" if file is None else _sha256(file, where)
    kept = None
    if cache_dir is not None:
        kept = cache_path(cache_dir, sha256 or f"place:{spec.place}", crs)
        cached = load_network(kept, crs)
        if cached is not None:
            return _as_read(cached[0], where, cached[1])
    tell("reading streets")
    if file is not None:
        ways = _ways_of_file(file, where)
    else:
        ways = ways_of_graph(fetch(str(spec.place), cache_dir), where=where)
        sha256 = _digest(ways)
    network = _network(ways, crs, where, tell)
    about = _about(ways, network, sha256)
    if kept is not None:
        save_network(kept, network, about)
    return _as_read(network, where, about)


def _ways_of_file(path: Path, where: str) -> Ways:
    name = path.name.lower()
    for ending, file_format in _OSM_XML.items():
        if name.endswith(ending):
            check_xml(path, root="osm", where=where)
            return read_osm_ways(path, file_format, where=where)
    if name.endswith(".pbf"):
        return read_osm_ways(path, "osm.pbf", where=where)
    if name.endswith(".graphml"):
        return read_graphml(path, where=where)
    if name.endswith(".gpkg"):
        return read_geopackage(path, where=where)
    what = "is of no kind that streets are read from."
    raise SourceError(Problem(where, what, f"Give a file ending in {_ENDINGS}."))


def _network(ways: Ways, crs: str, where: str, tell: Callable[[str], object]) -> StreetNetwork:
    if not ways.n_in:
        _refuse(where, "holds no streets: no way has a highway tag.", _MEND_WAYS)
    if not len(ways.tags):
        what = f"holds no walkable way: {_counted(ways.left_out)} left out."
        _refuse(where, what, _MEND_WAYS)
    graph = graph_of_ways(ways)
    tell("simplifying streets")
    edges = simplified_edges(graph, ways.tags)
    network = network_of_edges(project_edges(edges, crs, where), crs)
    if not network.n_segments:
        _refuse(where, "holds no street of any length.", _MEND_WAYS)
    return network


def _about(ways: Ways, network: StreetNetwork, sha256: str) -> dict[str, Any]:
    totals_m = total_by_component(network.segments)
    notes = []
    if ways.left_out:
        notes.append(f"Ways not walkable or not usable: {_counted(ways.left_out)}.")
    if ways.n_missing_nodes:
        notes.append(
            f"{ways.n_missing_nodes} points of ways are not in the file (the edge of an extract): "
            "those ways end there."
        )
    if len(totals_m) > 1:
        share = totals_m[0] / totals_m.sum()
        notes.append(
            f"The streets are in {len(totals_m)} parts that do not connect; the longest holds "
            f"{share:.1%} of their length. All are kept."
        )
    return {
        "sha256": sha256,
        "n_ways_in": ways.n_in,
        "n_ways_kept": ways.n_in - sum(ways.left_out.values()),
        "n_components": len(totals_m),
        "notes": notes,
        "left_out": dict(ways.left_out),
    }


def _as_read(network: StreetNetwork, where: str, about: Mapping[str, Any]) -> StreetsRead:
    return StreetsRead(network, where, **{**about, "notes": tuple(about["notes"])})


def _counted(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {code.replace('_', ' ')}" for code, n in left_out.items())


def _existing(path: Path, where: str) -> Path:
    if not path.is_file():
        _refuse(where, "does not exist or is not a file.", "Paths are relative to the area file.")
    return path


def _sha256(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        what = "cannot be read."
        raise SourceError(Problem(where, what, "Check who may read it.")) from err


def _digest(ways: Ways) -> str:
    digest = hashlib.sha256()
    for part in (ways.node_ids, ways.lon, ways.lat, ways.refs, ways.starts):
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(ways.tags.to_csv(index=False).encode())
    return digest.hexdigest()


def _refuse(where: str, what: str, mend: str) -> NoReturn:
    raise SourceError(Problem(where, what, mend))
