"""Network kernel intensity: seconds, accuracy and ratios, in one run on one core.

Run: ``python -m benchmarks.intensity [--quick] [--shared DIR]``

``--shared`` names the folder with real streets (``data/*/streets.osm.bz2``) and spatstat's Chicago
example (``reference/spatstat-chicago``); by default the developers' own beside this project. What
is not there is left out. ``--quick`` leaves out the city of 520,000 segments.

Every call is whole: it starts from plain arrays, checks them and prepares the network each time.
What is compiled is compiled before the clock starts; reading files is not counted. Seconds are of
the CPU, those beside spatstat's of the clock.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.borough import make_borough
from corridors.analysis.heat import heat_mass
from corridors.analysis.intensity import (
    MassEstimate,
    estimate_mass,
    sample_density,
    segment_mass,
)
from corridors.analysis.intensity_exact import exact_mass
from corridors.analysis.operator import segment_operator
from corridors.domain.area import StreetsInput
from corridors.errors import BadInput
from corridors.pipeline.reading import street_cache_dir
from corridors.sources.streets import read_streets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Network = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], int]

BANDWIDTH_M = 200.0
REAL_REACH_M = 300.0
SHARED = Path(__file__).resolve().parents[2] / "shared"
AREAS = (
    ("portsmouth", "EPSG:27700"),
    ("london-central", "EPSG:27700"),
    ("san-francisco", "EPSG:32610"),
)


class Asked(NamedTuple):
    bandwidth_m: float
    kernel: str


class Events(NamedTuple):
    segment: NDArray[np.int32]
    position_m: NDArray[np.float64]
    weight: NDArray[np.float64]


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """Give CPU seconds, which are those of the clock on a machine with nothing else to do."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def spread_of(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Give the best and the median seconds of the clock."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), float(np.median(seconds))


def scatter(network: Network, n: int, seed: int = 1) -> Events:
    rng = np.random.default_rng(seed)
    length_m = network[2]
    segment = rng.integers(0, len(length_m), n).astype(np.int32)
    return Events(segment, rng.random(n) * length_m[segment], rng.random(n) + 0.5)


def borough() -> Network:
    network = make_borough(n_incidents=10, n_schools=1).network
    return network.u, network.v, network.length_m, network.n_nodes


def city(n_side: int = 525) -> Network:
    rng = np.random.default_rng(2)
    number = np.arange(n_side * n_side, dtype=np.int32).reshape(n_side, n_side)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = np.sort(rng.permutation(u.size)[: int(u.size * 0.945)])
    return u[kept], v[kept], rng.uniform(50, 110, kept.size), n_side * n_side


def show_borough(network: Network) -> None:
    print(f"Borough, {len(network[0]):,} segments, {BANDWIDTH_M:.0f} m, 60,000 incidents")
    events, asked = scatter(network, 60_000), Asked(BANDWIDTH_M, "epanechnikov")
    exact = estimate_mass(*network, *events, **asked._asdict(), method="paths").mass
    for method, n_steps in (("waves", 16), ("waves", 32), ("waves", 64), ("paths", 0), ("auto", 0)):
        cell_m = BANDWIDTH_M / n_steps if n_steps else None

        def work(method: str = method, cell_m: float | None = cell_m) -> MassEstimate:
            return estimate_mass(*network, *events, **asked._asdict(), method=method, cell_m=cell_m)

        found = work()
        error = np.abs(found.mass - exact).sum() / events.weight.sum()
        lost = abs(found.mass.sum() / events.weight.sum() - 1)
        name = f"{method}, {n_steps} steps" if n_steps else f"{method} ({found.method})"
        print(f"  {name:18s} {best_of(work):.4f} s, L1 error {error:.1e}, mass lost {lost:.0e}")
    seconds = best_of(lambda: exact_mass(*network, *events, **asked._asdict()), 1)
    print(f"  its merging twin, exact_mass: {seconds:.3f} s")
    seconds = best_of(
        lambda: sample_density(*network, *events, **asked._asdict(), spacing_m=10.0), 2
    )
    print(f"  density every 10 m: {seconds:.3f} s")
    seconds = best_of(lambda: heat_mass(*network, *events, sigma_m=BANDWIDTH_M / 5**0.5), 1)
    print(f"  heat equation: {seconds:.2f} s")
    print("  incidents   method   seconds   microseconds an incident")
    for n in (600, 6_000, 60_000, 600_000):
        some = scatter(network, n)
        found = estimate_mass(*network, *some, **asked._asdict())
        seconds = best_of(
            lambda some=some: estimate_mass(*network, *some, **asked._asdict())  # type: ignore[misc]
        )
        print(f"  {n:9,d}   {found.method:6s}   {seconds:7.4f}   {seconds / n * 1e6:8.3f}")


def show_operator(network: Network) -> None:
    places = scatter(network, 20_000)
    operator = segment_operator(
        *network, *places[:2], bandwidth_m=BANDWIDTH_M, kernel="epanechnikov"
    )
    seconds = best_of(
        lambda: segment_operator(
            *network, *places[:2], bandwidth_m=BANDWIDTH_M, kernel="epanechnikov"
        ),
        2,
    )
    print(f"operator of 20,000 places: {seconds:.2f} s, {operator.nnz:,} entries")
    asked = Asked(BANDWIDTH_M, "epanechnikov")
    whole = segment_mass(*network, *places, **asked._asdict(), method="waves")
    error = np.abs(operator @ places.weight - whole).sum() / places.weight.sum()
    rng = np.random.default_rng(3)
    surface = best_of(lambda: operator @ rng.random(20_000), 50)
    each = best_of(lambda: segment_mass(*network, *places, **asked._asdict(), method="waves"))
    print(
        f"  {1 / surface:,.0f} surfaces a second ({each / surface:.0f} times waves each time), "
        f"999 in {seconds + 999 * surface:.1f} s; differs from waves by {error:.0e}"
    )


