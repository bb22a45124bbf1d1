"""Seconds to read a city's streets: cold, cached, and by OSMnx alone, in the same run.

Run ``python -m benchmarks.streets STREETS.osm.bz2 EPSG:27700``. OSMnx alone means reading the
file in both directions, simplifying, projecting and making it undirected, with nothing checked
and nothing left out. Processor seconds are given beside those of the clock, because the machine
may be doing something else.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import osmnx as ox

from corridors.domain.area import StreetsInput
from corridors.sources.streets import read_streets

if TYPE_CHECKING:
    from collections.abc import Callable


def timed(name: str, work: Callable[[], object]) -> float:
    """Run once, tell, and give the processor seconds."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    took = time.process_time() - processor
    print(f"{name:<28}{time.perf_counter() - clock:8.2f} s clock {took:8.2f} s processor")
    return took


def plain(path: Path, crs: str) -> object:
    """Read the streets as OSMnx's documentation does."""
    graph = ox.graph_from_xml(path, bidirectional=True, retain_all=True)
    return ox.convert.to_undirected(ox.project_graph(graph, to_crs=crs))


def main() -> None:
    """Measure one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("streets", type=Path)
    parser.add_argument("crs")
    arguments = parser.parse_args()
    path: Path = arguments.streets
    with tempfile.TemporaryDirectory() as cache:

        def read() -> None:
            spec = StreetsInput(path=path.name)
            result = read_streets(spec, path.parent, arguments.crs, cache_dir=Path(cache))
            print(f"  {result.n_ways_kept:,} ways, {result.network.n_segments:,} segments")

        cold = timed("read_streets, cold", read)
        cached = timed("read_streets, cached", read)
    alone = timed("OSMnx alone", lambda: plain(path, arguments.crs))
    print(f"OSMnx alone / cold {alone / cold:.1f}, cold / cached {cold / cached:.0f}")


if __name__ == "__main__":
    main()
