"""What people decide in an area file, through the command line: each has its effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from corridors.sources.bundled import bundled_path
from tests.cli.running import Planned, plan_area, run_corridors
from tests.small_area import WEEK, SmallArea, degrees, write_small_area
from tests.unit.tiny_osm import Way, osm_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import RunArea

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (f"2026-07-{day:02d}" for day in range(6, 11))


def quick(folder: Path, more: str = "") -> SmallArea:
    """Write the small area with more in its file; corridors are searched for quickly."""
    area = write_small_area(folder)
    area.swap("area.toml", "seed = 7", 'seed = 7\ncorridor_search = "fast"')
    toml = (area.folder / "area.toml").read_text(encoding="utf-8")
    area.write("area.toml", toml + more)
    return area


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Plan the small area where nobody decided anything."""
    folder = tmp_path_factory.mktemp("free")
    return plan_area(quick(folder / "area"), folder / "out")


def test_refusals_pairings_absences_and_an_early_bell(free: Planned, tmp_path: Path) -> None:
    """All four at once; without them, each is broken."""
    roles = {
        patrol["starts_at"][:10]: {post["role"] for post in patrol["posts"]}
        for patrol in free.plan["patrols"]
    }
    assert set(roles) == {MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY}
    assert any({"youth_worker", "ward_officer"} <= there for there in roles.values())
    away = next(name for name in ("CS1", "CS2") if name in free.posts[MONDAY])
    area = quick(
        tmp_path / "area",
        f"""
[[refusals]]
who = "Small Youth Trust"
refuses = ["police"]
reason = "Young people stop talking to us."

[[pairings]]
who = "community_volunteer"
beside = ["community_safety_officer"]

[[absences]]
post = "{away}"
from = {MONDAY}
to = {TUESDAY}
""",
    )
    bells = (
        "default_bell = 15:15:00\nbells = [\n"
        f'  {{ school = "S1", date = {WEDNESDAY}, time = 14:15:00 }},\n'
        f'  {{ school = "S1", date = {FRIDAY}, closed = true }},\n]'
    )
    area.swap("area.toml", "default_bell = 15:15:00", bells)
    made = plan_area(area, tmp_path / "out")
    assert set(made.posts) <= {MONDAY, TUESDAY, WEDNESDAY, THURSDAY}
    assert set(made.posts) >= {MONDAY, TUESDAY, WEDNESDAY}
    for day, posts in made.posts.items():
        assert "WO1" in posts
        assert not {"YW1", "YW2"} & set(posts)
        assert not (day in {MONDAY, TUESDAY} and away in posts)
        assert {"CS1", "CS2"} & set(posts)
    starts = {
        patrol["starts_at"][:10]: patrol["starts_at"][11:16] for patrol in made.plan["patrols"]
    }
    was = {patrol["starts_at"][:10]: patrol["starts_at"][11:16] for patrol in free.plan["patrols"]}
    assert starts[MONDAY] == was[MONDAY]
    assert int(starts[WEDNESDAY][:2]) == int(was[WEDNESDAY][:2]) - 1
    assert starts[WEDNESDAY][3:] == was[WEDNESDAY][3:]
    # where and why stay as they were: none of it is evidence
    for key in ("segment_ids", "need", "weight_per_day"):
        assert made.plan["corridors"][0][key] == free.plan["corridors"][0][key]


