"""`corridors simulate`: an area of its own, marked as simulated, on which the others run."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from corridors.errors import BadInput
from corridors.outputs.simulated import SIMULATED, simulated_area_toml
from corridors.pipeline.comparing import compare_lines, compare_plan
from corridors.pipeline.simulation import Simulation, simulate_area
from corridors.pipeline.stages import Stages
from tests.small_area import WEEK

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.small_area import SmallArea


@pytest.fixture
def wide(area: SmallArea) -> SmallArea:
    """Give the small area with blocks of 100 m on which a kilometre can be walked."""
    area.swap("area.toml", "corridor_length_m = 600", "corridor_length_m = 1200")
    return area


def read(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "incidents.csv", keep_default_na=False)


def test_the_folder_is_an_area_and_says_that_it_is_simulated(
    run: Run, wide: SmallArea, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "simulated"
    told = run("simulate", wide.file, "--out", out, "--seed", "3", "--school", "S1", "--exact")
    assert told.code == 0, told.err
    assert "SIMULATED" in told.out
    # Fewer than were planted, where the source does not hold all months or all reports.
    assert "recorded after school" in told.out
    rows = read(out)
    assert rows["simulated_id"].str.startswith("simulated-").all()
    truth = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    assert truth["simulated"] is True
    (planted,) = truth["planted"]
    assert (planted["school_id"], planted["n_planted"]) == ("S1", 60)
    assert 850 <= planted["length_m"] <= 1150
    assert truth["n_incidents"] == len(rows)
    made = tomllib.loads((out / "area.toml").read_text(encoding="utf-8"))
    assert made["name"] == f"Small Area {SIMULATED}"
    assert "SIMULATED" in (out / "README.md").read_text(encoding="utf-8").splitlines()[0]

    checked = run("check", out / "area.toml")
    assert checked.code == 0, checked.err
    planned = run("plan", out / "area.toml", "--week", WEEK, "--out", tmp_path / "plan")
    assert planned.code == 0, planned.err
    plan = json.loads((tmp_path / "plan/internal/plan.json").read_text(encoding="utf-8"))
    assert SIMULATED in plan["area"]
    report = json.loads((tmp_path / "plan/internal/report.json").read_text(encoding="utf-8"))
    (account,) = (one for one in report["inputs"] if one["path"] == "incidents.csv")
    assert account["used"] == account["rows_in"] == len(rows)
    for page in (tmp_path / "plan/public").rglob("*.html"):
        assert "SIMULATED" in page.read_text(encoding="utf-8"), page.name


def test_a_seed_repeats_byte_for_byte(run: Run, area: SmallArea, tmp_path: Path) -> None:
    made = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run("simulate", area.file, "--out", tmp_path / name, "--seed", seed, "-q").code == 0
        made.append((tmp_path / name / "incidents.csv").read_bytes())
    assert made[0] == made[1] != made[2]


def test_without_planting_nothing_is_planted(run: Run, area: SmallArea, tmp_path: Path) -> None:
    told = run("simulate", area.file, "--out", tmp_path / "out")
    assert "Nothing is planted" in told.out
    truth = json.loads((tmp_path / "out/truth.json").read_text(encoding="utf-8"))
    assert truth["planted"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--school", "S9"),
        ("--planted", "3"),
        ("--planted", "-1"),
        ("--planted", "2", "--school", "S1"),
        ("--strength", "0"),
        ("--strength", "sixty"),
        ("--years", "0"),
        ("--years", "6"),
        ("--seed", "-1"),
    ],
)
def test_bad_input_is_told_and_writes_nothing(
    run: Run, area: SmallArea, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    told = run("simulate", area.file, "--out", tmp_path / "out", *arguments)
    assert told.code == 2
    assert told.err
    assert not (tmp_path / "out").exists()


def test_too_few_incidents_are_not_enough(run: Run, area: SmallArea, tmp_path: Path) -> None:
    header = (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()[:20]
    area.write("incidents.csv", "\n".join([*header, ""]))
    told = run("simulate", area.file, "--out", tmp_path / "out")
    assert told.code == 2
    assert "too few" in told.err


def test_a_folder_of_somebody_else_is_left_alone(run: Run, area: SmallArea, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    assert run("simulate", area.file, "--out", tmp_path / "out").code == 3
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["mine.txt"]


# --- gaps, anchors and the comparison


def simulate(area: SmallArea, out: Path, **asked: Any) -> dict[str, Any]:
    """Simulate as the command does, and give the truth."""
    wanted = Simulation(**{"n_planted": 0, "school_ids": ("S1",), "strength": 60, "seed": 3,
                           "n_years": 1, **asked})  # fmt: skip
    simulate_area(area.file, out, wanted, today=date(2100, 1, 1), stages=Stages())
    truth: dict[str, Any] = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    return truth


def test_gaps_are_in_the_files_and_told(wide: SmallArea, tmp_path: Path) -> None:
    whole = simulate(wide, tmp_path / "whole")
    assert (whole["missing_months"], whole["quiet_squares"]) == ([], [])
    assert whole["planted"][0]["n_recorded"] == 60
    truth = simulate(wide, tmp_path / "gaps", n_missing_months=4, quiet_share=0.5)
    assert len(truth["missing_months"]) == 4
    assert truth["quiet_squares"]
    assert truth["planted"][0]["n_planted"] == 60
    assert truth["planted"][0]["n_recorded"] < 60
    rows = read(tmp_path / "gaps")
    assert truth["n_incidents"] == len(rows) < whole["n_incidents"]
    local = pd.to_datetime(rows["from_utc"], utc=True).dt.tz_convert("Europe/London")
    assert not set(local.dt.strftime("%Y-%m")) & set(truth["missing_months"])
    readme = (tmp_path / "gaps/README.md").read_text(encoding="utf-8")
    assert "nothing is recorded: " + ", ".join(truth["missing_months"]) in readme
    assert "squares of 400 m only 50%" in readme
    assert "nothing is recorded" not in (tmp_path / "whole/README.md").read_text(encoding="utf-8")


def test_places_can_be_moved_to_anchors(wide: SmallArea, tmp_path: Path) -> None:
    truth = simulate(wide, tmp_path / "out", is_anchored=True)
    assert truth["places"] == "anchors"
    rows = read(tmp_path / "out")
    # The middles of sixty streets of a hundred metres, and nothing else.
    assert len(set(zip(rows["easting"], rows["northing"], strict=True))) <= 60
    made = tomllib.loads((tmp_path / "out/area.toml").read_text(encoding="utf-8"))
    assert made["incidents"][0]["place_precision"] == "snapped"


@pytest.mark.parametrize(
    "asked",
    [
        {"n_missing_months": 12},
        {"quiet_share": 1.5},
        {"quiet_share": float("nan")},
        {"is_exact": True, "is_anchored": True},
    ],
)
def test_gaps_that_cannot_be_are_told(
    wide: SmallArea, tmp_path: Path, asked: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        simulate(wide, tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()


def test_a_plan_is_held_against_the_truth(run: Run, wide: SmallArea, tmp_path: Path) -> None:
    simulate(wide, tmp_path / "sim", strength=120)
    assert (
        run("plan", tmp_path / "sim/area.toml", "--week", WEEK, "--out", tmp_path / "p").code == 0
    )
    one, other = compare_plan(tmp_path / "sim", tmp_path / "p")
    assert (one.school_id, one.n_recorded, one.has_corridor) == ("S1", 120, True)
    assert one.overlap is not None
    assert 0.4 < one.overlap <= 1.0
    assert other.n_recorded is None
    told = compare_lines((one, other))
    assert told[0].startswith("S1: 120 planted incidents recorded: found, with ")
    said = run("compare", tmp_path / "sim", tmp_path / "p")
    assert (said.code, said.out.splitlines()) == (0, told)
    refused = run("compare", tmp_path / "p", tmp_path / "sim")
    assert (refused.code, refused.out) == (2, "")
    assert "truth.json: It is missing, or not JSON." in refused.err
    with pytest.raises(BadInput, match=r"truth\.json"):
        compare_plan(tmp_path / "p", tmp_path / "p")
    with pytest.raises(BadInput, match=r"plan\.json"):
        compare_plan(tmp_path / "sim", tmp_path / "sim")
    plan_file = tmp_path / "p/internal/plan.json"
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    plan_file.write_text(json.dumps({**plan, "area": "Elsewhere"}), encoding="utf-8")
    with pytest.raises(BadInput, match="not of that"):
        compare_plan(tmp_path / "sim", tmp_path / "p")
    plan_file.write_text(json.dumps({**plan, "corridors": []}), encoding="utf-8")
    missed = compare_lines(compare_plan(tmp_path / "sim", tmp_path / "p"))
    assert missed[0].endswith("missed.")


def test_every_path_of_the_area_file_is_moved_and_decisions_stay_behind() -> None:
    original = {
        "name": "X",
        "streets": {"path": "a.osm"},
        "severity": {"path": "s.csv"},
        "reference": {"aims": "a.toml", "roles": "r.toml", "protocol": "p.toml"},
        "destinations": [{"kind": "stops", "path": "d.csv"}],
        "corridors": [{"school": "S1", "kind": "forbid"}],
        "aims": [{"school": "S1"}],
        "override": {"by": "somebody"},
        "incidents": [],
    }
    text = simulated_area_toml(
        original, lambda path: f"../{path}", date(2026, 1, 1), 1, {"exact": "incidents.csv"}
    )
    made = tomllib.loads(text)
    assert made["severity"]["path"] == "../s.csv"
    assert made["reference"] == {"aims": "../a.toml", "roles": "../r.toml", "protocol": "../p.toml"}
    assert made["destinations"] == [{"kind": "stops", "path": "../d.csv"}]
    assert not {"corridors", "aims", "override"} & set(made)