def show_spatstat(folder: Path) -> None:
    segments = pd.read_csv(folder / "segments.csv")
    crimes = pd.read_csv(folder / "unique_crimes.csv")
    seconds = pd.read_csv(folder / "timings.csv").set_index("what")["sec"]
    length_ft = segments["length"].to_numpy()
    network: Network = (
        segments["u"].to_numpy(np.int32),
        segments["v"].to_numpy(np.int32),
        length_ft,
        len(pd.read_csv(folder / "vertices.csv")),
    )
    segment = crimes["sid"].to_numpy(np.int32)
    events = Events(segment, crimes["tp"].to_numpy() * length_ft[segment], np.ones(len(crimes)))
    print("Chicago, beside the seconds that spatstat took on another machine")
    for kernel, root, row in (
        ("epanechnikov", 5, "esc_epanechnikov_sigma60"),
        ("biweight", 7, "esc_biweight_sigma60"),
    ):
        asked = Asked(60 * root**0.5, kernel)
        exact = exact_mass(*network, *events, **asked._asdict())
        for method in ("auto", "waves"):

            def work(method: str = method, asked: Asked = asked) -> MassEstimate:
                return estimate_mass(*network, *events, **asked._asdict(), method=method)

            found, ours = work(), spread_of(work, 300)
            error = np.abs(found.mass - exact).sum() / len(crimes)
            print(
                f"  {kernel} {method} ({found.method}): {ours[0] * 1e3:.3f} ms at best, "
                f"{ours[1] * 1e3:.3f} in the median, L1 error {error:.0e}; spatstat "
                f"{seconds[row]:.2f} s: {seconds[row] / ours[0]:,.0f} and "
                f"{seconds[row] / ours[1]:,.0f} times"
            )


def show_real(name: str, crs: str, folder: Path) -> None:
    """Real streets: where every path can be followed, against that; always against 1,024 steps."""
    streets = read_streets(
        StreetsInput(path="streets.osm.bz2"), folder, crs, cache_dir=street_cache_dir()
    ).network
    network: Network = (streets.u, streets.v, streets.length_m, streets.n_nodes)
    rng, length_m = np.random.default_rng(5), network[2]
    segment = rng.choice(len(length_m), 2_000, p=length_m / length_m.sum()).astype(np.int32)
    events = Events(segment, rng.random(2_000) * length_m[segment], np.ones(2_000))
    few = Events(events.segment[:200], events.position_m[:200], events.weight[:200])
    print(f"{name}, {len(length_m):,} segments, 2,000 incidents (the exact method: 200 of them)")
    for reach_m in (50.0, 100.0, REAL_REACH_M):
        asked = Asked(reach_m, "epanechnikov")
        found = estimate_mass(*network, *events, **asked._asdict())
        seconds = best_of(
            lambda asked=asked: estimate_mass(*network, *events, **asked._asdict()),  # type: ignore[misc]
            3,
        )
        fast, fast_few = (
            segment_mass(*network, *some, **asked._asdict(), method="waves")
            for some in (events, few)
        )
        fine = segment_mass(*network, *events, **asked._asdict(), cell_m=reach_m / 1024)
        told = f"1,024 steps: {np.abs(fast - fine).sum() / 2_000:.2e}"
        try:
            exact = exact_mass(*network, *few, **asked._asdict(), max_paths=5_000_000)
            told = f"exact: {np.abs(fast_few - exact).sum() / 200:.2e}, against " + told
        except BadInput:
            told = "exact: too many paths, against " + told
        print(
            f"  {reach_m:3.0f} m: {seconds:.3f} s ({found.method}); waves in 32 steps: mass lost "
            f"{abs(fast.sum() / 2_000 - 1):.0e}, L1 error against {told}",
            flush=True,
        )


def show_city() -> None:
    network = city()
    asked = Asked(BANDWIDTH_M, "epanechnikov")
    print(f"City, {len(network[0]):,} segments")
    for n in (200_000, 2_000_000):
        events = scatter(network, n)
        found = estimate_mass(*network, *events, **asked._asdict())
        seconds = best_of(
            lambda events=events: estimate_mass(*network, *events, **asked._asdict()),  # type: ignore[misc]
            1,
        )
        print(f"  {n:,} incidents: {seconds:.2f} s ({found.method})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--shared", type=Path, default=SHARED)
    options = parser.parse_args()
    network = borough()
    show_borough(network)
    show_operator(network)
    reference = options.shared / "reference" / "spatstat-chicago"
    if reference.exists():
        show_spatstat(reference)
    else:
        print("spatstat's Chicago example is not here: left out")
    for name, crs in AREAS:
        folder = options.shared / "data" / name
        if (folder / "streets.osm.bz2").exists():
            show_real(name, crs, folder)
        else:
            print(f"{name}: not here, left out")
    if not options.quick:
        show_city()


if __name__ == "__main__":
    main()
