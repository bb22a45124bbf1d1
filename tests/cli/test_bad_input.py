"""Bad input: a clear message with the mend and exit code 2, or the row set aside. Nothing else."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from tests.cli.conftest import Planned
from tests.small_area import N_INCIDENTS, ORIGIN, SECRET, SmallArea, row, write_small_area
from tests.unit.tiny_osm import Way, osm_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Run, RunArea


def swap(name: str, old: str, new: str) -> Callable[[SmallArea], None]:
    return lambda area: area.swap(name, old, new)


def write(name: str, content: str | bytes) -> Callable[[SmallArea], None]:
    return lambda area: area.write(name, content)


def remove(name: str) -> Callable[[SmallArea], None]:
    return lambda area: (area.folder / name).unlink()


def both(*spoils: Callable[[SmallArea], None]) -> Callable[[SmallArea], None]:
    def spoil(area: SmallArea) -> None:
        for one in spoils:
            one(area)

    return spoil


def cut(name: str, share: float) -> Callable[[SmallArea], None]:
    def spoil(area: SmallArea) -> None:
        content = (area.folder / name).read_bytes()
        area.write(name, content[: int(len(content) * share)])

    return spoil


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa">'
    '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><osm version="0.6"><node id="1" lat="50" lon="&b;"/>'
    "</osm>"
)
ONLY_MOTORWAYS = osm_text(
    {1: (-8.5, 50.7), 2: (-8.51, 50.71)}, [Way([1, 2], {"highway": "motorway"})]
)

REFUSED = {
    # the area file
    "no such area file": (remove("area.toml"), "area.toml", "Check the path"),
    "area file of another kind": (write("area.toml", b"\x00\xff"), "area.toml", ""),
    "area file that is no TOML": (swap("area.toml", "[streets]", "[streets"), "area.toml", "line"),
    "misspelt key": (swap("area.toml", "seed = 7", "sead = 7"), "parameters.sead", "seed"),
    "CRS in degrees": (swap("area.toml", "EPSG:27700", "EPSG:4326"), "crs", "projected"),
    "parameter beyond its range": (
        swap("area.toml", "n_null_runs = 199", "n_null_runs = 5"),
        "parameters.n_null_runs",
        "99",
    ),
    "no such time zone": (swap("area.toml", "Europe/London", "Europe/Lundon"), "timezone", ""),
    # the files it names
    "missing streets": (remove("streets.osm"), "streets.path", "relative to the area file"),
    "missing schools": (remove("schools.csv"), "schools.csv", ""),
    "missing incidents": (remove("incidents.csv"), "incidents[1].path", "relative"),
    "missing roster": (remove("roster.csv"), "roster.csv", ""),
    # columns
    "renamed incidents column": (
        swap("incidents.csv", "Offence", "Crime Type"),
        "incidents.csv",
        "incidents.mapping",
    ),
    "missing incidents column": (swap("incidents.csv", ",X,", ",,"), "incidents.csv", "'X'"),
    "renamed schools column": (swap("schools.csv", "easting", "east"), "schools.csv", "easting"),
    "renamed roster column": (swap("roster.csv", "walks_with_police", "wwp"), "roster.csv", "walk"),
    # encodings
    "a file that is not in the encoding given": (
        both(
            swap("area.toml", 'format = "mapped"', 'format = "mapped"\nencoding = "utf-8"'),
            write("incidents.csv", "Crime No,From,To,Offence,X,Y\n1,é,,,,\n".encode("cp1252")),
        ),
        "incidents.csv",
        "encoding",
    ),
    "an encoding that does not exist": (
        swap("area.toml", 'format = "mapped"', 'format = "mapped"\nencoding = "utf-9"'),
        "encoding",
        "",
    ),
    # streets
    "streets with no walkable way": (write("streets.osm", ONLY_MOTORWAYS), "streets.osm", "walk"),
    "streets damaged in the middle": (cut("streets.osm", 0.6), "streets.osm", "damaged"),
    "streets that are empty": (write("streets.osm", ""), "streets.osm", ""),
    "an XML entity bomb": (write("streets.osm", BOMB), "streets.osm", ""),
    # positions, where most of a file is wrong in the same way
    "schools with their axes exchanged": (
        write("schools.csv", "school_id,name,easting,northing\nS1,A,1200000,150050\n"),
        "schools.csv",
        "swapped_axes",
    ),
    "degrees for metres": (
        swap("area.toml", 'easting = "X"\nnorthing = "Y"', 'longitude = "X"\nlatitude = "Y"'),
        "incidents.csv",
        "easting and northing",
    ),
    "exchanged axes": (
        swap("area.toml", 'easting = "X"\nnorthing = "Y"', 'easting = "Y"\nnorthing = "X"'),
        "incidents.csv",
        "Exchange",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused(
    run: Run, area: SmallArea, tmp_path: Path, case: str
) -> None:
    spoil, where, mend = REFUSED[case]
    spoil(area)
    out = tmp_path / "out"
    for arguments in (
        ("check", area.file),
        ("plan", area.file, "--week", "2026-07-06", "--out", out),
    ):
        told = run(*arguments)
        assert told.code == 2
        assert told.out == ""
        first, *problems = told.err.strip().splitlines()
        assert re.fullmatch(r"\d+ problems? with what was given:", first)
        assert any(where in problem and mend in problem for problem in problems), told.err
        # a sentence that ends, and says what to do
        assert all(problem.strip()[-1] in ".)'\"]}" for problem in problems), told.err
        assert SECRET not in told.err
    assert not out.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"area"}


def test_all_problems_are_told_at_once(run: Run, area: SmallArea) -> None:
    area.swap("area.toml", "seed = 7", "sead = 7")
    area.swap("area.toml", "Europe/London", "Europe/Lundon")
    area.swap("area.toml", "n_null_runs = 199", "n_null_runs = 5")
    told = run("check", area.file)
    assert told.code == 2
    assert told.err.startswith("3 problems")


@pytest.mark.parametrize("spoiling", ["swapped", "grid"])
def test_degrees_that_are_wrong_as_a_whole(run: Run, tmp_path: Path, spoiling: str) -> None:
    area = write_small_area(tmp_path / "area", degrees=True)
    assert run("check", area.file).code == 0
    if spoiling == "swapped":
        area.swap("area.toml", 'longitude = "Lon"\nlatitude = "Lat"', "")
        area.swap("area.toml", 'category = "Offence"', _SWAPPED)
    else:
        rows = [row(f"G{n}", x=str(150_000 + n), y="100000") for n in range(N_INCIDENTS)]
        header = "Crime No,From,To,Offence,Lon,Lat,Remarks"
        area.write("incidents.csv", "\n".join([header, *rows, ""]))
    told = run("check", area.file)
    assert told.code == 2
    assert "incidents.csv" in told.err
    mend = "Exchange" if spoiling == "swapped" else "easting and northing"
    assert mend in told.err


_SWAPPED = 'category = "Offence"\nlongitude = "Lat"\nlatitude = "Lon"'

SET_ASIDE = {
    "month that is none": (row("B", "2018-13"), "bad_time"),
    "day that is none": (row("B", "31/02/2026 15:40"), "bad_time"),
    "words for a time": (row("B", "yesterday"), "bad_time"),
    "no time": (row("B", ""), "no_time"),
    "ends before it begins": (
        row("B", "10/03/2026 16:00", "10/03/2026 15:00"),
        "ends_before_start",
    ),
    "hour that did not exist": (row("B", "29/03/2026 01:30"), "nonexistent_local_time"),
    "later than the evidence": (row("B", "04/07/2026 15:40"), "after_as_of"),
    "exchanged axes": (row("B", x="100000", y="150150"), "swapped_axes"),
    "degrees": (row("B", x="-5.5", y="50.7"), "not_metres"),
    "outside the area": (row("B", x="180000", y="130000"), "outside_area"),
    "NaN": (row("B", x="NaN"), ""),
    "infinity": (row("B", x="inf"), "not_finite"),
    "minus infinity": (row("B", y="-Infinity"), "not_finite"),
    "a grid reference in letters": (row("B", x="SW 123 456"), "not_a_number"),
    "no place": (row("B", x="", y=""), "no_position"),
    "place 0, 0": (row("B", x="0", y="0"), "no_position"),
    "an id that was there": (row("C0001"), "duplicate_id"),
    "too few cells": ("B,10/03/2026 15:45", "ragged_row"),
    "too many cells": (row("B") + ",more,cells", "ragged_row"),
}


@pytest.mark.parametrize("case", SET_ASIDE)
def test_a_bad_row_is_set_aside(run: Run, area: SmallArea, tmp_path: Path, case: str) -> None:
    """One bad row costs one row, is counted by its reason and listed by its line."""
    bad, reason = SET_ASIDE[case]
    area.add_incidents(bad, row("GOOD"))
    out = tmp_path / "out"
    told = run("score", area.file, "--out", out)
    assert told.code == 0, told.err
    scored = Planned(out, told)
    scored.check_account()
    account = scored.input()
    assert (account["rows_in"], account["used"]) == (N_INCIDENTS + 2, N_INCIDENTS + 1)
    ((found, n),) = account["set_aside"].items()
    assert (n, found) == (1, reason or found)
    assert found in {reason} or (reason == "" and found in {"not_a_number", "no_position"})
    line = 1 + N_INCIDENTS + 1
    assert scored.read("internal/set-aside.csv").splitlines()[1:] == [
        f"incidents.csv,{line},{found}"
    ]


def test_degrees_row_by_row(run: Run, tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area", degrees=True)
    good = (area.folder / "incidents.csv").read_text().splitlines()[1].split(",")
    lon, lat = good[4], good[5]
    area.add_incidents(
        row("B1", x=lat, y=lon),
        row("B2", x="150150", y="100000"),
        row("B3", x="nan", y=lat),
        row("B4", x="2.35", y="48.85"),
        row("GOOD", x=lon, y=lat),
    )
    told = run("check", area.file)
    assert told.code == 0
    counted = re.findall(r"^(\d+) +([a-z]+_[a-z_]+) ", told.out, re.MULTILINE)
    reasons = {reason: int(n) for n, reason in counted}
    assert reasons.pop("swapped_axes") == 1
    assert reasons.pop("not_degrees") == 1
    assert reasons.pop("outside_area") == 1
    assert sum(reasons.values()) == 1
    assert re.search(rf"incidents.csv +{N_INCIDENTS + 5} +{N_INCIDENTS + 1} +4", told.out)


def test_equal_ids_count_once_and_blank_ids_each(plan: RunArea, area: SmallArea) -> None:
    area.add_incidents(row("D1"), row("D1"), row("D1"), row(""), row(""))
    account = plan(area).input()
    assert account["used"] == N_INCIDENTS + 3
    assert account["set_aside"] == {"duplicate_id": 2}


def test_an_hour_that_was_there_twice_is_used_as_both(run: Run, area: SmallArea) -> None:
    """01:30 on 26 October 2025 was there twice, an hour apart: an interval, and a note."""
    area.add_incidents(row("D1", "26/10/2025 01:30"))
    told = run("check", area.file)
    assert told.code == 0
    assert re.search(rf"incidents.csv +{N_INCIDENTS + 1} +{N_INCIDENTS + 1} +0", told.out)
    assert "twice" in told.out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(run: Run, area: SmallArea, encoding: str) -> None:
    text = (area.folder / "incidents.csv").read_text()
    area.write("incidents.csv", text.replace("Common assault", "Déjà assault").encode(encoding))
    told = run("check", area.file)
    assert told.code == 0
    assert re.search(rf"incidents.csv +{N_INCIDENTS} +{N_INCIDENTS} +0", told.out)
    assert ("1252" in told.out) == (encoding == "cp1252")


EMPTY = {
    "no byte": b"",
    "a byte order mark": codecs.BOM_UTF8,
    "a header only": b"Crime No,From,To,Offence,X,Y\n",
    "blank lines": b"\n\n",
}


@pytest.mark.parametrize("case", EMPTY)
def test_no_incidents_is_a_valid_answer(plan: RunArea, area: SmallArea, case: str) -> None:
    area.write("incidents.csv", EMPTY[case])
    planned = plan(area)
    assert set(planned.outcomes.values()) == {"evidence_too_weak"}
    assert planned.plan["patrols"] == []
    assert planned.input()["rows_in"] == 0
    assert "no evidence, no patrol" in " ".join(planned.plan["notes"])
    segments = gpd.read_parquet(planned.folder / "internal" / "segments.parquet")
    assert (segments["intensity_per_km_day"] == 0).all()


def test_a_school_far_from_any_street(plan: RunArea, run: Run, area: SmallArea) -> None:
    with (area.folder / "schools.csv").open("a") as file:
        file.write("S9,Lighthouse School,152500,100000\n")
    planned = plan(area)
    assert planned.outcomes == {
        "S1": "patrol",
        "S2": "evidence_too_weak",
        "S9": "not_on_network",
    }
    gates = {one["school_id"]: one for one in planned.report["schools"]}
    assert gates["S9"]["gate_distance_m"] == pytest.approx(2000, abs=2)
    assert gates["S9"]["on_network"] is False
    told = run("check", area.file).out
    assert re.search(r"S9 +Lighthouse School +2000 m +farther than 250 m", told)


def test_streets_in_several_parts(plan: RunArea, area: SmallArea) -> None:
    """An island of its own is kept, scored, and reached by no corridor."""
    text = (area.folder / "streets.osm").read_text()
    island = (
        '<node id="901" lat="50.7305" lon="-5.53"/><node id="902" lat="50.7315" lon="-5.53"/>'
        '<way id="901"><nd ref="901"/><nd ref="902"/><tag k="highway" v="residential"/></way></osm>'
    )
    area.write("streets.osm", text.replace("</osm>", island))
    planned = plan(area)
    assert planned.outcomes["S1"] == "patrol"
    assert planned.report["streets"]["connected_parts"] == 2
    assert planned.report["streets"]["segments"] == 57


def test_names_that_would_run_are_shown_as_they_are(plan: RunArea, area: SmallArea) -> None:
    script, template = "<script>alert(1)</script>", "${alert(1)}"
    area.swap("schools.csv", "Row School", script)
    area.swap("schools.csv", "Far School", template)
    planned = plan(area)
    names = {school["school_id"]: school["name"] for school in planned.plan["schools"]}
    assert names == {"S1": script, "S2": template}
    assert script in planned.answer.out
    for name in ("public/map.html", "public/notices/S1.html", "internal/map.html"):
        page = planned.read(name)
        assert script not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert template in planned.read("public/notices/S2.html").replace("&#36;", "$")


def test_every_row_far_from_streets(plan: RunArea, area: SmallArea) -> None:
    """Inside the area's bounds, 50 m from two streets: not matched, and set aside as such."""
    area.add_incidents(*[row(f"F{n}", x="150150", y="100050.5") for n in range(3)])
    area.swap("area.toml", "seed = 7", "seed = 7\nsnap_tolerance_m = 20")
    account = plan(area).input()
    assert account["set_aside"] == {"far_from_street": 3}


def test_where_nothing_is_covered_the_answer_is_unknown(plan: RunArea, area: SmallArea) -> None:
    """Coverage of the south half only: S2 is unknown, and its streets have no figure."""
    x, y = ORIGIN
    south = shapely.box(x - 100, y - 100, x + 600, y + 250)
    gpd.GeoDataFrame(geometry=[south], crs="EPSG:27700").to_file(area.folder / "covered.gpkg")
    area.swap("area.toml", "[calendar]", '[coverage]\npath = "covered.gpkg"\n\n[calendar]')
    planned = plan(area)
    assert planned.outcomes == {"S1": "patrol", "S2": "unknown"}
    segments = gpd.read_parquet(planned.folder / "internal" / "segments.parquet")
    assert segments["intensity_per_km_day"].isna().equals(~segments["covered"])
    assert 0 < segments["covered"].sum() < len(segments)


def test_out_that_cannot_be_written(run: Run, area: SmallArea, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "full"):
        for command in (("score",), ("plan", "--week", "2026-07-06")):
            told = run(*command, area.file, "--out", out)
            assert told.code == 3
            assert "--out" in told.err
    assert (tmp_path / "file").read_text() == "mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    assert {path.name for path in tmp_path.iterdir()} == {"area", "file", "full"}
