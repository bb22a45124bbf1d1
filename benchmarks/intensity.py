"""Network kernel intensity: seconds, accuracy and ratios, in one run on one core.

Run: ``python -m benchmarks.intensity [--city] [--spatstat DIR]``

``--city`` adds 2 million incidents on 520,000 segments. ``--spatstat`` names a folder with
spatstat's Chicago example (segments, vertices, crimes and its own seconds); without it that
comparison is left out.
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
from corridors.analysis.intensity import sample_density, segment_mass
from corridors.analysis.intensity_exact import exact_mass
from corridors.analysis.operator import segment_operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Network = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], int]

BANDWIDTH_M = 200.0


class Events(NamedTuple):
    segment: NDArray[np.int32]
    position_m: NDArray[np.float64]
    weight: NDArray[np.float64]


def best_of(work: Callable[[], object], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


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


def show_waves(network: Network) -> None:
    print(f"waves, {len(network[0]):,} segments, {BANDWIDTH_M:.0f} m")
    events = scatter(network, 60_000)
    exact = exact_mass(*network, *events, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov")
    for n_steps in (16, 32, 64):
        cell_m = BANDWIDTH_M / n_steps

        def work(cell_m: float = cell_m) -> NDArray[np.float64]:
            return segment_mass(
                *network, *events, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov", cell_m=cell_m
            )

        error = np.abs(work() - exact).sum() / events.weight.sum()
        lost = abs(work().sum() / events.weight.sum() - 1)
        print(
            f"  {n_steps:3d} steps: {best_of(work):.4f} s for 60,000 incidents, "
            f"L1 error {error:.1e}, mass lost {lost:.0e}"
        )
    seconds = best_of(
        lambda: exact_mass(*network, *events, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov"), 1
    )
    print(f"  exact: {seconds:.3f} s")
    for n in (600, 6_000, 60_000, 600_000):
        some = scatter(network, n)
        seconds = best_of(
            lambda some=some: segment_mass(  # type: ignore[misc]
                *network, *some, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov"
            )
        )
        print(f"  {n:9,d} incidents: {seconds:.4f} s, {seconds / n * 1e6:.2f} µs an incident")
    seconds = best_of(
        lambda: sample_density(
            *network, *events, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov", spacing_m=10.0
        ),
        2,
    )
    print(f"  density every 10 m: {seconds:.3f} s")
    seconds = best_of(lambda: heat_mass(*network, *events, sigma_m=BANDWIDTH_M / 5**0.5), 1)
    print(f"  heat equation: {seconds:.2f} s")


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
    whole = segment_mass(*network, *places, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov")
    error = np.abs(operator @ places.weight - whole).sum() / places.weight.sum()
    rng = np.random.default_rng(3)
    surface = best_of(lambda: operator @ rng.random(20_000), 50)
    each = best_of(
        lambda: segment_mass(*network, *places, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov")
    )
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
        reach = 60 * root**0.5
        reach = 60 * root**0.5
        exact = exact_mass(*network, *events, bandwidth_m=reach, kernel=kernel)
        for n_steps in (16, 32, 0):

            def work(
                n_steps: int = n_steps, reach: float = reach, kernel: str = kernel
            ) -> NDArray[np.float64]:
                if not n_steps:
                    return exact_mass(*network, *events, bandwidth_m=reach, kernel=kernel)
                return segment_mass(
                    *network, *events, bandwidth_m=reach, kernel=kernel, cell_m=reach / n_steps
                )

            error = np.abs(work() - exact).sum() / len(crimes)
            ours = best_of(work, 100)
            print(
                f"  {kernel} {f'waves, {n_steps} steps' if n_steps else 'exact'}: "
                f"{ours * 1e3:.2f} ms, L1 error {error:.0e}; spatstat {seconds[row]:.2f} s: "
                f"{seconds[row] / ours:,.0f} times"
            )


def show_city() -> None:
    network = city()
    events = scatter(network, 2_000_000)
    seconds = best_of(
        lambda: segment_mass(*network, *events, bandwidth_m=BANDWIDTH_M, kernel="epanechnikov"), 1
    )
    print(f"2,000,000 incidents on {len(network[0]):,} segments: {seconds:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--city", action="store_true")
    parser.add_argument("--spatstat", type=Path)
    options = parser.parse_args()
    network = borough()
    show_waves(network)
    show_operator(network)
    if options.spatstat:
        show_spatstat(options.spatstat)
    if options.city:
        show_city()


if __name__ == "__main__":
    main()
