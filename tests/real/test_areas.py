"""Whole areas of real data, planned: what holds of every plan, and what each can show or not."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest

from corridors.domain.vocabulary import Basis, Grade, Outcome
from corridors.outputs.plan_json import check_plan_json
from corridors.pipeline import plan_week
from corridors.pipeline.stages import Stages
from tests.checks.plan_checker import check_plan_folder
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from corridors.domain.plan import Corridor, Plan
    from corridors.pipeline.reading import Tables
    from corridors.pipeline.scoring import Scored

pytestmark = pytest.mark.shared

AREAS = Path(__file__).resolve().parents[1] / "areas"
ISSUED_ON = date(2026, 11, 17)


@dataclass(frozen=True)
class Run:
    """A plan, and the folder it was written to."""

    tables: Tables
    scored: Scored
    plan: Plan
    folder: Path

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def outcomes(self) -> pd.Series:
        return pd.Series([str(school.outcome) for school in self.plan.schools]).value_counts()


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Give a function that plans an area once."""
    done: dict[str, Run] = {}

    def plan_it(name: str, needs: str, week: date = date(2026, 11, 23)) -> Run:
        shared_path(f"data/{needs}")
        if name not in done:
            folder = tmp_path_factory.mktemp(name) / "plan"
            made = plan_week(
                AREAS / f"{name}.toml",
                week,
                folder,
                as_of=None,
                issued_on=min(ISSUED_ON, week),
                today=ISSUED_ON,
                stages=Stages(),
            )
            check_plan_folder(AREAS / f"{name}.toml", folder)
            done[name] = Run(*made, folder)
        return done[name]

    return plan_it


