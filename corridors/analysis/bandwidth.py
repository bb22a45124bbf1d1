"""The reach of the kernel that best foresees incidents held out of the past.

Incidents are held out in blocks of time, the kernel density of the others is read where they are,
and the mean of its logarithm is the score of a reach: cross-validated likelihood. Only the past is
used. What was recorded as one burst stays in one block, or it would foresee itself. An incident
that is known only to lie on a stretch of streets has the mean density of that stretch, as the
likelihood of so coarse a record is. The density is that of whole segments, the unit of scoring.

Source: Silverman (1986), Density Estimation, section 3.4.4; blocks in place of single incidents,
because near repeats (Johnson et al. 2007) would make leaving out one choose no smoothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from corridors.analysis.intensity import wave_mass
from corridors.analysis.mixture import N_BLOCKS, time_blocks
from corridors.analysis.waves import build_lines, check_points
from corridors.domain.bandwidth import BandwidthChoice, BandwidthPoint
from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from corridors.analysis.predictors import Past
    from corridors.domain.network import StreetNetwork
    from corridors.domain.parameters import Parameters

__all__ = ["bandwidth_candidates", "choose_bandwidth"]

FloatArray = NDArray[np.float64]

N_CANDIDATES = 9
"""Between 50 and 800 m each is the root of 2 times the one before."""

MIN_HELD_SHARE = 0.5
"""An incident is judged where at least half of it lies on streets that the sources cover."""


def bandwidth_candidates(parameters: Parameters, length_m: FloatArray) -> tuple[float, ...]:
    """Give the reaches to try: even steps of their logarithm in whole metres, and the given one.

    Parameters
    ----------
    parameters
        ``bandwidth_low_m``, ``bandwidth_high_m`` and ``bandwidth_m``.
    length_m
        ``(n_segments,)``; nothing longer than all streets together is tried.

    Raises
    ------
    BadInput
        The lower bound is above the upper one.
    """
    low_m, high_m = parameters.bandwidth_low_m, parameters.bandwidth_high_m
    if low_m > high_m:
        raise BadInput(
            Problem(
                "parameters.bandwidth_low_m",
                "is above bandwidth_high_m.",
                "Give a lower bound that is not above the upper one.",
            )
        )
    steps = {*np.round(np.geomspace(low_m, high_m, N_CANDIDATES)), parameters.bandwidth_m}
    total_m = float(length_m.sum())
    return tuple(sorted(float(one) for one in steps if one <= total_m))


def choose_bandwidth(
    network: StreetNetwork,
    past: Past,
    burst: NDArray[np.int32],
    is_covered: NDArray[np.bool_],
    parameters: Parameters,
) -> BandwidthChoice:
    """Choose the reach of the kernel by the likelihood of incidents held out in blocks of time.

    Parameters
    ----------
    network
        The streets.
    past
        The incidents, placed as precisely as they are known; those of weight 0 have no part.
    burst
        ``(n,)`` burst of each incident: stays in one block.
    is_covered
        ``(n_segments,)`` where the sources have data: elsewhere nothing is judged.
    parameters
        ``bandwidth_m`` is the given reach; bounds, ``bandwidth_floor_share``, ``kernel``,
        ``kernel_steps``, ``min_area_incidents`` and ``seed`` are used.

    Returns
    -------
    BandwidthChoice
        The given reach, with the reason, where fewer than ``min_area_incidents`` can be judged or
        all are of one burst.

    Raises
    ------
    BadInput
        The bounds contradict each other.
    """
    candidates = bandwidth_candidates(parameters, network.length_m)
    held = _HeldOut.build(network, past, burst, is_covered, parameters)
    if len(held.incident) < parameters.min_area_incidents or held.n_blocks < 2 or not candidates:
        return _given(held, parameters)
    scores = np.stack([held.log_density(network, one, parameters) for one in candidates])
    total = held.weight.sum()
    mean = scores @ held.weight / total
    best = int(np.argmax(mean))
    curve = tuple(
        BandwidthPoint(
            bandwidth_m=candidates[k],
            log_likelihood=float(mean[k]),
            standard_error=held.error_of(scores[k]),
            behind=float(mean[best] - mean[k]),
            behind_error=held.error_of(scores[best] - scores[k]),
        )
        for k in range(len(candidates))
    )
    return _chosen(curve, best, held, parameters)


def _given(held: _HeldOut, parameters: Parameters) -> BandwidthChoice:
    return BandwidthChoice(
        bandwidth_m=parameters.bandwidth_m,
        given_m=parameters.bandwidth_m,
        is_chosen=False,
        curve=(),
        low_m=None,
        high_m=None,
        is_at_bound=False,
        floor_share=parameters.bandwidth_floor_share,
        n_incidents=len(held.incident),
        n_bursts=held.n_bursts,
        n_blocks=held.n_blocks,
        reason="Too few incidents to choose a reach by: the given one is used.",
    )


def _chosen(
    curve: tuple[BandwidthPoint, ...], best: int, held: _HeldOut, parameters: Parameters
) -> BandwidthChoice:
    likeliest, given_m = curve[best].bandwidth_m, parameters.bandwidth_m
    as_good = [point.bandwidth_m for point in curve if point.is_as_good]
    is_at_bound = best in {0, len(curve) - 1}
    words = [f"Incidents held out of the past are likeliest with a reach of {likeliest:g} m."]
    if is_at_bound:
        words.append("That is the end of what was tried.")
    if given_m in as_good and given_m != likeliest:
        words.append(f"The given {given_m:g} m is within one standard error of it.")
    return BandwidthChoice(
        bandwidth_m=likeliest,
        given_m=given_m,
        is_chosen=True,
        curve=curve,
        low_m=min(as_good),
        high_m=max(as_good),
        is_at_bound=is_at_bound,
        floor_share=parameters.bandwidth_floor_share,
        n_incidents=len(held.incident),
        n_bursts=held.n_bursts,
        n_blocks=held.n_blocks,
        reason=" ".join(words),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _HeldOut:
    """The incidents that are judged, the blocks they are held out in, and what is known then.

    Parameters
    ----------
    incident, block, burst, weight
        ``(n_judged,)`` row in the past, block, burst from 0 and weight.
    n_bursts, n_blocks
        How many.
    stretch
        ``(n_judged, n_segments)`` part of each on each covered segment; rows sum to 1.
    place_segment, place_position_m
        ``(n_places,)`` distinct places of all incidents.
    place_weight
        ``(n_blocks, n_places)`` weight there outside the block.
    is_covered
        ``(n_segments,)``.
    """

    incident: NDArray[np.int64]
    block: NDArray[np.int64]
    burst: NDArray[np.int64]
    weight: FloatArray
    n_bursts: int
    n_blocks: int
    stretch: sparse.csr_matrix
    place_segment: NDArray[np.int32]
    place_position_m: FloatArray
    place_weight: FloatArray
    is_covered: NDArray[np.bool_]

    @classmethod
    def build(
        cls,
        network: StreetNetwork,
        past: Past,
        burst: NDArray[np.int32],
        is_covered: NDArray[np.bool_],
        parameters: Parameters,
    ) -> _HeldOut:
        """Divide the incidents, and sum the weights of each block by place."""
        n = len(past.weight)
        block = _blocks(past, burst, np.random.default_rng(parameters.seed))
        n_blocks = int(block.max(initial=-1)) + 1
        held = sparse.csr_matrix(
            (past.share * is_covered[past.segment], (past.incident, past.segment)),
            shape=(n, network.n_segments),
        )
        on_covered = np.asarray(held.sum(axis=1), np.float64).ravel()
        judged = np.flatnonzero((past.weight > 0) & (on_covered >= MIN_HELD_SHARE))
        _, own = np.unique(burst[judged], return_inverse=True)
        centimetre = np.round(100 * past.position_m).astype(np.int64)
        place, first, of_row = np.unique(
            (past.segment.astype(np.int64) << 32) + centimetre,
            return_index=True,
            return_inverse=True,
        )
        by_block = np.zeros((n_blocks, len(place)))
        np.add.at(by_block, (block[past.incident], of_row), past.row_weight)
        return cls(
            incident=judged,
            block=block[judged],
            burst=own,
            weight=past.weight[judged],
            n_bursts=int(own.max(initial=-1)) + 1,
            n_blocks=len(np.unique(block[judged])),
            stretch=sparse.csr_matrix(sparse.diags(1.0 / on_covered[judged]) @ held[judged]),
            place_segment=past.segment[first],
            place_position_m=past.position_m[first],
            place_weight=by_block.sum(axis=0) - by_block,
            is_covered=is_covered,
        )

    def log_density(
        self, network: StreetNetwork, bandwidth_m: float, parameters: Parameters
    ) -> FloatArray:
        """Give the log density per metre of each judged incident under those of other blocks."""
        length_m, floor = network.length_m, parameters.bandwidth_floor_share
        points = check_points(self.place_segment, self.place_position_m, length_m)
        lines = build_lines(
            network.u, network.v, length_m, network.n_nodes,
            bandwidth_m=bandwidth_m, kernel=parameters.kernel,
            cell_m=bandwidth_m / parameters.kernel_steps,
        )  # fmt: skip
        even = 1.0 / length_m[self.is_covered].sum()
        found = np.empty(len(self.incident))
        for block in range(len(self.place_weight)):
            mine = np.flatnonzero(self.block == block)
            if not len(mine):
                continue
            mass = wave_mass(lines, length_m, points, self.place_weight[block])
            mass = np.where(self.is_covered, np.maximum(mass, 0.0), 0.0)
            total = mass.sum()
            density = mass / total / length_m if total > 0 else np.full(len(mass), even)
            found[mine] = (1.0 - floor) * (self.stretch[mine] @ density) + floor * even
        return np.log(found)

    def error_of(self, value: FloatArray) -> float:
        """Give the standard error of a weighted mean over incidents, bursts taken as one."""
        total = self.weight.sum()
        apart = self.weight * (value - self.weight @ value / total)
        return float(np.sqrt((np.bincount(self.burst, apart) ** 2).sum()) / total)


def _blocks(past: Past, burst: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.int64]:
    """Give the block of each incident: that of its burst, which is as old as its first."""
    number, own = np.unique(burst, return_inverse=True)
    age = np.full(len(number), -np.inf)
    np.maximum.at(age, own, past.age_days)
    return time_blocks(age, N_BLOCKS, rng)[own]
