"""The bundled borough: as the generator makes it, and of the quality that the demo rests on."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.sparse import dok_array
from scipy.sparse.csgraph import dijkstra
from scipy.stats import binomtest

from corridors.domain.area import Area
from corridors.domain.network import StreetNetwork
from corridors.sources.area import read_area
from corridors.sources.incidents import read_incidents
from corridors.sources.roster import read_roster
from corridors.sources.schools import read_schools
from corridors.sources.streets import read_streets
from data.demo_generator.files import make_files

COMMITTED = Path(__file__).resolve().parents[2] / "data" / "demo"
SEEDS = (1, 2)
_TO_GRID = Transformer.from_crs(4326, 27700, always_xy=True)


@dataclass
class Borough:
    """A generated borough as the product reads it, and its truth."""

    folder: Path
    files: dict[str, bytes]

    @cached_property
    def area(self) -> Area:
        return read_area(self.folder / "area.toml")

    @cached_property
    def network(self) -> StreetNetwork:
        return read_streets(self.area.streets, self.folder, self.area.crs).network

    @cached_property
    def schools(self) -> pd.DataFrame:
        return read_schools(self.area.schools, self.folder, self.area.crs).table

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Used incidents with their local day, whether it is exact, and their point."""
        west, south, east, north = self.network.segments.total_bounds
        read = read_incidents(
            self.area.incidents,
            self.folder,
            self.area.crs,
            (west, south, east, north),
            as_of=self.area.parameters.as_of,
            timezone=self.area.timezone,
        )
        table = read.table.copy()
        starts_at = table["starts_at"]
        if starts_at.dt.tz is None:
            starts_at = starts_at.dt.tz_localize("UTC")
        table["local"] = starts_at.dt.tz_convert(self.area.timezone)
        table["day"] = table["local"].dt.date
        return table

    @cached_property
    def truth(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files["truth.json"])["schools"]
        return found

    def way_home(self, school_id: str) -> shapely.LineString:
        lon, lat = np.array(self.truth[school_id]["geometry"]["coordinates"]).T
        return shapely.LineString(np.column_stack(_TO_GRID.transform(lon, lat)))

    def gate(self, school_id: str) -> shapely.Point:
        row = self.schools[self.schools["school_id"] == school_id]
        return shapely.Point(float(row["x"].iloc[0]), float(row["y"].iloc[0]))

    @property
    def planted(self) -> list[str]:
        return [key for key, entry in self.truth.items() if entry["planted"] == "corridor"]

    @property
    def quiet(self) -> list[str]:
        return [key for key, entry in self.truth.items() if entry["planted"] == "none"]

    def near(self, shape: shapely.Geometry, reach_m: float) -> NDArray[np.bool_]:
        points = shapely.points(self.incidents["x"], self.incidents["y"])
        return np.asarray(shapely.distance(points, shape) <= reach_m)

    def minutes_after_bell(self, school_id: str) -> pd.Series:
        """Minutes of each incident after the school's bell of its weekday; NaN at weekends."""
        bells = self.area.calendar.timetable(school_id).bells
        bell_min = np.array([bell.hour * 60 + bell.minute if bell else np.nan for bell in bells])
        local = self.incidents["local"].dt
        return local.hour * 60 + local.minute - bell_min[local.day_of_week]

    def days(self, school_id: str) -> tuple[set[date], set[date]]:
        """Teaching days of the year of the incidents, and its other weekdays."""
        first = date(2025, 11, 1)
        weekdays = {day for n in range(365) if (day := first + timedelta(days=n)).weekday() < 5}
        teaching = set(self.area.calendar.timetable(school_id).teaching_days(first, max(weekdays)))
        return teaching, weekdays - teaching


