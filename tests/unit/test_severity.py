"""Severity tables: what is bundled, what a force brings, and what is refused."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from corridors.errors import SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.incidents_words import read_categories
from corridors.sources.severity import (
    SEVERITIES,
    SEVERITY_CAVEATS,
    cover_categories,
    read_own_severity,
    read_severity,
)
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path

SLUGS = set(read_categories().by_slug)


def bundled_rows(name: str) -> list[dict[str, str]]:
    path = bundled_path(f"reference/severity_{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def own(tmp_path: Path, *lines: str, head: str = "category,weight,source,date") -> Path:
    path = tmp_path / "own.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["cchi", "ons_css"])
def test_every_bundled_row_says_whose_it_is(name: str) -> None:
    for row in bundled_rows(name):
        assert row["source"]
        assert row["source_date"]
        if row["basis"] in {"published", "midpoint"}:
            assert "third party" in row["caveat"], row["category"]
            assert "replace by the force's own table" in row["caveat"]
        else:
            assert "not a published value" in row["caveat"], row["category"]
    by_category = {row["category"]: row for row in bundled_rows("cchi")}
    # the index has no value for it: the 1 is somebody's floor
    assert "not Cambridge" in by_category["anti_social_behaviour"]["source"]
    assert "range across forces" in by_category["violence"]["caveat"]


def test_every_choice_has_its_caveat() -> None:
    assert SEVERITY_CAVEATS.keys() == {*SEVERITIES, "own"}
    for name in ("cchi", "ons_css"):
        assert "transcribed from third parties" in SEVERITY_CAVEATS[name]


@pytest.mark.shared
def test_the_bundled_values_are_the_transcribed_ones() -> None:
    def shared(name: str, value: str) -> list[dict[str, str]]:
        with shared_path(f"reference/{name}").open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if row[value]]

    ours = {row["category"]: row for row in bundled_rows("cchi")}
    given = {
        row["prc_subgroup"]: row["cchi2026_median_days"]
        for row in shared("harm_weights_cchi.csv", "cchi2026_median_days")
    }
    published = {
        "robbery": "Personal or business",
        "weapons_possession": "Possession of weapons offences",
        "public_order": "Public order offences",
        "vehicle_crime": "Vehicle offences",
        "other_theft": "Other theft offences",
        "theft_from_person": "Theft from the person",
        "bicycle_theft": "Bicycle theft",
        "shoplifting": "Shoplifting",
        "other_crime": "Misc crimes against society",
        "harassment": "Stalking and harassment",
    }
    for slug, subgroup in published.items():
        assert float(ours[slug]["value"]) == float(given[subgroup]), slug
    low, high = map(float, given["(category blend)"].split("-"))
    assert float(ours["violence"]["value"]) == pytest.approx((low + high) / 2)
    ons = {row["category"]: float(row["value"]) for row in bundled_rows("ons_css")}
    weights = {
        row["offence"]: float(row["ons_css_weight"])
        for row in shared("harm_weights_ons_css.csv", "ons_css_weight")
    }
    assert ons["robbery"] == weights["Robbery of personal property"]
    assert ons["harassment"] == weights["Harassment"]
    assert ons["criminal_damage"] == weights["Criminal damage"]
    assert ons["violence"] == pytest.approx(
        (weights["Assault with injury"] + weights["Assault without injury"]) / 2
    )


def test_an_own_table_by_slugs_and_by_words(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        "robbery,300,Force,2026-01-01",
        "Violence and sexual offences,100,Force,2026-01-01",
        "Theft from shop,0,Force,",
        "other,50,,",
    )
    found = read_own_severity(path)
    assert dict(found.weights) == {
        "robbery": 300.0,
        "violence": 100.0,
        "shoplifting": 0.0,
        "other": 50.0,
    }
    assert found.record.rows_in == 4
    assert any("say no source" in note for note in found.record.notes)
    assert any("say no date" in note for note in found.record.notes)


def test_bad_rows_are_reported_by_line(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        "robbery,300,Force,2026",
        "jaywalking,5,Force,2026",
        ",5,Force,2026",
        "Robbery,300,Force,2026",
        "violence,100,Force",
        "violence,100,Force,2026",
    )
    found = read_own_severity(path, shown="tables/own.csv")
    rows = found.set_aside[["line", "reason"]].to_numpy().tolist()
    assert rows == [
        [3, "unknown_category"],
        [4, "blank_category"],
        [5, "same_category"],
        [6, "ragged_row"],
    ]
    assert (found.record.rows_in, found.record.used, found.record.n_set_aside) == (6, 2, 4)
    assert dict(found.weights) == {"robbery": 300.0, "violence": 100.0}
    # a cell is never quoted
    assert "jaywalking" not in str(found.record) + found.set_aside.to_csv()


@pytest.mark.parametrize("weight", ["-1", "nan", "inf", "-inf", "much", "", "1_000", "1e300"])
def test_what_is_no_weight(tmp_path: Path, weight: str) -> None:
    path = own(tmp_path, "violence,1,,", f"robbery,{weight},,")
    with pytest.raises(SourceError, match="no number from 0 to a billion on line 3") as caught:
        read_own_severity(path)
    if weight not in {"", "-1"}:
        assert weight not in str(caught.value)


def test_two_weights_of_one_category(tmp_path: Path) -> None:
    path = own(tmp_path, "robbery,1,,", "violence,3,,", "Robbery,2,,")
    with pytest.raises(SourceError, match="robbery has more than one weight, on lines 2, 4"):
        read_own_severity(path)


@pytest.mark.parametrize(
    ("lines", "head", "match"),
    [
        ((), "category,weight", "No row names a category of ours"),
        (("robbery,0",), "category,weight", "Every weight is 0"),
        (("jaywalking,1",), "category,weight", "No row names a category of ours"),
        (("robbery,1",), "category,value", "no column 'weight'"),
        (("robbery,1",), "kind,weight", "no column 'category'"),
    ],
)
def test_a_table_that_is_none(
    tmp_path: Path, lines: tuple[str, ...], head: str, match: str
) -> None:
    with pytest.raises(SourceError, match=match):
        read_own_severity(own(tmp_path, *lines, head=head))


def test_a_category_that_occurs_and_is_missing_is_named(tmp_path: Path) -> None:
    read = read_own_severity(own(tmp_path, "robbery,2,,", "violence,1,,"))
    with pytest.raises(SourceError) as caught:
        cover_categories(read, ["robbery", "shoplifting", "burglary"], "own.csv")
    (problem,) = caught.value.problems
    assert "burglary, shoplifting" in problem.what
    assert "robbery" not in problem.what
    assert "Add a row for each" in problem.mend


def test_the_stated_fallback_is_other_and_is_told(tmp_path: Path) -> None:
    read = read_own_severity(own(tmp_path, "robbery,9,,", "other,3,,"))
    weights, notes = cover_categories(read, ["robbery", "burglary"], "own.csv")
    # the mean of 9, 3 and 3 is 5
    assert weights == pytest.approx({"robbery": 9 / 5, "burglary": 3 / 5, "other": 3 / 5})
    assert notes == ("own.csv does not name burglary: they count as its 'other'.",)
    _, none = cover_categories(read, ["robbery"], "own.csv")
    assert none == ()


def test_all_that_occurs_weighs_nothing(tmp_path: Path) -> None:
    read = read_own_severity(own(tmp_path, "robbery,9,,", "burglary,0,,"))
    with pytest.raises(SourceError, match="nothing would be scored"):
        cover_categories(read, ["burglary"], "own.csv")


def test_own_without_a_table() -> None:
    with pytest.raises(SourceError, match="names no own table"):
        read_severity("own")
