"""How sure: one corridor tested a school, the whole selection repeated inside each null run.

The null hypotheses are in `corridors.analysis.nulls`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corridors.analysis.nulls import Null
from corridors.analysis.tracing import TraceRule, trace_many
from corridors.analysis.walk_tree import WalkTree
from corridors.domain.parameters import Parameters

__all__ = [
    "CorridorTest",
    "SchoolCase",
    "adjust_for_schools",
    "assess_school",
]

BATCH_RUNS = 50
TAIL_REACH = 100
"""A fitted tail is not believed beyond this many times the runs that were made."""
SMALLEST_TAIL = 60
TAIL_RUNS = 250
"""Knijnenburg et al. 2009: size of the tail that is fitted when few runs do as well."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SchoolCase:
    """All that the test of one school needs.

    Parameters
    ----------
    tree
        Segments within reach of the gate.
    is_covered
        ``(n,)`` whether the sources have data there; elsewhere nothing can be gathered.
    mass
        ``(n,)`` weight on each segment.
    unit_weight
        Weight that counts as one incident here (recency and severity change it).
    null
        The null hypothesis.
    footfall
        ``(n,)`` share of the pupils who walk there, 0 to 1.
    """

    tree: WalkTree
    is_covered: NDArray[np.bool_]
    mass: FloatArray
    unit_weight: float
    null: Null
    footfall: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class CorridorTest:
    """What the test of one school found.

    Parameters
    ----------
    chosen
        ``(n,)`` segments of the tested corridor, in the order of the tree.
    mass
        ``(n,)`` weight on each segment.
    prize
        ``(n,)`` weight over the null's expectation x footfall where the evidence allows a
        corridor, 0 elsewhere: the need that the corridor gathers, before it is put on a day.
    expected_mass
        ``(n,)`` weight that the null expects on each segment.
    statistic
        Log-likelihood ratio of the corridor's effective incidents against the null's.
    n_runs, n_exceed
        Null runs made, and how many did at least as well.
    p
        Unadjusted.
    """

    chosen: NDArray[np.bool_]
    mass: FloatArray
    prize: FloatArray
    expected_mass: FloatArray
    statistic: float
    n_runs: int
    n_exceed: int
    p: float


def assess_school(
    case: SchoolCase, parameters: Parameters, rng: np.random.Generator
) -> CorridorTest:
    """Trace the best corridor of a school and test it against the school's null.

    Parameters
    ----------
    case
        The school's surroundings.
    parameters
        What concerns corridors and the null runs is used.
    rng
        Generator of this school's null runs.

    Returns
    -------
    CorridorTest
        ``p`` is counted where ten runs did as well, else read off a fitted tail, and never told
        as less than a hundredth of 1 / (`n_null_runs` + 1).
    """
    # Where the sources have no data nothing is known: it is in no sum.
    expected = case.null.expected() * case.is_covered
    tree, ratio, rule = case.tree, parameters.min_excess_ratio, TraceRule.of(parameters)
    budget_m = parameters.corridor_length_m

    def select(masses: FloatArray) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        is_allowed = (masses > ratio * expected) & case.is_covered
        # The excess, not the whole: a street that is busy at every hour earns nothing.
        prizes = np.where(is_allowed, (masses - expected) * case.footfall, 0.0)
        traced = trace_many(tree.parent, tree.length_m, prizes, budget_m, rule)
        return traced, prizes, _statistic(traced, masses, expected, case.unit_weight)

    mass = case.mass * case.is_covered
    chosen, prize, statistic = select(mass[None, :])
    observed = float(statistic[0])

    def run_null(n_runs: int) -> FloatArray:
        return select(case.null.masses(n_runs, rng) * case.is_covered)[2]

    null = _run_until_clear(observed, run_null, parameters)
    n_exceed = int((null >= observed).sum())
    return CorridorTest(
        chosen=chosen[0],
        mass=mass,
        prize=prize[0],
        expected_mass=expected,
        statistic=observed,
        n_runs=null.size,
        n_exceed=n_exceed,
        p=_p_value(observed, null, n_exceed, parameters),
    )