@pytest.fixture(scope="module", params=SEEDS)
def borough(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Borough:
    files = make_files(request.param)
    folder = tmp_path_factory.mktemp(f"borough{request.param}")
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Borough(folder, files)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_committed_files_are_what_the_generator_makes(borough: Borough) -> None:
    """The same seed gives the same bytes, also in another process; another seed does not."""
    committed = {path.name: path.read_bytes() for path in COMMITTED.iterdir()}
    assert set(committed) == set(borough.files)
    seed = tomllib.loads(committed["area.toml"].decode())["parameters"]["seed"]
    same = {name for name, content in committed.items() if content == borough.files[name]}
    if borough.area.parameters.seed == seed:
        assert same == set(committed)
    else:
        assert same == {"roster.csv"}
    assert sum(map(len, borough.files.values())) < 2_000_000


def test_the_streets_are_a_town(borough: Borough) -> None:
    network = borough.network
    segments = network.segments
    assert 1_850 <= network.n_segments <= 2_150
    assert 60 <= network.length_m.mean() <= 90
    main_km = network.length_m[segments["component"] == 0].sum() / 1000
    assert main_km >= 0.97 * network.length_m.sum() / 1000
    assert (segments["name"] != "").all()
    assert segments["name"].nunique() > 400
    classes = {"primary", "secondary", "tertiary", "residential", "footway", "path", "steps"}
    assert classes | {"service", "pedestrian"} <= set(segments["highway"])
    straight = shapely.distance(
        shapely.get_point(segments.geometry.array, 0),
        shapely.get_point(segments.geometry.array, -1),
    )
    long_ = network.length_m > 80
    assert np.mean(network.length_m[long_] > 1.002 * straight[long_]) > 0.3  # curves
    west, south, east, north = segments.total_bounds
    assert east - west < 6_000
    assert north - south < 6_000


def test_no_street_lies_where_land_is(borough: Borough) -> None:
    west, south, east, north = borough.network.segments.total_bounds
    lon, lat = _TO_GRID.transform([west, east], [south, north], direction="INVERSE")
    # The coast of Norfolk ends at 52.98 N, that of Lincolnshire at 0.36 E.
    assert min(lon) > 1.2
    assert max(lon) < 1.5
    assert min(lat) > 53.4
    assert max(lat) < 53.6


def test_bridges_and_tunnels_cross_without_joining(borough: Borough) -> None:
    network = borough.network
    segments = network.segments
    lines = np.asarray(segments.geometry.array)
    lifted = np.flatnonzero(segments["bridge"] | segments["tunnel"])
    assert segments["bridge"].sum() >= 15
    assert segments["tunnel"].sum() >= 1
    assert (segments["layer"][segments["bridge"]] == 1).all()
    assert (segments["layer"][segments["tunnel"]] == -1).all()
    above, below = shapely.STRtree(lines).query(lines[lifted], predicate="crosses")
    above = lifted[above]
    crossings = shapely.intersection(lines[above], lines[below])
    assert len(crossings) >= 5  # the towpath goes under the bridges
    nodes = shapely.MultiPoint(network.node_xy)
    assert (shapely.distance(crossings, nodes) > 1.0).all()


def test_each_planted_way_is_a_connected_walk_from_its_gate(borough: Borough) -> None:
    network = borough.network
    tree = shapely.STRtree(np.asarray(network.segments.geometry.array))
    assert len(borough.planted) == 3
    assert len(borough.quiet) == 3
    for school_id in borough.planted:
        way = borough.way_home(school_id)
        assert 850 <= way.length <= 1_150
        assert way.is_simple
        # Where the projection and seven decimals leave it, which is centimetres away.
        points = shapely.points(shapely.get_coordinates(shapely.segmentize(way, 2.0)))
        _, away_m = tree.query_nearest(points, return_distance=True, all_matches=False)
        assert away_m.max() < 0.3
        assert borough.gate(school_id).distance(shapely.Point(way.coords[0])) < 10
        pieces = [set(piece["nodes"]) for piece in borough.truth[school_id]["pieces"]]
        assert all(a & b for a, b in pairwise(pieces))


def test_quiet_schools_are_out_of_reach_of_what_is_planted(borough: Borough) -> None:
    """No corridor of the default 1,200 m joins a quiet school's gate to a planted way."""
    network = borough.network
    n = network.n_nodes
    length = network.length_m
    order = np.lexsort((length, network.v, network.u))[::-1]  # of two ways the shorter is kept
    graph = dok_array((n, n))
    for row in order:
        graph[network.u[row], network.v[row]] = length[row]
    lines = np.asarray(network.segments.geometry.array)
    ways = shapely.union_all([borough.way_home(school_id) for school_id in borough.planted])
    on_way = np.flatnonzero(shapely.distance(shapely.points(network.node_xy), ways) < 0.5)
    walk = dijkstra(graph.tocsr(), directed=False, indices=on_way, min_only=True)
    for school_id in borough.quiet:
        gate = borough.gate(school_id)
        row = int(np.argmin(shapely.distance(lines, gate)))
        ends = np.array([network.u[row], network.v[row]])
        assert walk[ends].min() > 1_200
    ids = sorted(borough.truth)
    apart = [borough.gate(a).distance(borough.gate(b)) for a in ids for b in ids if a < b]
    assert min(apart) > 800


def test_incidents_look_like_an_export(borough: Borough) -> None:
    rows = _rows(borough.files["incidents.csv"])
    assert 3_700 <= len(rows) <= 4_300
    exact = [row for row in rows if row["Committed To Time"] and _same_moment(row)]
    missing = [row for row in rows if not row["Committed To Date"]]
    n_intervals = len(rows) - len(exact) - len(missing)
    assert 0.50 <= len(exact) / len(rows) <= 0.63
    assert 0.29 <= n_intervals / len(rows) <= 0.40
    assert 0.06 <= len(missing) / len(rows) <= 0.13
    assert not {"name", "victim", "suspect", "ethnicity", "date of birth"} & {
        key.casefold() for key in rows[0]
    }
    n_damaged = len(rows) - len(borough.incidents)
    assert 0.004 <= n_damaged / len(rows) <= 0.02
    assert (borough.incidents["category"] != "other").all()
    assert borough.incidents["category"].nunique() >= 12
    assert 0.09 <= (borough.incidents["origin"] == "discovered").mean() <= 0.15


def _same_moment(row: dict[str, str]) -> bool:
    return (row["Committed From Date"], row["Committed From Time"]) == (
        row["Committed To Date"],
        row["Committed To Time"],
    )


def test_a_few_places_have_much(borough: Borough) -> None:
    network, incidents = borough.network, borough.incidents
    tree = shapely.STRtree(np.asarray(network.segments.geometry.array))
    nearest = tree.nearest(shapely.points(incidents["x"], incidents["y"]))
    on = np.bincount(nearest, minlength=network.n_segments)
    busiest = np.sort(on)[::-1][: network.n_segments // 20].sum()
    # Weisburd: half on 2 to 6 % of segments; the town's middle is as busy as any.
    assert 0.4 <= busiest / on.sum() <= 0.85


def test_planted_ways_hold_their_incidents_after_the_bell(borough: Borough) -> None:
    reported = (borough.incidents["origin"] == "reported").to_numpy()
    for school_id in borough.planted:
        teaching, other = borough.days(school_id)
        on_way = borough.near(borough.way_home(school_id), 10) & reported
        minutes = borough.minutes_after_bell(school_id)
        after = on_way & minutes.between(-30, 120).to_numpy()
        n_teaching = int((after & borough.incidents["day"].isin(teaching)).sum())
        n_other = int((after & borough.incidents["day"].isin(other)).sum())
        assert 70 <= n_teaching <= 135
        assert n_teaching / len(teaching) > 4 * n_other / len(other)


def test_the_planted_offences_suggest_the_planted_aim(borough: Borough) -> None:
    with (COMMITTED.parent / "reference" / "aims.toml").open("rb") as file:
        aims = tomllib.load(file)["aims"]
    for school_id in borough.planted:
        teaching, _ = borough.days(school_id)
        minutes = borough.minutes_after_bell(school_id)
        held = borough.near(borough.way_home(school_id), 10) & minutes.between(-10, 150).to_numpy()
        held = held & borough.incidents["day"].isin(teaching).to_numpy()
        held = held & (borough.incidents["origin"] == "reported").to_numpy()
        share = borough.incidents["category"][held].value_counts(normalize=True)
        weight = {aim_id: share.reindex(aim["categories"]).sum() for aim_id, aim in aims.items()}
        assert max(weight, key=lambda aim_id: weight[aim_id]) == borough.truth[school_id]["aim"]


def test_nothing_else_knows_of_schools(borough: Borough) -> None:
    """Away from the planted ways a teaching day is a weekday like any other, hour for hour."""
    teaching, other = borough.days("H006")
    away = (borough.incidents["origin"] == "reported").to_numpy()
    for school_id in borough.planted:
        away = away & ~borough.near(borough.way_home(school_id), 10)
    hour = borough.incidents["local"].dt.hour.to_numpy()
    on_teaching = borough.incidents["day"].isin(teaching).to_numpy()
    on_other = borough.incidents["day"].isin(other).to_numpy()
    window = away & (hour >= 15) & (hour < 18)
    beside = away & (hour >= 10) & (hour < 22) & ~window
    ratio = (window & on_teaching).sum() * (beside & on_other).sum()
    ratio /= (window & on_other).sum() * (beside & on_teaching).sum()
    cells = [window & on_teaching, window & on_other, beside & on_teaching, beside & on_other]
    spread = np.sqrt(sum(1 / cell.sum() for cell in cells))
    assert abs(np.log(ratio)) < 2.6 * spread
    for school_id in borough.quiet:
        around = away & borough.near(borough.gate(school_id), 500)
        after = around & borough.minutes_after_bell(school_id).between(-10, 150).to_numpy()
        n_teaching, n_other = int((after & on_teaching).sum()), int((after & on_other).sum())
        if n_teaching + n_other:
            share = len(teaching) / (len(teaching) + len(other))
            chance = binomtest(n_teaching, n_teaching + n_other, share, alternative="greater")
            assert chance.pvalue > 0.01


def test_searches_near_a_quiet_school_are_found_by_police(borough: Borough) -> None:
    teaching, _ = borough.days(borough.quiet[0])
    near = borough.near(borough.gate(borough.quiet[0]), 260)
    near = near & borough.incidents["day"].isin(teaching).to_numpy()
    near = near & borough.minutes_after_bell(borough.quiet[0]).between(0, 120).to_numpy()
    origins = borough.incidents["origin"][near].value_counts()
    assert origins.get("discovered", 0) >= 45
    assert origins.get("reported", 0) <= 15


def test_bells_differ_and_one_friday_is_early(borough: Borough) -> None:
    timetables = [borough.area.calendar.timetable(key) for key in sorted(borough.truth)]
    assert len(timetables) == len(borough.schools) == 6
    assert len({timetable.bells[0] for timetable in timetables}) == 6
    early = [t for t in timetables if t.bells[4] is not None and t.bells[4] < t.bells[0]]  # type: ignore[operator]
    assert len(early) == 1
    assert all(timetable.is_teaching_day(date(2026, 11, 23)) for timetable in timetables)
    assert borough.area.notes == ()


def test_roster(borough: Borough) -> None:
    with (COMMITTED.parent / "reference" / "roles.toml").open("rb") as file:
        roles = set(tomllib.load(file)["roles"])
    read = read_roster(borough.folder / "roster.csv", roles, school_ids=list(borough.truth))
    assert read.record.n_set_aside == 0
    assert read.record.notes == ()
    roster = read.table
    assert (len(roster), roster["role"].nunique(), roster["organisation"].nunique()) == (25, 6, 4)
    youth = roster[roster["role"] == "youth_worker"]
    assert not youth["walks_with_police"].any()
    assert youth["organisation"].nunique() == 1
    assert not youth["weekdays"].str.contains("fri").any()  # nobody may stand in for them
