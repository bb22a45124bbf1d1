"""What: categories and origins of known and unknown words, and their severity weights."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from corridors.domain.vocabulary import Origin
from corridors.errors import SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.incidents_words import plain_word, read_categories
from corridors.sources.severity import SEVERITIES, read_severity
from tests.incident_files import EASTING, NORTHING, read_export, write

if TYPE_CHECKING:
    from pathlib import Path

SLUGS = {
    "anti_social_behaviour",
    "bicycle_theft",
    "burglary",
    "criminal_damage",
    "drugs",
    "other_crime",
    "other_theft",
    "weapons_possession",
    "public_order",
    "robbery",
    "shoplifting",
    "theft_from_person",
    "vehicle_crime",
    "violence",
    "harassment",
    "road_danger",
    "stop_and_search",
    "other",
}
DISCOVERED = {"drugs", "weapons_possession", "stop_and_search"}
POLICE_UK = {
    "Anti-social behaviour": "anti_social_behaviour",
    "Bicycle theft": "bicycle_theft",
    "Burglary": "burglary",
    "Criminal damage and arson": "criminal_damage",
    "Drugs": "drugs",
    "Other crime": "other_crime",
    "Other theft": "other_theft",
    "Possession of weapons": "weapons_possession",
    "Public order": "public_order",
    "Robbery": "robbery",
    "Shoplifting": "shoplifting",
    "Theft from the person": "theft_from_person",
    "Vehicle crime": "vehicle_crime",
    "Violence and sexual offences": "violence",
}
API = {
    "anti-social-behaviour": "anti_social_behaviour",
    "bicycle-theft": "bicycle_theft",
    "burglary": "burglary",
    "criminal-damage-arson": "criminal_damage",
    "drugs": "drugs",
    "other-crime": "other_crime",
    "other-theft": "other_theft",
    "possession-of-weapons": "weapons_possession",
    "public-order": "public_order",
    "robbery": "robbery",
    "shoplifting": "shoplifting",
    "theft-from-the-person": "theft_from_person",
    "vehicle-crime": "vehicle_crime",
    "violent-crime": "violence",
}


def _rows(*words: str) -> list[str]:
    return [f",2018-11-09 14:30,,{word},{EASTING},{NORTHING}" for word in words]


def test_the_list_of_categories() -> None:
    known = read_categories().by_slug
    assert known.keys() == SLUGS
    assert {slug for slug, c in known.items() if c.origin == Origin.DISCOVERED} == DISCOVERED
    assert all(category.name for category in known.values())


@pytest.mark.parametrize(("word", "slug"), [*POLICE_UK.items(), *API.items()])
def test_words_of_police_uk(word: str, slug: str) -> None:
    assert read_categories().slug_of_word[plain_word(word)] == slug


def test_categories_of_a_file(tmp_path: Path) -> None:
    words = ["ROBBERY - PERSONAL", "Attempted Robbery", "Theft From Person", "dRuGs", "Zork", ""]
    found = read_export(tmp_path, *_rows(*words))
    assert found.table["category"].tolist() == [
        "robbery",
        "robbery",
        "theft_from_person",
        "drugs",
        "other",
        "other",
    ]
    assert found.table["origin"].tolist() == ["reported"] * 3 + ["discovered"] + ["reported"] * 2
    notes = "\n".join(found.notes)
    assert "1 rows have category words that are not known" in notes
    assert "1 rows have no category word" in notes
    assert "Zork" not in notes


def test_the_files_own_words_come_first(tmp_path: Path) -> None:
    found = read_export(
        tmp_path,
        *_rows("zork", "Robbery", "Violence", "plugh"),
        categories={"ZORK": "violence", "robbery": "other_theft", "*": "harassment"},
        discovered=("plugh", "violence"),
    )
    table = found.table
    assert table["category"].tolist() == ["violence", "other_theft", "violence", "harassment"]
    # A word of the file, or a category of ours, can be listed as discovered.
    assert table["origin"].tolist() == ["discovered", "reported", "discovered", "discovered"]


def test_any_word_serves_a_file_without_categories(tmp_path: Path) -> None:
    mapping = {"from": "From", "easting": "X", "northing": "Y"}
    found = read_export(tmp_path, *_rows("x"), mapping=mapping, categories={"*": "road_danger"})
    assert found.table["category"].tolist() == ["road_danger"]
    found = read_export(tmp_path, *_rows("x"), mapping=mapping)
    assert found.table["category"].tolist() == ["other"]
    assert any("names no category" in note for note in found.notes)


def test_an_origin_column_decides(tmp_path: Path) -> None:
    header = "Ref,From,To,Offence,X,Y,Who"
    words = ["Reported", "DISCOVERED", "Police generated", "Victim report", "", "a bird"]
    rows = [f",2018-11-09 14:30,,Drugs,{EASTING},{NORTHING},{word}" for word in words]
    mapping = {
        "from": "From",
        "category": "Offence",
        "easting": "X",
        "northing": "Y",
        "origin": "Who",
    }
    found = read_export(tmp_path, *rows, header=header, mapping=mapping)
    assert found.table["origin"].tolist() == [
        "reported",
        "discovered",
        "discovered",
        "reported",
        "discovered",
        "discovered",
    ]
    assert any("2 rows do not say in a known word" in note for note in found.notes)


def test_a_category_that_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Did you mean 'robbery'") as caught:
        read_export(tmp_path, *_rows("x"), categories={"x": "robery"})
    assert caught.value.problems[0].where == "incidents[1].categories"


@pytest.mark.parametrize("name", SEVERITIES)
def test_severity_has_every_category_and_mean_one(name: str) -> None:
    weights = read_severity(name)
    assert weights.keys() == SLUGS
    assert sum(weights.values()) / len(weights) == pytest.approx(1)
    assert min(weights.values()) > 0


def test_severity_keeps_the_published_ratios() -> None:
    assert set(read_severity("count").values()) == {1.0}
    cchi = read_severity("cchi")
    assert cchi["robbery"] / cchi["theft_from_person"] == pytest.approx(365 / 2)
    ons = read_severity("ons_css")
    assert ons["robbery"] / ons["harassment"] == pytest.approx(993.55 / 39.64)


@pytest.mark.parametrize("name", ["cchi", "ons_css"])
def test_every_weight_has_source_and_caveat(name: str) -> None:
    with bundled_path(f"reference/severity_{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["category"] for row in rows} == SLUGS
    assert {row["basis"] for row in rows} <= {"published", "midpoint", "derived", "assumed"}
    for row in rows:
        assert all(row[key] for key in ("value", "unit", "offences", "source", "source_date"))
        assert row["caveat"]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (["robbery,1"], "No weight for"),
        (["robbery,much"], "no number"),
        (["robbery,0"], "not above zero"),
        (["robbery,nan"], "not above zero"),
        (["robbery"], "no number"),
    ],
)
def test_a_severity_table_that_is_none(tmp_path: Path, rows: list[str], match: str) -> None:
    path = write(tmp_path / "own.csv", "category,value", *rows)
    with pytest.raises(SourceError, match=match):
        read_severity("cchi", path)


def test_no_such_severity() -> None:
    with pytest.raises(SourceError, match="no such table"):
        read_severity("gut feeling")
