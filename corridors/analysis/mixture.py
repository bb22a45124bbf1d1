"""Our forecast: a mixture of network kernels from no reach at all to very long.

No single bandwidth wins: on exact points counts lead at the very top and smooth surfaces further
down, and police.uk anchors repay no smoothing at all. So every reach has a part, and the parts are
those under which incidents held out of the past are most likely. Nothing of the future is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.analysis.intensity import wave_mass
from corridors.analysis.waves import STEPS, build_lines, check_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.analysis.predictors import Past
    from corridors.domain.network import StreetNetwork

__all__ = ["REACHES_M", "Mixture", "fit_mixture", "mixture_weights", "time_blocks"]

REACHES_M = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
"""Reaches of the kernels, doubling from a few doors to a neighbourhood. Counts per segment stand
for a reach of nothing, and one part is the same everywhere, for what nobody could foresee."""

N_BLOCKS = 5
_MOST_ROUNDS = 500
_SETTLED = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A fitted mixture.

    Parameters
    ----------
    density
        ``(n_segments,)`` per metre; its integral over the counted streets is 1.
    parts
        Weight of each part by its name; they sum to 1.
    log_likelihood
        Mean of the logarithm of the density at the held-out incidents.
    """

    density: NDArray[np.float64]
    parts: Mapping[str, float]
    log_likelihood: float


def time_blocks(
    age_days: NDArray[np.float64], n_blocks: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Divide incidents into blocks of time to hold out in turn, about equal in number.

    Incidents of one moment stay together, so a series is not used to foresee itself and month-only
    data are held out by months. If that leaves fewer than three blocks, they are drawn.

    Parameters
    ----------
    age_days
        ``(n,)``.
    n_blocks
        At most this many.
    rng
        Seeded.

    Returns
    -------
    array
        ``(n,)`` block of each incident.
    """
    oldest_first = np.sort(-age_days)
    before = np.searchsorted(oldest_first, -age_days, side="left")
    block = before * n_blocks // max(len(age_days), 1)
    if len(np.unique(block)) >= min(3, n_blocks):
        return block.astype(np.int64)
    return (rng.permutation(len(age_days)) % n_blocks).astype(np.int64)


def mixture_weights(
    density: NDArray[np.float64], mass: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Find the weights under which the held-out incidents are most likely (EM; the only maximum).

    Parameters
    ----------
    density
        ``(n, n_parts)`` density of each part where the incidents are; each row has one over 0.
    mass
        ``(n,)`` incidents there.

    Returns
    -------
    weights, log_likelihood
        ``(n_parts,)`` summing to 1, and the mean log density.
    """
    weights = np.full(density.shape[1], 1.0 / density.shape[1])
    total = mass.sum()
    mixed = density @ weights
    mean_log = float(mass @ np.log(mixed) / total)
    for _ in range(_MOST_ROUNDS):
        weights = weights * ((mass / mixed) @ density) / total
        mixed = density @ weights
        before, mean_log = mean_log, float(mass @ np.log(mixed) / total)
        if mean_log - before < _SETTLED:
            break
    return weights / weights.sum(), mean_log


def fit_mixture(
    network: StreetNetwork,
    pasts: Mapping[str, Past],
    aim: str,
    is_counted: NDArray[np.bool_],
    kernel: str,
    rng: np.random.Generator,
    n_steps: int = STEPS,
) -> Mixture:
    """Fit the mixture on the past alone.

    Parameters
    ----------
    network
        The streets.
    pasts
        Weighings of the same incidents by name, such as in the window and at all hours: each
        brings a part for every reach.
    aim
        Name of the weighing that is to be foreseen.
    is_counted
        ``(n_segments,)`` segments on which incidents are foreseen.
    kernel
        Shape of the kernels.
    rng
        Seeded.
    n_steps
        Steps to the reach of a kernel; the cost is in proportion.

    Raises
    ------
    ValueError
        If no incident of the weighing lies on a counted segment.
    """
    target = pasts[aim]
    block = time_blocks(target.age_days, N_BLOCKS, rng)
    held = _block_masses(network, {aim: target}, block, (), kernel, n_steps)[f"{aim}, count"]
    masses = _block_masses(network, pasts, block, REACHES_M, kernel, n_steps)
    densities, tests = [], []
    for number in range(N_BLOCKS):
        there = is_counted & (held[number] > 0)
        if not there.any():
            continue
        # Kernels add up: what is known without a block is all less what the block brings.
        known = {name: each.sum(axis=0) - each[number] for name, each in masses.items()}
        parts = _parts(network, known, is_counted)
        densities.append(np.column_stack([part[there] for part in parts.values()]))
        tests.append(held[number][there])
    if not densities:
        raise ValueError("no incident lies on a counted segment")
    weights, mean_log = mixture_weights(np.vstack(densities), np.concatenate(tests))
    parts = _parts(network, {name: each.sum(axis=0) for name, each in masses.items()}, is_counted)
    density = sum(
        (weight * part for weight, part in zip(weights, parts.values(), strict=True)),
        start=np.zeros(network.n_segments),
    )
    named = dict(zip(parts, map(float, weights), strict=True))
    return Mixture(np.asarray(density), named, mean_log)


def _block_masses(
    network: StreetNetwork,
    pasts: Mapping[str, Past],
    block: NDArray[np.int64],
    reaches_m: Sequence[float],
    kernel: str,
    n_steps: int,
) -> dict[str, NDArray[np.float64]]:
    """Give the mass that each block of time puts on each segment, ``(N_BLOCKS, n_segments)``."""
    weights = {
        name: [past.weighed(np.where(block == b, past.weight, 0.0)) for b in range(N_BLOCKS)]
        for name, past in pasts.items()
    }
    masses = {
        f"{name}, count": np.stack([one.mass(network.n_segments) for one in each])
        for name, each in weights.items()
    }
    length_m = network.length_m
    for reach_m in reaches_m:
        if reach_m > length_m.sum():
            continue
        lines = build_lines(
            network.u,
            network.v,
            length_m,
            network.n_nodes,
            bandwidth_m=reach_m,
            kernel=kernel,
            cell_m=reach_m / n_steps,
        )
        for name, each in weights.items():
            points = check_points(each[0].segment, each[0].position_m, length_m)
            masses[f"{name}, {reach_m:g} m"] = np.stack(
                [wave_mass(lines, length_m, points, one.row_weight) for one in each]
            )
    return masses


def _parts(
    network: StreetNetwork, masses: Mapping[str, NDArray[np.float64]], is_counted: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """Give each part's density, scaled to an integral of 1 over the counted streets."""
    even = is_counted / network.length_m[is_counted].sum()
    parts = {"everywhere the same": even}
    for name, mass in masses.items():
        # Echoes at junctions, and rounding, can take a little more than there is.
        inside = np.where(is_counted, np.maximum(mass, 0.0), 0.0)
        total = float(inside.sum())
        # A part that knows nothing says the same everywhere.
        parts[name] = inside / (total * network.length_m) if total > 0 else even
    return parts
