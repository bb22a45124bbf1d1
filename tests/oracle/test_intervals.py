"""Do the intervals hold what they say? Simulated bursts whose mean is known, and slow twins."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import numpy as np
import pytest
from scipy import optimize, sparse, stats

from corridors.analysis.intervals import (
    corridor_interval,
    generator_of,
    make_events,
    resampled_ends,
    segment_intervals,
)
from corridors.analysis.scoring import AreaScores, EvidenceBase, score_area
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.domain.parameters import Parameters
from tests.toy import toy_network, toy_schools
from tests.toy_evidence import incident, incident_table, toy_base

PARAMETERS = Parameters(
    corridor_length_m=400.0, bandwidth_m=200.0, min_area_incidents=1, half_life_days=60.0
)
N_POSSIBLE, N_ELSEWHERE = 2000, 100
ISLAND = 14
N_RUNS = 100


def possible_bursts(rng: np.random.Generator) -> tuple[EvidenceBase, np.ndarray]:
    """Put all bursts that could happen on the toy town: base, and burst of each record.

    They are of one to four records in one place within minutes, three in four in the window. A
    hundred more are on the island and always happen: the rest of the area, out of reach, which
    tells how heavy a burst usually is.
    """
    network = toy_network()
    lines = network.segments.geometry.to_numpy()
    length_m = np.where(np.arange(len(lines)) == ISLAND, 0.0, network.length_m)
    segment = rng.choice(len(lines), N_POSSIBLE, p=length_m / length_m.sum())
    segment = np.append(segment, np.full(N_ELSEWHERE, ISLAND))
    first = datetime(2026, 9, 7, 15, 15)  # noqa: DTZ001 -- local
    rows, number = [], []
    for burst, line in enumerate(lines[segment]):
        at = line.interpolate(rng.random(), normalized=True)
        hour = 0.3 + 1.8 * rng.random() if rng.random() < 0.75 else 5 * rng.random() + 4
        starts = first + timedelta(
            days=int(7 * rng.integers(0, 10) + rng.integers(0, 5)), hours=hour
        )
        for record in range(rng.integers(1, 5)):
            rows.append(
                incident(
                    at.x - 150_000.0, at.y - 100_000.0, starts + timedelta(seconds=20 * record)
                )
            )
            number.append(burst)
    return toy_base(incident_table(rows), PARAMETERS), np.array(number)


def with_some(scores: AreaScores, is_there: np.ndarray, base: EvidenceBase) -> AreaScores:
    """Score the area as if only some of the records had been made."""
    severity = np.where(is_there, scores.severity, 0.0)
    found = dataclasses.replace(scores, is_scored=scores.is_scored & is_there, severity=severity)
    per_day = found.weight * base.times[0].share / base.times[0].n_days
    mass = base.located.footprint @ base.located.sum_by_anchor(per_day)
    per_km = 1000.0 / base.network.length_m
    return dataclasses.replace(found, mass_per_day=mass, intensity_per_km_day=mass * per_km)


@pytest.mark.parametrize("expected", [0.5, 3.0, 30.0])
def test_the_interval_covers_the_true_mean_as_often_as_it_says(expected: float) -> None:
    """Near 95 %, for every segment and a corridor of four; over it where few bursts are discrete.

    A hundred runs know the mean over the segments to about 1.5 % and the one corridor to 2.2 %,
    so that 0.89 is nearly three standard errors below 0.95.
    """
    rng = np.random.default_rng(12)
    base, burst = possible_bursts(rng)
    scores = score_area(base)
    network, schools = toy_network(), toy_schools()
    gates = place_gates(
        network, SegmentIndex.build(network.segments.geometry.to_numpy()), schools, PARAMETERS
    )
    tree = walk_trees(network, gates, PARAMETERS)[0]
    assert tree is not None
    chosen = np.arange(tree.segment.size) < 4
    in_window = np.unique(burst[base.times[0].share > 0])
    reached = (base.located.footprint > 0)[2].toarray().ravel()
    near = np.unique(burst[reached[base.located.anchor] & np.isin(burst, in_window)])
    p = expected / near.size
    truth = p * scores.intensity_per_km_day
    true_corridor = p * scores.mass_per_day[tree.segment[chosen]].sum()
    covered, corridor_covered = [], []
    for run in range(N_RUNS):
        is_there = np.append(rng.random(N_POSSIBLE) < p, np.ones(N_ELSEWHERE, bool))
        some = with_some(scores, is_there[burst], base)
        events = make_events(base, some)
        found = segment_intervals(base, some, events, generator_of(run, "segments"))
        covered.append(((found.low <= truth) & (truth <= found.high))[:ISLAND])
        whole = corridor_interval(base, some, events, tree, chosen, 0, generator_of(run, "T1"))
        corridor_covered.append(whole.low <= true_corridor <= whole.high)
    assert 0.92 <= np.mean(covered) <= 0.995
    assert 0.89 <= np.mean(corridor_covered) <= 1.0


def percentile_ends(weight: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Give the usual bootstrap interval of a sum of bursts: Poisson multipliers."""
    sums = rng.poisson(1.0, (400, weight.size)) @ weight
    low, high = np.quantile(sums, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize(("expected", "usual"), [(0.5, 0.5), (3.0, 0.85), (30.0, 0.95)])
def test_the_usual_interval_would_be_falsely_narrow(expected: float, usual: float) -> None:
    rng = np.random.default_rng(3)
    ours, theirs = [], []
    truth = expected * np.exp(0.5 * 0.6**2)
    for _ in range(400):
        weight = rng.lognormal(0.0, 0.6, rng.poisson(expected))
        one_more = np.exp(1.5 * 0.6**2)  # mean of the square over the mean
        low, high = resampled_ends(
            sparse.csr_matrix(np.ones((1, 1))),
            sparse.csr_matrix(weight[None, :]),
            np.array([one_more]),
            400,
            rng,
        )
        ours.append(low[0] <= truth <= high[0])
        low_usual, high_usual = percentile_ends(weight, rng)
        theirs.append(low_usual <= truth <= high_usual)
    assert 0.93 <= np.mean(ours) <= 0.995
    assert np.mean(theirs) < min(usual, np.mean(ours))


@pytest.mark.parametrize("n", [1, 4, 25])
def test_bursts_of_equal_weight_give_the_mid_p_poisson_interval(n: int) -> None:
    """Half of the way between the gammas of n and of n + 1: solved here by bisection."""

    def end(share: float) -> float:
        def off(x: float) -> float:
            both = stats.gamma.cdf(x, n) + stats.gamma.cdf(x, n + 1)
            return float(0.5 * both - share)

        return float(optimize.brentq(off, 1e-9, 10 * n + 20))

    low, high = resampled_ends(
        sparse.csr_matrix(np.ones((1, 1))),
        sparse.csr_matrix(2.0 * np.ones((1, n))),
        np.array([2.0]),
        10_000,
        np.random.default_rng(0),
    )
    assert high[0] == pytest.approx(2.0 * end(0.975), rel=0.03)
    assert low[0] == pytest.approx(2.0 * end(0.025), rel=0.15 if n == 1 else 0.05)


def test_uneven_bursts_lie_where_fay_and_feuer_put_them() -> None:
    """Their gamma approximates the lower end without, the upper end with one burst more."""
    weight = np.random.default_rng(5).lognormal(0.0, 0.8, 20)
    one_more = float((weight**2).sum() / weight.sum())
    low, high = resampled_ends(
        sparse.csr_matrix(np.ones((1, 1))),
        sparse.csr_matrix(weight[None, :]),
        np.array([one_more]),
        10_000,
        np.random.default_rng(0),
    )
    y, v = weight.sum(), (weight**2).sum()
    lower = stats.gamma.ppf(0.025, y**2 / v, scale=v / y)
    with_one, v_with = y + one_more, v + one_more**2
    upper = stats.gamma.ppf(0.975, with_one**2 / v_with, scale=v_with / with_one)
    without = stats.gamma.ppf(0.975, y**2 / v, scale=v / y)
    assert lower * 0.97 <= low[0] <= lower * 1.15
    assert without <= high[0] <= upper * 1.03
