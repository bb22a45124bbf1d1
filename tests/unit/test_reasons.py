"""Why this street: parts known by hand, what would change them, and how both are told."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from corridors.analysis.explaining import CorridorFacts, Months, heaviest_place, why_sentences
from corridors.analysis.intervals import generator_of, make_events, segment_intervals
from corridors.analysis.reasons import explain_segment
from corridors.analysis.scoring import score_area
from corridors.domain.parameters import Parameters
from corridors.domain.reasons import DIMENSIONS, Explained, Interval, Part, Without
from corridors.errors import BadInput
from corridors.outputs.reasons import SEGMENT_UNIT, tell_explained
from corridors.pipeline.reading import Tables, read_tables
from corridors.pipeline.reasons import (
    Reasons,
    explain_area,
    reasons_files,
    tell_school,
    tell_segment,
)
from corridors.pipeline.scoring import Scored, score_tables
from corridors.pipeline.stages import Stages
from tests.small_area import write_small_area
from tests.toy_evidence import incident, incident_table, toy_base

PARAMETERS = Parameters(
    corridor_length_m=300.0, bandwidth_m=120.0, min_area_incidents=1, half_life_days=36500.0
)
MONDAY = datetime(2026, 11, 2, 15, 40)  # noqa: DTZ001 -- local: 25 minutes after the bell
MILL_LANE = 2


def explained(
    incidents: list[dict[str, object]], source: list[int] | None = None, segment: int = MILL_LANE
) -> Explained:
    table = incident_table(incidents)
    if source is not None:
        table["source"] = source
    base = toy_base(table, PARAMETERS)
    scores = score_area(base)
    events = make_events(base, scores)
    found = segment_intervals(base, scores, events, generator_of(0, "segments"))
    ends = (float(found.low[segment]), float(found.high[segment]))
    return explain_segment(base, scores, events, segment, ends, ["a.csv", "b.csv"])


def shares(found: Explained, dimension: str) -> dict[str, float]:
    return {part.name: part.share for part in found.parts if part.dimension == dimension}


# --- parts, by hand


def test_the_parts_are_what_was_put_there() -> None:
    """Four robberies and a violence in the middle of Mill Lane: each adds the same."""
    days = [MONDAY + timedelta(days=n) for n in (0, 1, 7, 8)]
    found = explained(
        [
            *(incident(50.0, 100.0, day) for day in days),
            incident(50.0, 100.0, MONDAY + timedelta(days=-28, minutes=60), category="violence"),
        ],
        source=[0, 0, 0, 1, 1],
    )
    assert shares(found, "category") == pytest.approx({"robbery": 0.8, "violence": 0.2}, rel=1e-2)
    assert shares(found, "half_hour") == pytest.approx(
        {"0 to 30 min after the bell": 0.8, "60 to 90 min after the bell": 0.2}, rel=1e-2
    )
    assert shares(found, "month") == pytest.approx({"2026-10": 0.2, "2026-11": 0.8}, rel=1e-2)
    assert shares(found, "weekday") == pytest.approx({"mon": 0.6, "tue": 0.4}, rel=1e-2)
    assert shares(found, "origin") == {"reported": 1.0}
    assert shares(found, "source") == pytest.approx({"a.csv": 0.6, "b.csv": 0.4}, rel=1e-2)
    assert found.n == pytest.approx(5.0)
    assert found.one_place_share == pytest.approx(1.0)
    assert found.score.low < found.score.value < found.score.high


def test_an_interval_is_split_between_the_half_hours_it_covers() -> None:
    """15:30 to 16:30 is a quarter before 15:45, a half until 16:15 and a quarter after."""
    starts = MONDAY.replace(hour=15, minute=30)
    found = explained([incident(50.0, 100.0, starts, starts + timedelta(hours=1))])
    assert shares(found, "half_hour") == pytest.approx(
        {
            "0 to 30 min after the bell": 0.25,
            "30 to 60 min after the bell": 0.5,
            "60 to 90 min after the bell": 0.25,
        }
    )


def test_what_would_be_left_without_some_of_it() -> None:
    days = [MONDAY + timedelta(days=7 * (n // 5) + n % 5) for n in range(10)]
    rows = [incident(50.0, 100.0, day) for day in days]
    rows += [
        incident(50.0, 100.0, day - timedelta(days=49), category="violence") for day in days[:5]
    ]
    found = explained(rows, source=[0] * 10 + [1] * 5)
    left = {(one.kind, one.name): one for one in found.withouts}
    assert left["category", "robbery"].left_share == pytest.approx(1 / 3, rel=1e-2)
    assert left["category", "robbery"].n_left == pytest.approx(5.0)
    assert left["category", "robbery"].is_too_few
    assert left["category", "violence"].n_left == pytest.approx(10.0)
    assert not left["category", "violence"].is_too_few
    assert left["source", "b.csv"].left_share == pytest.approx(2 / 3, rel=1e-2)
    # The last day is 13 November: the month before it holds all the robberies.
    assert left["last_months", "1"].left_share == pytest.approx(1 / 3, rel=1e-2)
    assert left["place", ""].left_share == pytest.approx(0.0, abs=1e-9)
    assert ("last_months", "6") not in left  # the data do not reach back so far


def test_ten_records_of_one_fight_are_one_separate_incident() -> None:
    fight = [incident(50.0, 100.0, MONDAY + timedelta(minutes=n)) for n in range(10)]
    assert explained(fight).n == pytest.approx(1.0)


def test_a_segment_that_nothing_reaches_has_no_parts_but_an_upper_end() -> None:
    found = explained([incident(50.0, 100.0, MONDAY)], segment=14)
    assert (found.parts, found.withouts) == ((), ())
    assert found.score.value == 0.0
    assert found.score.high > 0.0


def test_month_only_data_tell_no_hour_and_no_weekday() -> None:
    table = incident_table([incident(50.0, 100.0, MONDAY) for _ in range(3)])
    table["time_precision"] = "month"
    table["starts_at"] = pd.Timestamp("2026-11-01", tz="UTC")
    table["ends_at"] = pd.Timestamp("2026-12-01", tz="UTC")
    base = toy_base(table, PARAMETERS)
    scores = score_area(base)
    found = explain_segment(base, scores, make_events(base, scores), MILL_LANE, (0.0, 1.0), ["a"])
    assert shares(found, "half_hour") == {"no time of day": 1.0}
    assert shares(found, "weekday") == {"no weekday": 1.0}
    assert shares(found, "month") == {"2026-11": 1.0}


def test_the_heaviest_place_is_found_wherever_the_grid_begins() -> None:
    xy = np.array([[49.0, 10.0], [51.0, 10.0], [400.0, 400.0]])
    largest, is_there = heaviest_place(xy, np.array([1.0, 1.0, 1.5]), 50.0)
    assert largest == 2.0
    assert is_there.tolist() == [True, True, False]
    assert heaviest_place(np.zeros((0, 2)), np.zeros(0), 50.0)[0] == 0.0


# --- since when, in words that may leave


def facts_by_month(share: list[float], n: float = 60.0) -> CorridorFacts:
    month = np.arange("2025-11", np.datetime64("2025-11") + len(share), dtype="datetime64[M]")
    months = Months(month, np.array(share) / sum(share), np.full(len(share), 1 / len(share)))
    return CorridorFacts(n, {}, np.full(7, 0.2), None, 0.1, 0.0, 0.0, months)


@pytest.mark.parametrize(
    ("share", "n", "sentences"),
    [
        ([1, 1, 1, 1, 1, 1, 1, 5, 5, 6], 60, ("Most of it, 70 %, since June 2026.",)),
        ([5, 5, 6, 5, 5, 5, 0, 0, 1, 0], 60, ("Hardly any of it since May 2026.",)),
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 60, ()),
        ([1, 1, 1, 1, 1, 1, 1, 5, 5, 6], 6, ()),  # so few could do that by chance
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 60, ("Most of it, 100 %, since July 2026.",)),
        ([1, 9], 60, ()),
        ([1], 60, ()),
    ],
)
def test_since_when_is_told_only_where_chance_would_not_do_it(
    share: list[float], n: float, sentences: tuple[str, ...]
) -> None:
    assert why_sentences(facts_by_month(share, n), {}, 10) == sentences


# --- told


def test_it_is_told_in_sentences_and_a_table() -> None:
    found = Explained(
        score=Interval(0.5, 0.25, 1.1),
        n=12.0,
        n_enough=10,
        one_place_share=0.3,
        long_interval_share=0.0,
        assumed_day_share=0.25,
        parts=(
            *(Part("category", name, x / 2, x) for name, x in (("theft", 0.2), ("robbery", 0.8))),
            *(Part("source", f"folder/{n}.csv", 0.05, 0.1) for n in range(10)),
        ),
        withouts=(
            Without("category", "robbery", 0.2, 3.0, is_too_few=True),
            Without("category", "theft", 0.8, 10.0, is_too_few=False),
            Without("last_months", "3", 0.97, 11.0, is_too_few=False),
            Without("place", "", 0.7, 9.5, is_too_few=True),
        ),
    )
    told = tell_explained("Mill Lane", ["First."], found, SEGMENT_UNIT, {"robbery": "Robbery"})
    lines = told.splitlines()
    assert lines[:4] == ["Mill Lane", "=========", "", "First."]
    assert f"0.500 {SEGMENT_UNIT} (95 % interval 0.250 to 1.10)." in lines
    table = [line.split() for line in lines if "Robbery" in line or "theft" in line]
    assert table[0] == ["kind", "of", "incident", "Robbery", "80", "%", "0.400"]
    assert table[1] == ["theft", "20", "%", "0.100"]
    assert sum(".csv" in line for line in lines) == 7
    assert any("3 other files" in line and "30 %" in line for line in lines)
    assert "  Without Robbery: 20 % left, 3 separate incidents, fewer than 10." in lines
    assert "  Without theft: 80 % left, 10 separate incidents." in lines
    place = "Without the heaviest single place: 70 % left, 9.5 separate incidents, fewer than 10."
    assert f"  {place}" in lines
    assert "last 3 months" not in told  # 97 % left changes nothing
    assert "  By chance alone the level could be 0.5 to 2.2 times what it is." in lines
    assert "  25 % of the days were taken for teaching days without being known." in lines


# --- the whole area


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Scored, Reasons]:
    area = write_small_area(tmp_path_factory.mktemp("small") / "area")
    stages = Stages()
    tables = read_tables(
        area.file, as_of=None, today=date(2026, 7, 3), stages=stages, cache_dir=None
    )
    scored = score_tables(tables, stages)
    return tables, scored, explain_area(tables, scored)


def test_the_files_hold_numbers_that_add_up_and_no_incident(
    small: tuple[Tables, Scored, Reasons],
) -> None:
    tables, scored, reasons = small
    files = reasons_files(reasons)
    assert sorted(files) == [
        "internal/corridor_reasons.json",
        "internal/reasons.html",
        "internal/segment_reasons.parquet",
    ]
    table = pd.read_parquet(io.BytesIO(files["internal/segment_reasons.parquet"]))
    assert list(table) == ["segment_id", "dimension", "part", "intensity_per_km_day"]
    total = table.groupby("dimension", observed=True)["intensity_per_km_day"].sum()
    assert set(total.index) == set(DIMENSIONS)
    np.testing.assert_allclose(total, scored.scores.intensity_per_km_day.sum(), rtol=1e-9)
    record = json.loads(files["internal/corridor_reasons.json"])
    assert [school["school_id"] for school in record["schools"]] == ["S1", "S2"]
    first = record["schools"][0]["corridor"]
    assert first["low"] < first["value"] < first["high"]
    for dimension in DIMENSIONS:
        amounts = [part["amount"] for part in first["parts"][dimension]]
        assert sum(amounts) == pytest.approx(first["value"], rel=1e-7)  # nine digits are written
    shown = b"".join(files.values()).decode(errors="replace")
    assert not any(incident_id in shown for incident_id in tables.incidents["incident_id"])


def test_the_files_are_the_same_each_time(small: tuple[Tables, Scored, Reasons]) -> None:
    tables, scored, reasons = small
    assert reasons_files(explain_area(tables, scored)) == reasons_files(reasons)


def test_a_school_is_told(small: tuple[Tables, Scored, Reasons]) -> None:
    reasons = small[2]
    told = tell_school(reasons, "S1")
    assert told.startswith("Row School (S1)\n")
    assert "Evidence: strong." in told
    assert "along Row 0" in told
    assert "Robbery" in told
    with pytest.raises(BadInput, match=r"no school of that id.*such as S1, S2"):
        tell_school(reasons, "S9")


def test_a_segment_is_told(small: tuple[Tables, Scored, Reasons]) -> None:
    tables, scored, reasons = small
    best = int(scored.scores.intensity_per_km_day.argmax())
    told = tell_segment(reasons, str(tables.network.segments["segment_id"].iloc[best]))
    assert told.startswith("Row 0\n")
    assert "weighted incidents a day for each kilometre" in told
    with pytest.raises(BadInput, match="no segment of that id"):
        tell_segment(reasons, "elsewhere")
