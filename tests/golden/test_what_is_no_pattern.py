"""What must not carry a patrol, however striking: one event, one address, what is merely new."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from corridors.demo import DEMO_ISSUED_ON, demo_area_file
from corridors.domain.vocabulary import Grade
from corridors.pipeline.assessing import SchoolEvidence
from corridors.pipeline.reading import read_tables
from corridors.pipeline.scoring import score_tables
from corridors.pipeline.stages import Stages

CARRIES = {Grade.STRONG, Grade.MODERATE}


def graded_with(
    folder: Path, school_id: str, added: list[tuple[datetime, float, str]]
) -> SchoolEvidence:
    """Add incidents some metres east of a gate of the demo, and grade that school."""
    area = folder / "area"
    shutil.copytree(demo_area_file().parent, area)
    with (area / "schools.csv").open(encoding="utf-8") as file:
        gates = {row["school_id"]: row for row in csv.DictReader(file)}
    east, north = float(gates[school_id]["easting"]), float(gates[school_id]["northing"])
    with (area / "incidents.csv").open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for number, (at, metres, offence) in enumerate(added):
            day, clock = at.strftime("%d/%m/%Y"), at.strftime("%H:%M")
            writer.writerow(
                [f"ADDED{number}", day, clock, day, clock, "", offence, "101", east + metres, north]
            )
    stages = Stages()
    tables = read_tables(
        area / "area.toml", as_of=None, today=DEMO_ISSUED_ON, stages=stages, cache_dir=None
    )
    scored = score_tables(tables, stages)
    return scored.schools[list(tables.schools["school_id"]).index(school_id)]


@pytest.mark.parametrize("school_id", ["H004", "H005", "H006"])
def test_ten_records_of_one_fight_are_one_incident(tmp_path: Path, school_id: str) -> None:
    fight = datetime(2026, 11, 5, 15, 50)  # noqa: DTZ001 -- local, as the export writes it
    added = [(fight, 20 + n / 2, "Violence and sexual offences") for n in range(10)]
    evidence = graded_with(tmp_path, school_id, added)
    assert evidence.graded.grade not in CARRIES
    assert evidence.facts is not None
    assert evidence.facts.n < 10


def test_forty_shopliftings_at_one_address_are_no_corridor(tmp_path: Path) -> None:
    first = datetime(2026, 9, 7, 15, 50)  # noqa: DTZ001
    days = [first + timedelta(days=7 * (n // 5) + n % 5) for n in range(40)]
    added = [(day, 20 + 0.7 * (n % 4), "Shoplifting") for n, day in enumerate(days)]
    evidence = graded_with(tmp_path, "H005", added)
    assert evidence.graded.grade is Grade.WEAK
    assert any("one place" in reason for reason in evidence.graded.reasons)


def test_what_is_new_at_all_hours_is_no_after_school_pattern(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    first = datetime(2026, 10, 5)  # noqa: DTZ001
    added = [
        (
            first + timedelta(minutes=int(rng.integers(0, 27 * 24 * 60))),
            rng.uniform(0, 300),
            "Robbery",
        )
        for _ in range(80)
    ]
    evidence = graded_with(tmp_path, "H006", added)
    assert evidence.graded.grade not in CARRIES
