"""`corridors simulate`: an area of its own, marked as simulated, on which the others run."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from corridors.outputs.simulated import SIMULATED
from tests.small_area import WEEK

if TYPE_CHECKING:
    from pathlib import Path

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