def test_an_aim_that_a_person_sets_in_a_file_of_the_borough(free: Planned, tmp_path: Path) -> None:
    """Reassurance has no police: no police minutes, a protocol, and a draft until it is agreed."""
    assert {patrol["aim"] for patrol in free.plan["patrols"]} == {"robbery_way_home"}
    area = quick(
        tmp_path / "area",
        '\n[reference]\naims = "ours.toml"\n'
        '\n[[aims]]\nschool = "S1"\naim = "visible_reassurance"\n'
        'reason = "Parents asked for familiar faces."\nby = "Community safety team"\n',
    )
    ours = bundled_path("reference/aims.toml").read_text(encoding="utf-8")
    named = 'name = "Visible reassurance after school"'
    assert named in ours
    area.write("ours.toml", ours.replace(named, 'name = "Faces that pupils know"'))
    made = plan_area(area, tmp_path / "out")
    patrols = made.plan["patrols"]
    assert patrols
    for patrol in patrols:
        assert (patrol["aim"], patrol["police"], patrol["police_min"]) == (
            "visible_reassurance", "absent", 0,
        )  # fmt: skip
        assert "Parents asked for familiar faces." in patrol["aim_why"]
        assert patrol["protocol_id"] == "no-police-visible_reassurance-S1"
    assert made.plan["status"] == "draft"
    assert "ours.toml" in made.plan["inputs"]
    assert "S1: Faces that pupils know." in made.notes
    notice = made.read("public/notices/S1.html")
    assert "Faces that pupils know" in notice
    assert "DRAFT" in notice
    assert "Parents asked" not in notice
    # what the rule proposed is told among what was considered
    told = " ".join(one["what"] for one in patrols[0]["alternatives"])
    assert "Robbery and theft on the way home" in told


def test_a_table_of_severity_of_the_force(tmp_path: Path) -> None:
    """A robbery weighs three assaults: every street's score says so, to a common factor."""
    counted, weighed = tmp_path / "counted", tmp_path / "weighed"
    area = quick(tmp_path / "area")
    assert run_corridors("score", area.file, "--out", counted).code == 0
    area.write("ours.csv", "category,weight\nrobbery,3\nviolence,1\nother,1\n")
    toml = (area.folder / "area.toml").read_text(encoding="utf-8")
    toml = toml.replace("seed = 7", 'seed = 7\nseverity = "own"')
    area.write("area.toml", toml + '\n[severity]\npath = "ours.csv"\n')
    told = run_corridors("score", area.file, "--out", weighed)
    assert told.code == 0, told.err
    parts = pd.read_parquet(counted / "internal" / "segment_reasons.parquet")
    parts = parts[parts["dimension"] == "category"].astype({"part": "str"})
    table = parts.pivot_table(
        index="segment_id", columns="part", values="intensity_per_km_day", observed=True
    ).fillna(0.0)
    assert set(table.columns) == {"robbery", "violence"}
    expected = 3 * table["robbery"] + table["violence"]
    segments = pd.read_parquet(weighed / "internal" / "segments.parquet").set_index("segment_id")
    found = segments["intensity_per_km_day"].reindex(expected.index)
    ratio = (found / expected).to_numpy()
    assert ratio == pytest.approx(np.full(ratio.size, ratio[0]), rel=1e-6)
    scored = Planned(weighed, told)
    assert scored.input("ours.csv")["used"] == 3
    assert scored.report["parameters"]["severity"] == "own"


def test_destinations_say_who_walks_where(free: Planned, tmp_path: Path) -> None:
    """All pupils walk to one stop in the east: streets on the way keep more of their need."""
    area = quick(tmp_path / "area", '\n[[destinations]]\nkind = "stops"\npath = "stops.csv"\n')
    area.write("stops.csv", "name,easting,northing\nBus station,150380,100003\nSea,159000,100000\n")
    area.swap(
        "area.toml",
        "seed = 7",
        "seed = 7\nfootfall_stops_share = 1.0\nfootfall_homes_share = 0.0\n"
        "footfall_stations_share = 0.0",
    )
    made = plan_area(area, tmp_path / "out")
    assert "no destinations are given" in free.notes
    assert "no destinations are given" not in made.notes
    assert made.input("stops.csv")["rows_in"] == 2

    def share(planned: Planned) -> pd.Series:
        needs = pd.read_parquet(planned.folder / "internal" / "school_segments.parquet")
        own = needs[needs["school_id"] == "S1"].set_index("segment_id")
        return own["expected_need"]

    was, now = share(free), share(made)
    # 4-5-0 lies on the way to the stop, 7-8-0 behind the gate
    on_way, behind = (float(now[one] / was[one]) for one in ("3-4-0", "13-14-0"))
    assert on_way > 2 * behind
    assert "Sea" not in made.read("internal/plan.html")


