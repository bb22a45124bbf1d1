"""What a run says of its own stability, and which severity weights it takes."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from corridors.analysis.stability import compare_variants
from corridors.domain.area import Area
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Grade
from corridors.errors import SourceError
from corridors.outputs.stability import stability_json, stability_page
from corridors.pipeline.reading import Tables, read_tables
from corridors.pipeline.scoring import Scored, score_tables
from corridors.pipeline.severities import severity_of
from corridors.pipeline.stability import _reach, stability_of
from corridors.pipeline.stages import Stages
from corridors.sources.severity import read_severity
from tests.small_area import write_small_area

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    area = write_small_area(tmp_path_factory.mktemp("small") / "area")
    return read_tables(
        area.file, as_of=None, today=date(2026, 7, 3), stages=Stages(), cache_dir=None
    )


@pytest.fixture(scope="module")
def scored(tables: Tables) -> Scored:
    return score_tables(tables, Stages())


def kinds(record: dict[str, Any] | Any) -> list[tuple[str, str]]:
    return [(one["kind"], one["value"]) for one in record["choices"]]


def test_every_other_choice_is_compared(tables: Tables, scored: Scored) -> None:
    reference = dataclasses.replace(tables.reference, own_severity={"robbery": 2.0, "other": 1.0})
    with_own = dataclasses.replace(tables, reference=reference)
    found = stability_of(with_own, scored)
    record = json.loads(stability_json(found.record))
    listed = kinds(record)
    assert listed[:6] == [
        ("severity", "cchi"),
        ("severity", "ons_css"),
        ("severity", "own"),
        ("half_life", "90 days"),
        ("half_life", "365 days"),
        ("half_life", "none"),
    ]
    # one file cannot be left out; of the categories the largest are
    assert not any(kind == "source" for kind, _ in listed)
    assert ("category", "robbery") in listed
    assert record["document"] == "internal"
    assert record["caveats"].keys() == {"count", "cchi", "ons_css", "own"}
    by_choice = dict(zip(listed, record["choices"], strict=True))
    # forty robberies are planted for S1: without them its corridor is another
    assert by_choice["category", "robbery"]["n_scored"] < by_choice["half_life", "none"]["n_scored"]
    school = next(one for one in record["schools"] if one["school_id"] == "S1")
    assert school["grade"] in set(Grade)
    assert school["least_overlap"] == min(one["overlap"] for one in school["choices"])
    assert school["n_changed"] == sum(not one["is_same"] for one in school["choices"])
    assert "of the top 5 % of street length stays" in found.summary
    again = stability_of(with_own, scored)
    assert stability_json(again.record) == stability_json(found.record)
    assert stability_page(again.record) == stability_page(found.record)


def test_the_reference_corridors_are_those_that_were_tested(tables: Tables, scored: Scored) -> None:
    """Leaving nothing out keeps every corridor: what is traced here is what was tested there."""
    schools = [_reach(scored, row) for row in range(len(scored.schools))]
    chosen, _ = compare_variants(scored.base, scored.scores, [], schools)
    assert len(chosen) == 2
    for ours, evidence in zip(chosen, scored.schools, strict=True):
        assert ours is not None
        assert evidence.test is not None
        assert ours.tolist() == evidence.test.chosen.tolist()
    assert len(tables.schools) == 2


def test_files_are_left_out_in_turn_the_largest_first(tables: Tables, scored: Scored) -> None:
    incidents = scored.base.incidents.copy()
    number = [0 if row % 10 < 7 else 1 for row in range(len(incidents))]
    incidents["source"] = number
    base = dataclasses.replace(scored.base, incidents=incidents)
    both = dataclasses.replace(scored, around=dataclasses.replace(scored.around, base=base))
    record = stability_of(tables, both).record
    names = [tables.records[0].path, tables.records[1].path]
    assert [value for kind, value in kinds(record) if kind == "source"] == names
    n_scored = [one["n_scored"] for one in record["choices"] if one["kind"] == "source"]
    assert n_scored[0] < n_scored[1]


def test_too_few_incidents_say_so(tables: Tables) -> None:
    few = dataclasses.replace(tables, incidents=tables.incidents.iloc[:20].reset_index(drop=True))
    found = stability_of(few, score_tables(few, Stages()))
    assert "there are too few incidents" in found.summary
    assert all(one["kendall_tau_b"] is None for one in found.record["choices"])
    assert found.record["schools"] == []
    page = stability_page(found.record)
    assert "A dash: too few incidents are left" in page
    assert "<circle" not in page


def test_the_bundled_weights_need_no_file(tables: Tables, tmp_path: Path) -> None:
    found = severity_of(tables.area, tmp_path, tables.incidents)
    assert found.weights == read_severity("count")
    assert (found.own, found.records, found.notes) == (None, (), ())
    assert len(found.set_aside) == 0


def own_area(area: Area, path: str | None, **changes: Any) -> Area:
    parameters: Parameters = dataclasses.replace(area.parameters, **changes)
    return dataclasses.replace(area, severity_path=path, parameters=parameters)


def test_an_own_table_is_used_where_the_run_asks_for_it(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("category,weight\nrobbery,9\nother,1\n", encoding="utf-8")
    asked = severity_of(
        own_area(tables.area, "own.csv", severity="own"), tmp_path, tables.incidents
    )
    assert asked.weights["robbery"] == pytest.approx(9 * asked.weights["other"])
    assert any("count as its 'other'" in note for note in asked.notes)
    (record,) = asked.records
    assert (record.path, record.used) == ("own.csv", 2)
    beside = severity_of(
        own_area(tables.area, "own.csv", severity="cchi"), tmp_path, tables.incidents
    )
    assert beside.weights == read_severity("cchi")
    assert beside.own == asked.own
    assert any("the scores use severity = 'cchi'" in note for note in beside.notes)


def test_an_own_table_must_weigh_what_is_scored(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("category,weight\nrobbery,9\n", encoding="utf-8")
    area = own_area(tables.area, "own.csv", severity="own")
    with pytest.raises(SourceError, match="No weight for"):
        severity_of(area, tmp_path, tables.incidents)
    # what police discovered scores nothing, so nothing needs its weight
    discovered = tables.incidents.assign(origin="discovered")
    assert severity_of(area, tmp_path, discovered).weights == {"robbery": 1.0}


def test_own_without_a_table_is_refused(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="names no table"):
        severity_of(own_area(tables.area, None, severity="own"), tmp_path, tables.incidents)
    with pytest.raises(SourceError, match="no such file"):
        severity_of(own_area(tables.area, "own.csv", severity="own"), tmp_path, tables.incidents)
