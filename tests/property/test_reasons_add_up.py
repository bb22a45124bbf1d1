"""Every score taken apart adds up again, in every way, whatever happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridors.analysis.contributions import nearest_timetable, split_weight, weight_per_day
from corridors.analysis.explaining import explain_corridor
from corridors.analysis.intervals import corridor_interval, generator_of, make_events
from corridors.analysis.profile import half_hour_names, half_hour_share
from corridors.analysis.reasons import explain_tested_corridor, segment_reasons
from corridors.analysis.scoring import score_area
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import place_gates, walk_trees
from corridors.analysis.timing import Windows, window_share
from corridors.domain.parameters import Parameters
from corridors.domain.reasons import DIMENSIONS
from tests.toy import toy_network, toy_schools
from tests.toy_evidence import incident, incident_table, toy_base

PARAMETERS = Parameters(
    corridor_length_m=300.0, bandwidth_m=120.0, min_area_incidents=1, score_discovered=True
)
MINUTE_NS = 60_000_000_000


@st.composite
def some_incidents(draw: st.DrawFn, *, timed: bool) -> pd.DataFrame:
    rows = []
    first = datetime(2026, 9, 7)  # noqa: DTZ001 -- local
    for _ in range(draw(st.integers(1, 12))):
        starts = first + timedelta(minutes=draw(st.integers(0, 70 * 24 * 60)))
        lasts = draw(st.sampled_from([0, 20, 300, 3000]))
        rows.append(
            incident(
                draw(st.integers(0, 420)),
                draw(st.integers(-5, 240)),
                starts,
                starts + timedelta(minutes=lasts) if lasts else None,
                category=draw(st.sampled_from(["robbery", "violence", "burglary"])),
                origin=draw(st.sampled_from(["reported", "discovered"])),
                place_precision=draw(st.sampled_from(["exact", "snapped"])),
            )
        )
    table = incident_table(rows)
    table["source"] = draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    if not timed:
        table["time_precision"] = "month"
        month = table["starts_at"].dt.tz_localize(None).dt.to_period("M")
        table["starts_at"] = month.dt.start_time.dt.tz_localize("UTC")
        table["ends_at"] = (month + 1).dt.start_time.dt.tz_localize("UTC")
    return table


@given(st.booleans().flatmap(lambda timed: some_incidents(timed=timed)), st.data())
@settings(max_examples=40, deadline=None)
def test_the_parts_of_every_dimension_sum_to_the_score(
    table: pd.DataFrame, data: st.DataObject
) -> None:
    is_covered = np.array(data.draw(st.lists(st.booleans(), min_size=15, max_size=15)))
    base = toy_base(table, PARAMETERS, is_covered)
    scores = score_area(base)
    parts = segment_reasons(base, scores, ["a.csv", "b.csv"])
    assert (parts["intensity_per_km_day"] > 0).all()
    ids = base.network.segments["segment_id"]
    for dimension in DIMENSIONS:
        mine = parts[parts["dimension"] == dimension]
        summed = mine.groupby("segment_id", observed=True)["intensity_per_km_day"].sum()
        total = summed.reindex(ids).fillna(0.0).to_numpy()
        np.testing.assert_allclose(total, scores.intensity_per_km_day, rtol=1e-9, atol=1e-300)


@given(st.booleans().flatmap(lambda timed: some_incidents(timed=timed)))
@settings(max_examples=25, deadline=None)
def test_a_corridor_adds_up_and_agrees_with_what_graded_it(table: pd.DataFrame) -> None:
    base = toy_base(table, PARAMETERS)
    scores = score_area(base)
    network = toy_network()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    tree = walk_trees(network, place_gates(network, index, toy_schools(), PARAMETERS), PARAMETERS)[
        0
    ]
    assert tree is not None
    events, chosen = make_events(base, scores), np.arange(tree.segment.size) < 3
    interval = corridor_interval(base, scores, events, tree, chosen, 0, generator_of(0, "T1"))
    found = explain_tested_corridor(base, scores, events, tree, chosen, 0, interval, ["a.csv"])
    for dimension in DIMENSIONS:
        mine = [part for part in found.parts if part.dimension == dimension]
        assert sum(part.amount for part in mine) == pytest.approx(interval.value, rel=1e-9)
        if interval.value > 0:
            assert sum(part.share for part in mine) == pytest.approx(1.0, rel=1e-9)
    burst = events.number if base.times else None
    facts = explain_corridor(base, scores, tree, chosen, 0, burst)
    assert found.n == pytest.approx(facts.n, rel=1e-9)
    assert found.one_place_share == pytest.approx(facts.one_place_share, abs=1e-9)
    assert found.long_interval_share == pytest.approx(facts.long_interval_share, abs=1e-9)
    shares = {part.name: part.share for part in found.parts if part.dimension == "category"}
    for one in found.withouts:
        assert -1e-9 <= one.left_share <= 1.0
        assert one.n_left <= found.n + 1e-9
        if one.kind == "category":
            assert one.left_share == pytest.approx(1.0 - shares[one.name], abs=1e-9)
        if one.kind == "place":
            assert one.left_share == pytest.approx(1.0 - found.one_place_share, abs=1e-9)


@given(some_incidents(timed=True))
@settings(max_examples=25, deadline=None)
def test_each_incident_keeps_its_weight_however_it_is_split(table: pd.DataFrame) -> None:
    base = toy_base(table, PARAMETERS)
    scores = score_area(base)
    timetable = nearest_timetable(base)
    rows = np.flatnonzero(scores.is_scored)
    weight = weight_per_day(base, scores, timetable)
    for split in split_weight(base, scores, rows, timetable, []):
        summed = np.asarray(split.weight.sum(axis=1)).ravel()
        np.testing.assert_allclose(summed, weight[rows], rtol=1e-9, atol=1e-18)
        assert split.weight.shape == (rows.size, len(split.names))


@given(
    stays=st.lists(st.tuples(st.integers(0, 5000), st.sampled_from([0, 1, 45, 2000])), min_size=1),
    minutes=st.sampled_from([(0, 15), (10, 150), (20, 95)]),
    cut_short=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_half_hours_are_the_window_cut_in_parts(
    stays: list[tuple[int, int]], minutes: tuple[int, int], *, cut_short: bool
) -> None:
    before, after = minutes
    day = np.arange(4) * 24 * 60 * MINUTE_NS
    starts, ends = day + (915 - before) * MINUTE_NS, day + (915 + after) * MINUTE_NS
    if cut_short:
        starts[2] += (before + after) // 2 * MINUTE_NS
    windows = Windows(starts, ends, np.zeros(4, np.int8), np.zeros(4, np.int64))
    begins = np.array([one for one, _ in stays], np.int64) * MINUTE_NS
    lasts = np.array([one for _, one in stays], np.int64) * MINUTE_NS
    share = half_hour_share(windows, begins, begins + lasts, before, after)
    assert share.shape[1] == len(half_hour_names(before, after))
    expected = window_share(windows, begins, begins + lasts)
    np.testing.assert_allclose(share.sum(axis=1), expected, rtol=1e-12, atol=1e-15)