BAD = {
    "an aim that nobody knows": (
        '[[aims]]\nschool = "S1"\naim = "visible_reasurance"\nreason = "R."\nby = "B"\n',
        ("aims[1].aim", "visible_reassurance"),
    ),
    "a school that nobody knows": (
        '[[corridors]]\nschool = "S9"\nforbid = ["Row 1"]\nreason = "R."\nby = "B"\n',
        ("corridors[1].school", "S9"),
    ),
    "a street that nobody knows": (
        '[[corridors]]\nschool = "S1"\nforbid = ["Rwo 1"]\nreason = "R."\nby = "B"\n',
        ("corridors[1].forbid", "Row 1"),
    ),
    "a post that nobody knows": (
        f'[[absences]]\npost = "CS9"\nfrom = {MONDAY}\nto = {MONDAY}\n',
        ("absences[1].post", "CS9"),
    ),
    "a refusal of nobody": (
        '[[refusals]]\nwho = "YW1"\nrefuses = ["polic"]\n',
        ("refusals[1].refuses", "polic"),
    ),
    "two rules that contradict each other": (
        """
refusals = [{ who = "CV1", refuses = ["youth_worker"] }]
pairings = [{ who = "CV1", beside = ["youth_worker"] }]
""",
        ("pairings[1]", "It contradicts refusals[1]"),
    ),
    "own severity without a table": ("", ("severity", "[severity]")),
    "a severity table with a category too few": (
        '[severity]\npath = "ours.csv"\n',
        ("ours.csv", "violence"),
    ),
    "aims whose roles nobody knows": (
        '[reference]\naims = "ours.toml"\n',
        ("ours.toml", "parkour_trainer"),
    ),
    "an aim without roles": ('[reference]\naims = "empty.toml"\n', ("empty.toml", "lead_roles")),
    "destinations that are not there": (
        '[[destinations]]\nkind = "stops"\npath = "none.csv"\n',
        ("destinations[1].path", "none.csv"),
    ),
    "a bell in the middle of the night": ("", ("calendar.default_bell", "middle of the night")),
    "a corridor shorter than any street": ("", ("parameters.corridor_length_m", "50")),
    "a bandwidth of nothing": ("", ("parameters.bandwidth_m", "10")),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_decided_is_refused(tmp_path: Path, case: str) -> None:
    more, said = BAD[case]
    area = quick(tmp_path / "area", more if more.startswith("[") else "")
    if not more.startswith("["):
        area.swap("area.toml", 'crs = "EPSG:27700"', f'crs = "EPSG:27700"{more}')
    ours = bundled_path("reference/aims.toml").read_text(encoding="utf-8")
    lead = 'lead_roles = ["youth_worker", "school_staff", "community_safety_officer"]'
    area.write("ours.toml", ours.replace(lead, 'lead_roles = ["parkour_trainer"]'))
    area.write("empty.toml", ours.replace(lead, "lead_roles = []"))
    area.write("ours.csv", "category,weight\nrobbery,3\n")
    spoils = {
        "own severity without a table": ("seed = 7", 'seed = 7\nseverity = "own"'),
        "a severity table with a category too few": ("seed = 7", 'seed = 7\nseverity = "own"'),
        "a bell in the middle of the night": ("= 15:15:00", "= 02:15:00"),
        "a corridor shorter than any street": ("length_m = 600", "length_m = 5"),
        "a bandwidth of nothing": ("seed = 7", "seed = 7\nbandwidth_m = 0"),
    }
    if case in spoils:
        area.swap("area.toml", *spoils[case])
    out = tmp_path / "out"
    for command in (("check",), ("plan", "--week", WEEK, "--out", out)):
        told = run_corridors(*command, area.file)
        assert told.code == 2, told.out
        assert all(word in told.err for word in said), told.err
    assert not out.exists()


def test_a_role_that_nobody_holds_and_nobody_at_all(plan: RunArea, tmp_path: Path) -> None:
    """What is missing is listed, and what would help; nobody stands in for police."""
    area = quick(tmp_path / "area")
    text = (area.folder / "roster.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith("WO1")]
    area.write("roster.csv", "\n".join([*kept, ""]))
    made = plan(area)
    assert made.outcomes["S1"] == "uncovered"
    assert made.plan["patrols"] == []
    assert len(made.plan["unmet"]) == 5
    for one in made.plan["unmet"]:
        assert any("police officer of the ward" in words for words in one["missing"])
        assert one["would_help"]
    area.write("roster.csv", text.splitlines()[0] + "\n")
    assert plan(area).outcomes["S1"] == "uncovered"


def test_a_post_listed_twice_counts_once(plan: RunArea, tmp_path: Path) -> None:
    area = quick(tmp_path / "area")
    text = (area.folder / "roster.csv").read_text(encoding="utf-8")
    area.write("roster.csv", text + text.splitlines()[1] + "\n")
    made = plan(area)
    account = made.input("roster.csv")
    assert (account["rows_in"], account["used"]) == (8, 7)
    assert sum(account["set_aside"].values()) == 1


def test_a_length_shorter_than_the_first_street(tmp_path: Path) -> None:
    """The gate's own street, whole, is the corridor, and the plan says why it is so long."""
    area = quick(tmp_path / "area")
    area.swap("area.toml", "corridor_length_m = 600", "corridor_length_m = 60")
    made = plan_area(area, tmp_path / "out")
    (corridor,) = made.plan["corridors"]
    assert corridor["segment_ids"] == ["2-3-0"]
    assert corridor["length_m"] == pytest.approx(100, abs=0.1)
    assert "S1: The gate's own street is longer than the budget." in made.notes


def test_fewer_than_thirty_incidents_are_not_enough(tmp_path: Path) -> None:
    """An answer, with every file, and no patrol."""
    area = quick(tmp_path / "area")
    lines = (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()
    area.write("incidents.csv", "\n".join([lines[0], *lines[-29:], ""]))
    made = plan_area(area, tmp_path / "out")
    assert set(made.outcomes.values()) == {"evidence_too_weak"}
    assert "Only 29 incidents can be scored: not enough to say anything." in made.plan["notes"]
    assert made.plan["patrols"] == made.plan["candidates"] == []
    assert made.report["forecast"] is None
    assert made.report["bandwidth"]["likeliest_m"] is None
    told = run_corridors("explain", area.file, "--school", "S1")
    assert told.code == 0
    assert "No corridor was tested" in told.out


def test_an_offence_that_nobody_knows_is_kept_as_other(tmp_path: Path) -> None:
    area = quick(tmp_path / "area")
    area.swap("incidents.csv", "Common assault", "Qwertzing")
    told = run_corridors("score", area.file, "--out", tmp_path / "out")
    assert told.code == 0, told.err
    scored = Planned(tmp_path / "out", told)
    assert scored.input()["used"] == 300
    parts = pd.read_parquet(tmp_path / "out" / "internal" / "segment_reasons.parquet")
    named = parts.loc[parts["dimension"] == "category", "part"].astype("str")
    assert set(named) == {"robbery", "other"}
    n = (area.folder / "incidents.csv").read_text(encoding="utf-8").count("Qwertzing")
    assert any(str(n) in note and "other" in note for note in scored.input()["notes"])


def test_a_reach_longer_than_all_streets(tmp_path: Path) -> None:
    area = quick(tmp_path / "area")
    lon, lat = degrees(150_100, 100_000)
    far_lon, far_lat = degrees(150_400, 100_000)
    nodes = {1: (lon, lat), 2: (far_lon, far_lat)}
    area.write("streets.osm", osm_text(nodes, [Way([1, 2], {"name": "Row 0"})]))
    planted = [
        line
        for line in (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith("Crime") or ",100000.0," in line
    ]
    area.write("incidents.csv", "\n".join([*planted, ""]))
    area.swap("area.toml", "seed = 7", "seed = 7\nbandwidth_m = 400")
    told = run_corridors("score", area.file, "--out", tmp_path / "out")
    assert told.code == 2, told.out
    assert "parameters.bandwidth_m" in told.err
    assert "longer than all streets" in told.err
    assert not (tmp_path / "out").exists()