def _statistic(
    chosen: NDArray[np.bool_], masses: FloatArray, expected: FloatArray, unit_weight: float
) -> FloatArray:
    """Compare each run's corridor with its expectation: a Poisson log-likelihood ratio."""
    n = (chosen * masses).sum(axis=1) / unit_weight
    # Half an incident more keeps a corridor of one incident in an empty street from winning.
    n_expected = (chosen @ expected) / unit_weight + 0.5
    ratio = np.where(n > 0, n / n_expected, 1.0)
    return np.where(n > n_expected, n * np.log(ratio) - (n - n_expected), 0.0)


def _run_until_clear(
    observed: float,
    run_batch: Callable[[int], FloatArray],
    parameters: Parameters,
) -> FloatArray:
    """Run the null until the school is clearly nothing, clearly something, or the runs are made."""
    n_runs, enough = parameters.n_null_runs, parameters.stop_exceedances
    if observed <= 0.0:
        return np.zeros(enough)
    null = np.zeros(0)
    n_exceed = 0
    while null.size < n_runs and n_exceed < enough:
        null = np.append(null, run_batch(min(BATCH_RUNS, n_runs - null.size)))
        n_exceed = int((null >= observed).sum())
        if n_exceed == 0 and _tail_p(observed, null) <= _least_p(n_runs):
            break
    return null


def _least_p(n_runs: int) -> float:
    return 1.0 / (TAIL_REACH * (n_runs + 1))


def _p_value(observed: float, null: FloatArray, n_exceed: int, parameters: Parameters) -> float:
    enough = parameters.stop_exceedances
    if n_exceed >= enough:
        # Runs come in batches, so the stop may lie a little before the end of the last one.
        last = int(np.flatnonzero(null >= observed)[enough - 1]) + 1
        return enough / last
    fitted = _tail_p(observed, null)
    if np.isnan(fitted):
        return (n_exceed + 1) / (null.size + 1)
    return max(fitted, _least_p(parameters.n_null_runs))


def _tail_p(observed: float, null: FloatArray) -> float:
    """Fit a generalised Pareto tail by probability-weighted moments (Hosking and Wallis 1987).

    NaN where the runs are too few, or no such tail fits.
    """
    n_tail = min(TAIL_RUNS, null.size // 4)
    if n_tail < SMALLEST_TAIL:
        return float("nan")
    ordered = np.sort(null)[::-1]
    threshold = 0.5 * (ordered[n_tail - 1] + ordered[n_tail])
    excess = np.sort(ordered[:n_tail] - threshold)
    if np.unique(excess).size < SMALLEST_TAIL // 2:
        # A handful of bursts gives a handful of results: nothing to fit.
        return float("nan")
    plotting = (np.arange(1, n_tail + 1) - 0.35) / n_tail
    mean, weighted = excess.mean(), ((1.0 - plotting) * excess).mean()
    if mean <= 0 or mean - 2.0 * weighted <= 0:
        return float("nan")
    shape = 2.0 - mean / (mean - 2.0 * weighted)
    scale = 2.0 * mean * weighted / (mean - 2.0 * weighted)
    # A tail that ends would give p = 0: take the exponential tail instead, which is larger.
    if shape < 0:
        shape, scale = 0.0, mean
    beyond = max(observed - threshold, 0.0)
    survival = (
        np.exp(-beyond / scale) if shape == 0 else (1.0 + shape * beyond / scale) ** (-1.0 / shape)
    )
    return float(n_tail / null.size * survival)


def adjust_for_schools(p: FloatArray) -> FloatArray:
    """Adjust p-values for the number of schools tested (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p
        ``(n,)``, NaN for schools that were not tested.

    Returns
    -------
    ``(n,)`` float64
        The smallest false discovery rate at which each school would be found; NaN stays NaN.
    """
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if tested.size == 0:
        return adjusted
    order = tested[np.argsort(p[tested], kind="stable")]
    raw = p[order] * tested.size / np.arange(1, tested.size + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return adjusted
