"""The commands on good input: what they say, what they write, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from corridors import __version__
from corridors.outputs.folder import MARKER
from corridors.outputs.plan_json import check_plan_json
from tests.small_area import N_INCIDENTS, WEEK_OUT_OF_TERM, row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run, RunArea
    from tests.small_area import SmallArea


def test_the_version(run: Run) -> None:
    assert run("--version").out.split() == ["corridors", __version__]


def test_help_names_commands_and_exit_codes(run: Run) -> None:
    told = run("--help")
    assert told.code == 0
    for word in ("check", "score", "plan", "demo", "serve", "Exit codes", "130"):
        assert word in told.out
    for command in ("check", "score", "plan", "demo", "serve"):
        assert run(command, "--help").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("check",),
        ("check", "--nonsense", "area.toml"),
        ("plan", "area.toml", "--out", "out"),
        ("plan", "area.toml", "--out", "out", "--week", "2026-13-01"),
        ("plan", "area.toml", "--out", "out", "--week", "next Monday"),
        ("check", "area.toml", "--as-of", "31/12/2026"),
        ("serve", "folder", "--port", "0"),
    ],
)
def test_a_wrong_command_line_is_bad_input(run: Run, arguments: tuple[str, ...]) -> None:
    told = run(*arguments)
    assert told.code == 2
    assert told.out + told.err


def test_check(run: Run, area: SmallArea) -> None:
    told = run("check", area.file)
    assert told.code == 0
    for said in (
        "Small Area",
        "12 of 12 ways are walkable; 56 segments, 6.0 km, 1 connected parts",
        "all streets are taken as covered",
        "show an after-school pattern",
    ):
        assert said in told.out
    lines = {line.split()[0]: line.split()[1:] for line in told.out.splitlines() if line.strip()}
    assert lines["incidents.csv"] == [str(N_INCIDENTS), str(N_INCIDENTS), "0"]
    assert lines["S1"] == ["Row", "School", "4", "m"]
    assert lines["interval"][0] == "51"
    assert run("check", area.file, "--quiet").out == ""


def test_check_as_of(run: Run, area: SmallArea) -> None:
    """Nothing later than the day is used, and the rows say why."""
    told = run("check", area.file, "--as-of", "2025-08-31")
    assert told.code == 0
    assert "none can be used" in told.out
    assert "after_as_of" in told.out


def test_score(run: Run, area: SmallArea, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    told = run("score", area.file, "--out", out)
    assert told.code == 0
    assert "300 incidents scored, by after-school window" in told.out
    assert str(out / "internal") in told.out
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        MARKER,
        *(
            f"internal/{name}"
            for name in (
                "bandwidth.svg",
                "corridor_reasons.json",
                "reasons.html",
                "report.json",
                "school_segments.parquet",
                "segment_reasons.parquet",
                "segments.parquet",
                "set-aside.csv",
                "stability.html",
                "stability.json",
                "timings.json",
            )
        ),
    }
    segments = gpd.read_parquet(out / "internal" / "segments.parquet")
    assert segments.crs.to_epsg() == 27700
    assert len(segments) == 56
    assert segments["n_incidents"].sum() == pytest.approx(N_INCIDENTS)
    assert set(segments["basis"]) == {"window"}
    assert segments["covered"].all()
    # what was planted stands out: Row 0 against all else
    planted = segments["name"] == "Row 0"
    intensity = segments["intensity_per_km_day"]
    assert intensity[planted].mean() > 3 * intensity[~planted].mean()
    needs = pd.read_parquet(out / "internal" / "school_segments.parquet")
    assert set(needs["school_id"]) == {"S1", "S2"}
    assert (needs["need"] >= 0).all()
    assert run("score", area.file, "--out", out, "--quiet").out == ""


def test_plan(plan: RunArea, area: SmallArea) -> None:
    planned = plan(area)
    assert planned.outcomes == {"S1": "patrol", "S2": "evidence_too_weak"}
    check_plan_json(planned.plan)
    (corridor,) = planned.plan["corridors"]
    assert corridor["school_ids"] == ["S1"]
    assert corridor["length_m"] <= 600
    assert corridor["need"] <= corridor["bound"]
    segments = gpd.read_parquet(planned.folder / "internal" / "segments.parquet")
    names = segments.set_index("segment_id")["name"][corridor["segment_ids"]]
    # without footfall in the choice, a side street of the gate is as good as the third block
    assert (names == "Row 0").sum() >= 2
    # the first is the gate's: it holds x = 150, y = 0
    gate = segments.set_index("segment_id").geometry[corridor["segment_ids"][0]]
    assert gate.distance(shapely.Point(150_150, 100_000)) < 1
    for patrol in planned.plan["patrols"]:
        assert patrol["starts_at"] < patrol["ends_at"]
        assert len({post["post_id"] for post in patrol["posts"]}) == len(patrol["posts"])
    assert "patrols on 1 corridor." in planned.answer.out
    assert str(planned.folder / "public" / "map.html") in planned.answer.out
    is_draft = planned.plan["status"] == "draft"
    assert ("DRAFT" in planned.read("public/notices/S1.html")) == is_draft
    for school in ("S1", "S2"):
        assert planned.read(f"public/notices/{school}.ics").startswith("BEGIN:VCALENDAR")
    released = json.loads(planned.read("public/corridors.geojson"))
    assert [one["properties"]["school_ids"] for one in released["features"]] == [["S1"]]


def test_quiet_says_nothing(plan: RunArea, area: SmallArea) -> None:
    answer = plan(area, "--quiet").answer
    assert (answer.out, answer.err) == ("", "")


def test_issued_on_and_as_of_are_recorded(plan: RunArea, area: SmallArea) -> None:
    planned = plan(area, "--as-of", "2026-06-01", "--issued-on", "2026-07-02")
    assert planned.plan["issued_on"] == "2026-07-02"
    assert planned.plan["parameters"]["as_of"] == "2026-06-01"
    assert planned.report["as_of"] == "2026-06-01"
    assert planned.input()["set_aside"].keys() == {"after_as_of"}


def test_a_plan_uses_nothing_of_its_own_week(plan: RunArea, area: SmallArea) -> None:
    """Without as_of, the evidence ends on the day before the week."""
    area.swap("area.toml", "as_of = 2026-07-03\n", "")
    area.add_incidents(row("N1", "05/07/2026 15:30"), row("N2", "06/07/2026 15:30"))
    planned = plan(area)
    assert planned.report["as_of"] == "2026-07-05"
    assert planned.input()["set_aside"] == {"after_as_of": 1}


def test_a_week_outside_term_has_no_patrol(plan: RunArea, area: SmallArea) -> None:
    planned = plan(area, week=WEEK_OUT_OF_TERM)
    assert set(planned.outcomes.values()) == {"out_of_term"}
    assert planned.plan["patrols"] == planned.plan["corridors"] == planned.plan["unmet"] == []
    assert "out of term" in planned.answer.out


def test_not_a_monday(run: Run, area: SmallArea, tmp_path: Path) -> None:
    told = run("plan", area.file, "--week", "2026-07-07", "--out", tmp_path / "out")
    assert told.code == 2
    assert "--week: This is not a Monday. Give the Monday of the week." in told.err
    assert not (tmp_path / "out").exists()


def test_a_roster_is_not_needed(plan: RunArea, area: SmallArea) -> None:
    area.swap("area.toml", '[roster]\npath = "roster.csv"\n', "")
    planned = plan(area)
    assert planned.outcomes["S1"] == "uncovered"
    assert planned.plan["patrols"] == []
    assert planned.plan["unmet"]


def test_a_plan_replaces_its_own_folder(plan: RunArea, area: SmallArea) -> None:
    first = plan(area)
    (first.folder / "public" / "old.txt").write_text("of last week")
    second = plan(area, week=WEEK_OUT_OF_TERM)
    assert second.folder == first.folder
    assert not (second.folder / "public" / "old.txt").exists()
    assert [one.name for one in second.folder.parent.iterdir() if "writing" in one.name] == []


def test_the_demo(run: Run, tmp_path: Path) -> None:
    told = run("demo", "--out", tmp_path / "demo")
    assert told.code == 0
    found = told.out[told.out.index("Found against planted") :]
    rows = {line.split()[0]: line for line in found.splitlines() if line.startswith("H00")}
    assert sorted(rows) == [f"H00{n}" for n in range(1, 7)]
    for school, line in rows.items():
        if school in {"H001", "H002", "H003"}:
            assert line.count("a corridor") == 2
            assert int(line.split()[-1].rstrip("%")) >= 70
        else:
            assert "nothing" in line
            assert "evidence too weak" in line
    assert "nothing here is real" in found
    assert (tmp_path / "demo" / "public" / "map.html").is_file()


def test_as_a_module_and_from_anywhere(area: SmallArea, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "corridors", "check", area.file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "300" in done.stdout
