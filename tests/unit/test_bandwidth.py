"""The reach chosen by likelihood: a proper held-out score, and honesty where there is none."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import shapely

from corridors.analysis.bandwidth import bandwidth_candidates, choose_bandwidth
from corridors.analysis.predictors import Past
from corridors.domain.bandwidth import BandwidthChoice
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.errors import BadInput
from corridors.outputs.bandwidth_chart import draw_bandwidth_curve

N_SIDE, SPACING_M = 14, 60.0
PARAMETERS = Parameters(bandwidth_choice="likelihood")


def grid() -> StreetNetwork:
    number = np.arange(N_SIDE * N_SIDE).reshape(N_SIDE, N_SIDE)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    xy = np.column_stack(np.divmod(np.arange(N_SIDE**2), N_SIDE)) * SPACING_M
    lines = shapely.linestrings(np.stack([xy[u], xy[v]], axis=1))
    segments = gpd.GeoDataFrame(
        {"u": u, "v": v, "length_m": shapely.length(lines)}, geometry=lines, crs="EPSG:27700"
    )
    return StreetNetwork(segments, xy, "EPSG:27700")


NETWORK = grid()
COVERED = np.ones(NETWORK.n_segments, bool)


def past_of(segment: np.ndarray, rng: np.random.Generator) -> Past:
    """Incidents at random moments, each on one place of the given segments."""
    n = len(segment)
    return Past(
        incident=np.arange(n),
        segment=segment.astype(np.int32),
        position_m=rng.random(n) * SPACING_M,
        share=np.ones(n),
        xy=np.zeros((n, 2)),
        weight=np.ones(n),
        age_days=rng.random(n) * 365,
    )


def choose(past: Past, parameters: Parameters = PARAMETERS) -> BandwidthChoice:
    return choose_bandwidth(
        NETWORK, past, np.arange(len(past.weight), dtype=np.int32), COVERED, parameters
    )


def test_narrow_clusters_choose_the_shortest_reach() -> None:
    rng = np.random.default_rng(1)
    hot = rng.choice(NETWORK.n_segments, 12, replace=False)
    choice = choose(past_of(rng.choice(hot, 500), rng))
    assert choice.is_chosen
    assert choice.bandwidth_m == 50.0
    assert choice.is_at_bound
    assert choice.high_m is not None
    assert choice.high_m < 100


def test_incidents_that_are_everywhere_choose_the_longest() -> None:
    rng = np.random.default_rng(2)
    choice = choose(past_of(rng.integers(0, NETWORK.n_segments, 500), rng))
    assert choice.bandwidth_m == 800.0
    assert "end of what was tried" in choice.reason


def test_clusters_of_a_few_streets_choose_between() -> None:
    rng = np.random.default_rng(3)
    middles = shapely.get_coordinates(shapely.centroid(NETWORK.segments.geometry.to_numpy()))
    centres = middles[rng.choice(NETWORK.n_segments, 5, replace=False)]
    spot = centres[rng.integers(0, 5, 250)] + rng.normal(0, 90, (250, 2))
    near = np.argmin(((middles[None] - spot[:, None]) ** 2).sum(axis=2), axis=1)
    choice = choose(past_of(near, rng))
    assert 100 <= choice.bandwidth_m <= 400
    assert not choice.is_at_bound
    best = max(choice.curve, key=lambda point: point.log_likelihood)
    assert best.bandwidth_m == choice.bandwidth_m
    assert best.behind == 0
    at = [point.bandwidth_m for point in choice.curve].index(best.bandwidth_m)
    for neighbour in (choice.curve[at - 1], choice.curve[at + 1]):
        assert neighbour.behind_error < neighbour.standard_error


def test_a_burst_does_not_foresee_itself() -> None:
    # forty bursts of ten at one place and moment each, places at random: nothing to foresee
    rng = np.random.default_rng(4)
    segment = np.repeat(rng.integers(0, NETWORK.n_segments, 40), 10)
    past = replace(past_of(segment, rng), age_days=np.repeat(rng.random(40) * 365, 10))
    past = replace(past, age_days=past.age_days + rng.random(400) * 40)
    burst = np.repeat(np.arange(40, dtype=np.int32), 10)
    kept = choose_bandwidth(NETWORK, past, burst, COVERED, PARAMETERS)
    torn = choose(past)
    assert kept.n_bursts == 40
    assert kept.bandwidth_m >= 400
    assert torn.bandwidth_m < kept.bandwidth_m


def test_uncovered_streets_and_weight_of_zero_are_not_judged() -> None:
    rng = np.random.default_rng(5)
    past = past_of(rng.integers(0, NETWORK.n_segments, 400), rng)
    far = NETWORK.node_xy[NETWORK.u, 0] > 400
    past = replace(past, weight=np.where(np.arange(400) < 50, 0.0, 1.0))
    choice = choose_bandwidth(NETWORK, past, np.arange(400, dtype=np.int32), ~far, PARAMETERS)
    assert choice.n_incidents == int((~far[past.segment[50:]]).sum())


def test_the_same_twice_and_in_any_order() -> None:
    rng = np.random.default_rng(6)
    past = past_of(rng.integers(0, 40, 200), rng)
    order = rng.permutation(200)
    turned = replace(
        past,
        segment=past.segment[order],
        position_m=past.position_m[order],
        age_days=past.age_days[order],
    )
    first, second, third = choose(past), choose(past), choose(turned)
    assert first == second
    for one, other in zip(first.curve, third.curve, strict=True):
        assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)


def test_too_few_give_the_given_reach_and_say_so() -> None:
    rng = np.random.default_rng(7)
    few = choose(past_of(rng.integers(0, 40, 29), rng))
    assert not few.is_chosen
    assert few.bandwidth_m == PARAMETERS.bandwidth_m
    assert few.curve == ()
    assert "given" in few.reason
    one = past_of(np.zeros(60), rng)
    burst = np.zeros(60, np.int32)
    assert not choose_bandwidth(NETWORK, one, burst, COVERED, PARAMETERS).is_chosen


def test_candidates_hold_the_given_one_and_fit_the_network() -> None:
    steps = bandwidth_candidates(
        dataclasses.replace(PARAMETERS, bandwidth_m=230.0), np.array([500.0])
    )
    assert steps == (50.0, 71.0, 100.0, 141.0, 200.0, 230.0, 283.0, 400.0)
    crossed = dataclasses.replace(PARAMETERS, bandwidth_low_m=900.0)
    with pytest.raises(BadInput, match="bandwidth_low_m"):
        bandwidth_candidates(crossed, np.array([500.0]))


def test_the_curve_is_drawn_without_counts() -> None:
    rng = np.random.default_rng(8)
    choice = choose(past_of(rng.choice(20, 333), rng))
    drawn = draw_bandwidth_curve(choice)
    root = ET.fromstring(drawn)  # noqa: S314 -- our own
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title") is not None
    assert choice.reason in (root.findtext(f"{space}desc") or "")
    assert len(root.findall(f"{space}circle")) == len(choice.curve)
    assert "333" not in drawn
    few = draw_bandwidth_curve(choose(past_of(np.zeros(5), rng)))
    assert "Too few incidents" in few
    ET.fromstring(few)  # noqa: S314
