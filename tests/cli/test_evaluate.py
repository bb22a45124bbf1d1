"""`corridors evaluate`: figures against a slow twin, what it refuses, and what it will not say."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely

from corridors.pipeline.evaluation import make_folds, read_horizon
from corridors.pipeline.reading import read_tables
from corridors.pipeline.stages import Stages
from tests.small_area import SECRET, SmallArea, write_small_area

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Answer, Run

UNTIL = "2026-02-01"
KEYS = {
    "fold", "origin", "unit", "method", "basis", "length_share", "hit_rate", "lo", "hi", "pai",
    "pei", "n_test", "places",
}  # fmt: skip


def evaluate(run: Run, area: SmallArea, out: Path, *more: object, until: str = UNTIL) -> Answer:
    return run("evaluate", area.file, "--until", until, "--out", out, *more)


def read(out: Path) -> dict[str, Any]:
    text = (out / "evaluation.json").read_text(encoding="utf-8")
    assert SECRET not in text
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def month_only(area: SmallArea) -> None:
    """Make a police.uk layout of the area: months, and points in degrees."""
    toml = (area.folder / "area.toml").read_text(encoding="utf-8")
    begin, end = toml.index("[[incidents]]"), toml.index("[calendar]")
    incidents = '[[incidents]]\npath = "2026.csv"\nformat = "police-uk"\n\n'
    area.write("area.toml", toml[:begin] + incidents + toml[end:])
    rng = np.random.default_rng(4)
    head = (
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
        "Crime type,Last outcome category,Context\n"
    )
    lines = (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    lon, lat = names.index("Lon"), names.index("Lat")
    anchors = [(line.split(",")[lon], line.split(",")[lat]) for line in lines[1:41]]
    rows = []
    for n in range(400):
        x, y = anchors[int(rng.integers(40)) // int(rng.integers(1, 5))]
        month = f"2026-{1 + n % 4:02d}"
        rows.append(f"{n:064d},{month},Police,Police,{x},{y},On or near,,,Robbery,,\n")
    area.write("2026.csv", head + "".join(rows))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallArea:
    return write_small_area(tmp_path_factory.mktemp("small") / "area")


def test_the_past_count_against_a_slow_twin(run: Run, small: SmallArea, tmp_path: Path) -> None:
    told = evaluate(run, small, tmp_path / "out", "--horizon", "4m", "--folds", "1")
    assert told.code == 0, told.err
    assert "Page (internal)" in told.out
    record = read(tmp_path / "out")
    tables = read_tables(
        small.file, as_of=None, today=date(2026, 7, 3), stages=Stages(), cache_dir=None
    )
    lines = tables.network.segments.geometry.to_list()
    length_m = tables.network.length_m
    origin, end = pd.Timestamp(UNTIL, tz="Europe/London"), pd.Timestamp("2026-06-01T00:00+01:00")
    past, test = np.zeros(len(lines)), np.zeros(len(lines))
    for one in tables.incidents.to_dict("records"):
        at = shapely.Point(one["x"], one["y"])
        nearest = int(np.argmin([line.distance(at) for line in lines]))
        if one["starts_at"] < origin and one["ends_at"] <= origin:
            past[nearest] += 1
        elif one["starts_at"] >= origin and one["ends_at"] <= end:
            test[nearest] += 1
    hits = {}
    for share in (0.01, 0.02, 0.05, 0.1):
        left_m, hit = share * length_m.sum(), 0.0
        for value in sorted(set(past / length_m), reverse=True):
            tied = past / length_m == value
            part = min(1.0, left_m / length_m[tied].sum())
            hit += part * test[tied].sum()
            left_m -= part * length_m[tied].sum()
        hits[share] = hit / test.sum()
    found = [
        row
        for row in record["results"]
        if (row["unit"], row["method"], row["basis"]) == ("segments", "past_count", "all_hours")
    ]
    assert {row["length_share"]: row["hit_rate"] for row in found} == pytest.approx(hits, abs=1e-5)
    assert {row["n_test"] for row in found} == {test.sum()}


def test_what_is_written(run: Run, small: SmallArea, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = evaluate(run, small, out, "--folds", "2", "--horizon", "2m", "--quiet")
    assert (first.code, first.out) == (0, "")
    record = read(out)
    assert record["document"] == "internal"
    assert record["scattered"] is False
    assert record["hashes"]
    rows = record["results"]
    assert all(set(row) == KEYS for row in rows)
    assert {row["fold"] for row in rows} == {1, 2}
    assert {row["basis"] for row in rows} == {"window", "all_hours"}
    for row in rows:
        if row["hit_rate"] is None:
            continue
        assert 0 <= row["lo"] <= row["hi"] <= 1
        assert row["pai"] == pytest.approx(row["hit_rate"] / row["length_share"], abs=1e-4)
        if row["unit"] == "segments" and row["method"] == "random":
            assert row["hit_rate"] == pytest.approx(row["length_share"], abs=1e-6)
        if row["unit"] != "corridors":
            assert row["pei"] <= 1 + 1e-6
    scores = pd.read_parquet(out / "scores.parquet")
    assert list(scores.columns[:4]) == ["fold", "segment_id", "method", "score"]
    assert np.isfinite(scores["score"]).all()
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    assert "INTERNAL" in page
    assert "default-src 'none'" in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", page)
    chart = (out / "chart.svg").read_text(encoding="utf-8")
    assert chart.startswith("<svg")
    # the same again, to the byte
    evaluate(run, small, tmp_path / "again", "--folds", "2", "--horizon", "2m", "--quiet")
    for name in ("evaluation.json", "evaluation.html", "chart.svg", "scores.parquet"):
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_the_future_is_not_known(run: Run, small: SmallArea, tmp_path: Path) -> None:
    """Forecasts do not change when everything after the origin does."""
    arguments = ("--folds", "1", "--horizon", "2m", "--quiet")
    evaluate(run, small, tmp_path / "one", *arguments)
    other = write_small_area(tmp_path / "area")
    text = (other.folder / "incidents.csv").read_text(encoding="utf-8")
    head, *lines = text.splitlines()
    x = head.split(",").index("X")

    def moved(line: str) -> str:
        cells = line.split(",")
        day, month, year = cells[1].split(" ")[0].split("/")
        if f"{year}-{month}-{day}" >= UNTIL:
            cells[x] = "150500"
        return ",".join(cells)

    other.write("incidents.csv", "\n".join([head, *map(moved, lines)]) + "\n")
    evaluate(run, other, tmp_path / "two", *arguments)
    one, two = (pd.read_parquet(tmp_path / name / "scores.parquet") for name in ("one", "two"))
    before, after = (
        table[table["basis"] == "all_hours"].reset_index(drop=True) for table in (one, two)
    )
    pd.testing.assert_frame_equal(before, after)
    assert read(tmp_path / "one")["results"] != read(tmp_path / "two")["results"]


def test_month_only_says_so_and_reports_both_places(run: Run, tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area", degrees=True)
    month_only(area)
    arguments = ("--horizon", "1m", "--folds", "3", "--quiet")
    for flag in ((), ("--scattered",)):
        out = tmp_path / f"out{len(flag)}"
        told = evaluate(run, area, out, *arguments, *flag, until="2026-03-01")
        assert told.code == 0, told.err
        record = read(out)
        assert record["scattered"] is bool(flag)
        main, other = ("scattered", "as_published") if flag else ("as_published", "scattered")
        assert {row["places"] for row in record["results"]} == {main}
        assert {row["places"] for row in record["results_other_places"]} == {other}
        assert {row["basis"] for row in record["results"]} == {"all_hours"}
        # March and April 2026 are whole; there is no third month
        assert {row["fold"] for row in record["results"]} == {1, 2}
        assert any("says nothing of the after-school window" in note for note in record["notes"])


OUTSIDE = "This day is outside the data, which run from 2025-09-02 to 2026-06-23."
NO_TIME = "This is not a length of time. Give 4w, 1m or 6m, say."


@pytest.mark.parametrize(
    ("more", "until", "where", "mend"),
    [
        ((), "2020-01-01", "--until", OUTSIDE),
        ((), "2027-01-01", "--until", OUTSIDE),
        # with nothing before it there is nothing to learn from
        ((), "2025-09-02", "--until", "Give a day after the first and not after the last."),
        ((), "9999-12-31", "--until", "1900 to 2200"),
        (("--category", "burglary"), "0001-01-01", "--until", "1900 to 2200"),
        (("--horizon", "soon"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "0m"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "-1m"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "100w"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "1.5m"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "2y"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "1m1w"), UNTIL, "--horizon", NO_TIME),
        (("--horizon", ""), UNTIL, "--horizon", NO_TIME),
        (("--horizon", "\u0661m"), UNTIL, "--horizon", NO_TIME),
        (("--category", "jaywalking"), UNTIL, "--category", "1 of these are no categories. Use"),
        (("--category", "Robbery"), UNTIL, "--category", "robbery"),
        (("--category", ""), UNTIL, "--category", "robbery"),
        (("--folds", "0"), UNTIL, "--folds", "equal to 1"),
        (("--folds", "61"), UNTIL, "--folds", "equal to 60"),
    ],
)
def test_what_is_refused(
    run: Run,
    small: SmallArea,
    tmp_path: Path,
    more: tuple[str, ...],
    until: str,
    where: str,
    mend: str,
) -> None:
    told = evaluate(run, small, tmp_path / "out", *more, until=until)
    assert told.code == 2
    assert where in told.err
    assert mend in told.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("until", "horizon", "where"),
    [("2026-03-15", "1m", "--until"), ("2026-03-01", "4w", "--horizon")],
)
def test_months_cannot_be_cut(
    run: Run, tmp_path: Path, until: str, horizon: str, where: str
) -> None:
    area = write_small_area(tmp_path / "area", degrees=True)
    month_only(area)
    told = evaluate(run, area, tmp_path / "out", "--horizon", horizon, until=until)
    assert told.code == 2
    assert f"{where}: The incidents know their month only" in told.err


def test_too_few_is_an_answer_without_a_figure(run: Run, small: SmallArea, tmp_path: Path) -> None:
    told = evaluate(run, small, tmp_path / "out", "--horizon", "1w", "--folds", "1")
    assert told.code == 0, told.err
    assert "Not enough incidents: no figure is given." in told.out
    record = read(tmp_path / "out")
    assert record["results"]
    assert all(row["hit_rate"] is None for row in record["results"])
    assert record["pooled"] == []
    assert "no figure is given" in (tmp_path / "out/evaluation.html").read_text(encoding="utf-8")


def test_fewer_than_thirty_in_all_is_an_answer(run: Run, tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area")
    head, *lines = (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()
    area.write("incidents.csv", "\n".join([head, *lines[:: len(lines) // 25]]) + "\n")
    told = evaluate(run, area, tmp_path / "out", "--horizon", "4m", "--folds", "1")
    assert told.code == 0, told.err
    assert "Not enough incidents: no figure is given." in told.out
    record = read(tmp_path / "out")
    assert all(row["hit_rate"] is None for row in record["results"])
    assert any("30 of each are needed" in note for note in record["notes"])
    page = (tmp_path / "out/evaluation.html").read_text(encoding="utf-8")
    assert "That is a valid answer" in page
    assert "<circle" not in page


def test_a_category_that_never_occurs_is_an_answer(
    run: Run, small: SmallArea, tmp_path: Path
) -> None:
    told = evaluate(run, small, tmp_path / "out", "--category", "burglary")
    assert told.code == 0, told.err
    assert "There is no incident to learn from" in told.out
    assert all(row["hit_rate"] is None for row in read(tmp_path / "out")["results"])


def test_no_incident_at_all(run: Run, tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area")
    head = (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()[0]
    area.write("incidents.csv", head + "\n")
    told = evaluate(run, area, tmp_path / "out", until="2200-12-31")
    assert told.code == 0, told.err
    assert "There is no incident" in told.out
    assert all(row["hit_rate"] is None for row in read(tmp_path / "out")["results"])


def test_folds_step_by_whole_months_and_stop_with_the_data() -> None:
    folds = make_folds(date(2026, 1, 31), date(2026, 4, 29), read_horizon("1m"), 6)
    # the third ends with the data, and of a fourth there is nothing
    assert [(f.starts_on.isoformat(), f.ends_before.isoformat()) for f in folds] == [
        ("2026-01-31", "2026-02-28"),
        ("2026-02-28", "2026-03-31"),
        ("2026-03-31", "2026-04-30"),
    ]
    (short,) = make_folds(date(2026, 1, 1), date(2026, 1, 10), read_horizon("4w"), 6)
    assert (short.ends_before, short.asked_end) == (date(2026, 1, 11), date(2026, 1, 29))
