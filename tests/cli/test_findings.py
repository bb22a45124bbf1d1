"""What `corridors score` and `corridors explain` say besides the scores themselves."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tests.cli.running import Planned, run_corridors
from tests.small_area import SmallArea, write_small_area


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallArea:
    return write_small_area(tmp_path_factory.mktemp("small") / "area")


@pytest.fixture(scope="module")
def scored(small: SmallArea) -> Planned:
    out = small.folder.parent / "scores"
    answer = run_corridors("score", small.file, "--out", out)
    assert answer.code == 0, answer.err
    return Planned(out, answer)


def test_the_parts_of_a_score_add_up_to_it(scored: Planned) -> None:
    internal = scored.folder / "internal"
    segments = pd.read_parquet(internal / "segments.parquet").set_index("segment_id")
    parts = pd.read_parquet(internal / "segment_reasons.parquet").astype({"segment_id": "str"})
    has_score = segments["intensity_per_km_day"] > 0
    assert has_score.sum() > 30
    sums = parts.groupby(["dimension", "segment_id"], observed=True)["intensity_per_km_day"].sum()
    for dimension in ("category", "half_hour", "month", "weekday", "origin", "source"):
        found = sums[dimension].reindex(segments.index).fillna(0.0)
        expected = segments["intensity_per_km_day"]
        assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-6, abs=1e-12)


def test_intervals_hold_the_score_and_a_forecast_is_there(scored: Planned) -> None:
    segments = pd.read_parquet(scored.folder / "internal" / "segments.parquet")
    low, value, high = (
        segments[name].to_numpy()
        for name in ("intensity_low", "intensity_per_km_day", "intensity_high")
    )
    assert ((low <= value) & (value <= high)).all()
    assert (low >= 0).all()
    # what was planted has an interval that means something: not nothing, and not everything
    top = int(np.argmax(value))
    assert segments["name"].iloc[top] == "Row 0"
    assert 0 < low[top] < value[top] < high[top] < 5 * value[top]
    forecast = segments["forecast_per_km_day"].to_numpy()
    assert (np.isfinite(forecast) & (forecast >= 0)).all()
    on_row_0 = (segments["name"] == "Row 0").to_numpy()
    assert forecast[on_row_0].mean() > 3 * forecast[~on_row_0].mean()


def test_the_report_tells_the_curve_of_the_reach_and_what_is_foreseen(scored: Planned) -> None:
    report = scored.report
    curve = report["bandwidth"]["curve"]
    reaches = [point["bandwidth_m"] for point in curve]
    assert reaches == sorted(set(reaches))
    assert report["bandwidth"]["used_m"] in reaches
    best = max(curve, key=lambda point: point["log_likelihood"])
    assert report["bandwidth"]["likeliest_m"] == best["bandwidth_m"]
    assert sum(report["forecast"]["parts"].values()) == pytest.approx(1.0, abs=1e-4)
    assert report["stability"]
    assert scored.read("internal/bandwidth.svg").startswith("<svg")


@pytest.mark.parametrize("name", ["stability.html", "reasons.html"])
def test_pages_run_nothing_and_ask_nobody(scored: Planned, name: str) -> None:
    page = scored.read(f"internal/{name}")
    assert "<script" not in page
    assert "javascript:" not in page
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)
    assert not re.search(r"\son\w+\s*=", page)
    assert page.count("<h1") == 1
    assert "Row School" in page


def test_a_school_is_explained(small: SmallArea) -> None:
    before = {path.name for path in small.folder.parent.iterdir()}
    told = run_corridors("explain", small.file, "--school", "S1")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("Row School (S1)")
    for said in ("Evidence: strong.", "Row 0", "Robbery", "after the bell", "interval"):
        assert said in told.out
    weak = run_corridors("explain", small.file, "--school", "S2").out
    assert "Evidence: none." in weak
    # nothing is written
    assert {path.name for path in small.folder.parent.iterdir()} == before


def test_a_segment_is_explained(small: SmallArea, scored: Planned) -> None:
    told = run_corridors("explain", small.file, "--segment", "3-4-0")
    assert told.code == 0
    assert told.out.startswith("Row 0")
    assert "Segment 3-4-0, 100 m." in told.out
    segments = pd.read_parquet(scored.folder / "internal" / "segments.parquet")
    value = float(segments.set_index("segment_id")["intensity_per_km_day"]["3-4-0"])
    said = [float(number) for number in re.findall(r"\d+\.\d+", told.out)]
    assert any(abs(one - value) <= 0.01 * value for one in said), told.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "One thing is explained at a time. Give --school or --segment."),
        (("--school", "S1", "--segment", "3-4-0"), "One thing is explained at a time."),
        (("--school", "S9"), "--school: The area has no school of that id. Give one of its 2 ids"),
        (("--segment", "9-9-9"), "--segment: The area has no segment of that id."),
    ],
)
def test_what_cannot_be_explained(small: SmallArea, options: tuple[str, ...], said: str) -> None:
    told = run_corridors("explain", small.file, *options)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
