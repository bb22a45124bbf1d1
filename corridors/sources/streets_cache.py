"""Keep a street network that was read, so that the next run takes it from one file.

The cache only ever saves time: what is missing, old, broken or of another version is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from shapely.errors import GEOSException

from corridors.domain.network import StreetNetwork
from corridors.domain.tables import SEGMENTS, TableMismatch
from corridors.sources.streets_table import node_places

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["READING_VERSION", "cache_path", "load_network", "save_network"]

READING_VERSION = 1
"""Raise it whenever the same file would be read to another network."""

_META = b"corridors"
_BROKEN = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    TableMismatch,
    GEOSException,
    pa.ArrowException,
)


def cache_path(cache_dir: Path, source_key: str, crs: str) -> Path:
    """Name the cache file of one source in one CRS, read by these versions.

    Parameters
    ----------
    cache_dir
        The folder of the cache.
    source_key
        SHA-256 of the file, or ``place:<name>``.
    crs
        The area's CRS as written.
    """
    versions = [version("osmnx"), pyproj.proj_version_str, shapely.geos_version_string]
    text = json.dumps([READING_VERSION, source_key, crs, *versions])
    return cache_dir / f"streets-{hashlib.sha256(text.encode()).hexdigest()[:32]}.parquet"


def save_network(path: Path, network: StreetNetwork, about: Mapping[str, Any]) -> None:
    """Write a network and what is to be told about it: aside, then renamed.

    A cache that cannot be written (a full disk, a read-only folder) is no reason to stop.
    """
    segments = network.segments
    plain = {name: segments[name].to_numpy() for name in SEGMENTS.names if name != "geometry"}
    table = pa.table({**plain, "geometry": shapely.to_wkb(segments.geometry.to_numpy())})
    meta = {"about": dict(about), "n_nodes": network.n_nodes}
    table = table.replace_schema_metadata({_META: json.dumps(meta).encode()})
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".aside")
        os.close(number)
        aside = Path(name)
        try:
            # A checksum a page: parquet has none by default, and a bit that flips moves a street.
            pq.write_table(table, aside, compression="zstd", write_page_checksum=True)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def load_network(path: Path, crs: str) -> tuple[StreetNetwork, dict[str, Any]] | None:
    """Read a network from the cache, or None where there is none that can be trusted."""
    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        meta = json.loads(table.schema.metadata[_META])
        frame = table.to_pandas()
        geometry = shapely.from_wkb(frame.pop("geometry").to_numpy())
        segments = gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)
        segments = segments.astype({"segment_id": "str", "name": "str", "highway": "str"})
        SEGMENTS.check(segments)
        network = StreetNetwork(segments, node_places(segments, int(meta["n_nodes"])), crs)
        return network, dict(meta["about"])
    except _BROKEN:
        return None