def check_account(run: Run) -> None:
    """Rows in are rows used and rows set aside, each listed with its line."""
    report = run.read("internal/report.json")
    for one in report["inputs"]:
        assert one["rows_in"] == one["used"] + sum(one["set_aside"].values()), one["path"]
    with (run.folder / "internal" / "set-aside.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "line", "reason"]
    assert len(rows) == sum(sum(one["set_aside"].values()) for one in report["inputs"])
    assert len({(name, line) for name, line, _ in rows}) == len(rows)
    used = sum(one["used"] for one in report["inputs"][:-2])
    assert used == sum(report["incidents"]["by_precision"].values()) == len(run.tables.incidents)


def check_corridor(run: Run, corridor: Corridor) -> None:
    """Connected, within its length, from the gate's segment; walked step by step."""
    network = run.tables.network
    row_of = {one: row for row, one in enumerate(network.segments["segment_id"])}
    rows = [row_of[one] for one in corridor.segment_ids]
    school = list(run.tables.schools["school_id"]).index(corridor.school_ids[0])
    gate = int(run.scored.gates.segment[school])
    assert rows[0] == row_of[corridor.walk[0]] == gate
    length_m = float(network.length_m[rows].sum())
    assert length_m == pytest.approx(corridor.length_m)
    assert length_m <= max(run.tables.area.parameters.corridor_length_m, network.length_m[gate])
    assert len(set(rows)) == len(rows)
    reached = {int(network.u[gate]), int(network.v[gate])}
    left = set(rows[1:])
    while found := {row for row in left if {int(network.u[row]), int(network.v[row])} & reached}:
        reached |= {int(end) for row in found for end in (network.u[row], network.v[row])}
        left -= found
    assert not left
    walk = [row_of[one] for one in corridor.walk]
    assert set(walk) == set(rows)
    for here, there in pairwise(walk):
        assert {network.u[here], network.v[here]} & {network.u[there], network.v[there]}
    assert corridor.walk_m == pytest.approx(float(network.length_m[walk].sum()))
    assert corridor.need <= corridor.bound * (1 + 1e-9)
    assert run.tables.is_covered[rows].any()


def check_plan(run: Run) -> None:
    check_account(run)
    check_plan_json(run.read("internal/plan.json"))
    for corridor in (*run.plan.corridors, *run.plan.candidates):
        check_corridor(run, corridor)
    segments = gpd.read_parquet(run.folder / "internal" / "segments.parquet")
    assert len(segments) == run.tables.network.n_segments
    assert segments.crs == run.tables.area.crs
    intensity = segments["intensity_per_km_day"]
    assert intensity.isna().equals(~segments["covered"])
    assert (intensity.dropna() >= 0).all()
    assert segments["n_incidents"].sum() == pytest.approx(run.scored.n_scored)
    with_patrol = {patrol.corridor_id for patrol in run.plan.patrols}
    for school in run.plan.schools:
        is_patrolled = f"corridor-{school.school_id}" in with_patrol
        assert (school.outcome is Outcome.PATROL) == is_patrolled
        if school.outcome is Outcome.PATROL:
            assert school.grade in {Grade.STRONG, Grade.MODERATE}
    names = {path.stem for path in (run.folder / "public" / "notices").glob("*.html")}
    assert len(names) == len(run.plan.schools)
    released = run.read("public/corridors.geojson")["features"]
    assert {one["properties"]["corridor_id"] for one in released} <= {
        corridor.corridor_id for corridor in run.plan.corridors
    }


def test_portsmouth_shows_where_and_never_when(planned: Callable[..., Run]) -> None:
    run = planned("portsmouth", "portsmouth")
    check_plan(run)
    assert run.scored.base.basis is Basis.ALL_HOURS
    assert dict(run.outcomes) == {"where_only": 107}
    assert (run.plan.patrols, run.plan.corridors, run.plan.unmet) == ((), (), ())
    assert run.read("public/corridors.geojson")["features"] == []
    page = (run.folder / "public" / "map.html").read_text(encoding="utf-8")
    assert "Shows where, never when." in page
    # every row of the files, counted another way
    files = sorted(shared_path("data/portsmouth/police-uk").glob("*.csv"))
    in_files = 0
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            in_files += sum(1 for _ in csv.reader(file)) - 1
    report = run.read("internal/report.json")
    assert sum(one["rows_in"] for one in report["inputs"][: len(files)]) == in_files
    assert report["incidents"]["by_precision"].keys() == {"month"}
    assert report["incidents"]["outside_window"] is None


def test_portsmouth_with_a_written_decision(planned: Callable[..., Run]) -> None:
    run = planned("portsmouth-override", "portsmouth")
    check_plan(run)
    assert run.plan.override is not None
    assert run.plan.override["by"] == "A. Planner, ward panel"
    assert run.plan.patrols
    assert {"patrol", "evidence_too_weak"} <= set(run.outcomes.index)
    # data without hours is never the best evidence
    assert {school.grade for school in run.plan.schools} <= {
        Grade.MODERATE,
        Grade.WEAK,
        Grade.NONE,
    }
    # nobody is in two places, or out of hours
    roster = run.tables.roster.set_index("post_id")
    for patrol in run.plan.patrols:
        for post in patrol.posts:
            row = roster.loc[post.post_id]
            begins = patrol.starts_at.hour * 60 + patrol.starts_at.minute
            ends = patrol.ends_at.hour * 60 + patrol.ends_at.minute
            assert row["from_min"] <= begins < ends <= row["to_min"]
            if any(other.police for other in patrol.posts):
                assert row["walks_with_police"]
    for post_id, row in roster.iterrows():
        mine = sorted(
            (patrol.starts_at, patrol.ends_at)
            for patrol in run.plan.patrols
            if post_id in {post.post_id for post in patrol.posts}
        )
        assert len(mine) <= row["max_patrols_week"]
        assert all(first[1] <= second[0] for first, second in pairwise(mine))


def test_san_francisco_knows_the_hour(planned: Callable[..., Run]) -> None:
    run = planned("san-francisco", "san-francisco", date(2019, 5, 6))
    check_plan(run)
    assert run.scored.base.basis is Basis.WINDOW
    # a plan for May knows nothing of May
    assert run.tables.as_of == date(2019, 5, 5)
    assert run.tables.incidents["ends_at"].max() < pd.Timestamp("2019-05-06", tz=run.plan.timezone)
    report = run.read("internal/report.json")
    assert report["inputs"][0]["rows_in"] == 434
    assert report["inputs"][0]["set_aside"]["after_as_of"] > 100
    # some thirty robberies of half a year fall into the windows: too few to say anything
    scored = report["incidents"]["scored"]
    assert 5 < scored - report["incidents"]["outside_window"] < 60
    assert run.plan.patrols == ()
    assert set(run.outcomes.index) == {"evidence_too_weak"}


def check_london(run: Run) -> None:
    check_plan(run)
    assert run.scored.base.basis is Basis.ALL_HOURS
    report = run.read("internal/report.json")
    incidents = report["inputs"][0]
    assert incidents["rows_in"] == 158_834
    # about one in six lies over 50 m from any street of the file
    lost = incidents["set_aside"]["outside_area"] + incidents["set_aside"]["far_from_street"]
    assert lost / incidents["rows_in"] == pytest.approx(0.18, abs=0.01)
    # a quarter of the street length has no data: unknown, not zero
    assert 1 - report["streets"]["covered_share"] == pytest.approx(0.25, abs=0.04)
    assert run.outcomes["unknown"] > 0
    assert run.outcomes["not_on_network"] > 0
    assert sum(run.outcomes) == len(run.plan.schools)
    corridors = {corridor.school_ids[0] for corridor in run.plan.corridors}
    unknown = {one.school_id for one in run.plan.schools if one.outcome is Outcome.UNKNOWN}
    assert not corridors & unknown


@pytest.mark.slow
def test_london_shows_where_and_what_is_unknown(planned: Callable[..., Run]) -> None:
    run = planned("london-central", "london-central")
    check_london(run)
    assert set(run.outcomes.index) == {"where_only", "unknown", "not_on_network"}
    assert run.plan.patrols == ()


@pytest.mark.slow
def test_london_with_a_written_decision(planned: Callable[..., Run]) -> None:
    run = planned("london-central-override", "london-central")
    check_london(run)
    assert run.plan.patrols
    assert "where_only" not in run.outcomes
