"""Sparse data, one snap point and month-only data lower a grade and say why, read from files."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from corridors.analysis.grading import EvidenceFacts, Graded, grade_evidence
from corridors.analysis.intervals import corridor_interval, generator_of, make_events
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Basis, Grade
from corridors.pipeline.reading import read_tables
from corridors.pipeline.scoring import Scored, score_tables
from corridors.pipeline.stages import Stages
from tests.incident_files import STREET_HEADER, street_row
from tests.small_area import AFTER, SmallArea, row, write_small_area

if TYPE_CHECKING:
    from pathlib import Path

ORDER = [Grade.NONE, Grade.WEAK, Grade.MODERATE, Grade.STRONG]
TO_DEGREES = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)


def scored(area: SmallArea) -> Scored:
    stages = Stages()
    tables = read_tables(
        area.file, as_of=None, today=date(2026, 7, 3), stages=stages, cache_dir=None
    )
    return score_tables(tables, stages)


def graded(area: SmallArea) -> Graded:
    """Grade the school on Row 0."""
    return scored(area).schools[0].graded


def without_planted(area: SmallArea, kept: int = 260) -> None:
    """Leave the first incidents, which are scattered over all streets, hours and days."""
    lines = (area.folder / "incidents.csv").read_text(encoding="utf-8").splitlines()
    area.write("incidents.csv", "\n".join([*lines[: 1 + kept], ""]))


def after_school(n: int) -> list[datetime]:
    """Give moments after the bell of as many teaching days from 20 April 2026 on."""
    first = AFTER.replace(month=4, day=20)
    days = [first + timedelta(days=7 * (k // 4) + k % 4) for k in range(n)]
    return [day + timedelta(minutes=7 * (k % 5)) for k, day in enumerate(days)]


def test_the_small_area_as_it_is_carries_a_patrol(tmp_path: Path) -> None:
    """So that each lowering below is due to what was changed."""
    assert graded(write_small_area(tmp_path / "area")).grade is Grade.STRONG


def test_few_incidents_are_weak_however_small_the_p_value(tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area")
    area.swap("area.toml", "[parameters]", "[parameters]\nbandwidth_m = 200.0")
    without_planted(area, kept=150)
    area.add_incidents(
        *(
            row(f"N{n}", f"{at:%d/%m/%Y %H:%M}", x=str(150_120 + 45 * n))
            for n, at in enumerate(after_school(7))
        )
    )
    found = scored(area).schools[0]
    assert found.p_adjusted is not None
    assert found.p_adjusted <= 0.05  # by the test alone it would be moderate at least
    assert found.graded.grade is Grade.WEAK
    assert "It holds fewer than 10 separate incidents." in found.graded.reasons


def test_an_area_with_hardly_any_incidents_says_so(tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area")
    without_planted(area, kept=0)
    area.add_incidents(
        *(row(f"N{n}", f"{at:%d/%m/%Y %H:%M}") for n, at in enumerate(after_school(25)))
    )
    found = graded(area)
    assert found.grade is Grade.NONE
    assert found.reasons == (
        "Only 25 incidents of the area can be scored; at least 30 are needed to say anything.",
    )


def test_forty_shopliftings_on_one_snap_point_are_one_place(tmp_path: Path) -> None:
    """On days of their own, so not one burst; but every one at the same published coordinate."""
    area = write_small_area(tmp_path / "area")
    without_planted(area)
    area.swap("area.toml", 'format = "mapped"', 'format = "mapped"\nplace_precision = "snapped"')
    area.swap("incidents.csv", "Common assault", "Shoplifting")  # so that its usual hours are known
    area.add_incidents(
        *(
            row(f"N{n}", f"{at:%d/%m/%Y %H:%M}", offence="Shoplifting")
            for n, at in enumerate(after_school(40))
        )
    )
    found = scored(area).schools[0]
    assert found.p_adjusted is not None
    assert found.p_adjusted <= 0.05
    assert found.graded.grade is Grade.WEAK
    (told,) = (reason for reason in found.graded.reasons if "one place" in reason)
    assert "look at that place, a walk will not help" in told


def month_only_area(folder: Path) -> SmallArea:
    """Hold the same incidents as police.uk publishes them: a month, and one of a few anchors."""
    area = write_small_area(folder)
    toml = (area.folder / "area.toml").read_text(encoding="utf-8")
    begins = toml.index("[[incidents]]")
    ends = toml.index("[calendar]")
    area.write(
        "area.toml",
        f'{toml[:begins]}[[incidents]]\npath = "street.csv"\nformat = "police-uk"\n\n{toml[ends:]}',
    )
    rng = np.random.default_rng(4)
    rows = []
    for n in range(260):
        is_planted = n < 120
        x = 150_050 + 100 * int(rng.integers(5))
        y = 100_000 if is_planted else 100_000 + 100 * int(rng.integers(6))
        lon, lat = TO_DEGREES.transform(x, y)
        month = f"2026-0{1 + int(rng.integers(6))}"
        rows.append(street_row(f"{n:064x}", month, round(lon, 6), round(lat, 6)))
    area.write("street.csv", "\n".join([STREET_HEADER, *rows, ""]))
    return area


def test_data_that_know_only_the_month_are_weak_at_most(tmp_path: Path) -> None:
    result = scored(month_only_area(tmp_path / "area"))
    found = result.schools[0]
    assert result.base.basis is Basis.ALL_HOURS
    assert found.p_adjusted is not None
    assert found.p_adjusted <= 0.05
    assert found.graded.grade is Grade.WEAK
    assert any(
        "no time of day: they show where, never when" in reason for reason in found.graded.reasons
    )
    tested = Grade.STRONG if found.p_adjusted <= 0.01 else Grade.MODERATE
    assert ORDER.index(found.graded.with_override) <= ORDER.index(tested) - 1


def test_the_interval_of_few_incidents_reaches_to_half_or_double(tmp_path: Path) -> None:
    area = write_small_area(tmp_path / "area")
    area.swap("area.toml", "[parameters]", "[parameters]\nbandwidth_m = 200.0")
    strong = scored(area)
    without_planted(area, kept=150)
    area.add_incidents(
        *(
            row(f"N{n}", f"{at:%d/%m/%Y %H:%M}", x=str(150_120 + 45 * n))
            for n, at in enumerate(after_school(7))
        )
    )
    found_intervals = []
    for result in (strong, scored(area)):
        found = result.schools[0]
        assert found.tree is not None
        assert found.test is not None
        events = make_events(result.base, result.scores)
        ends = corridor_interval(
            result.base, result.scores, events, found.tree, found.test.chosen, 0,
            generator_of(7, "S1"),
        )  # fmt: skip
        found_intervals.append(ends)
    facts = EvidenceFacts(20.0, 200, 0.001, 0.002, 0.2, is_timed=True)
    told = [
        " ".join(grade_evidence(dataclasses.replace(facts, interval=one), Parameters()).reasons)
        for one in found_intervals
    ]
    assert "not sure" not in told[0]
    assert "could as well be half of what was recorded, or half as much again" in told[1]
