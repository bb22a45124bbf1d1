"""The team's forms: they become entries of the area file, or tell a field what is wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.store.work_records import ChangeKind, NamedMapping
from api.team.change_forms import Choices, document_from
from api.team.forms import Errors, Fields
from api.team.mapping_form import (
    fields_of,
    fitting_mapping,
    saved_document,
    settings_from,
    settings_with_words,
    use_options,
)
from api.team.names import bundled_categories, bundled_names

COLUMNS = ["Ref", "Day", "Clock", "What", "X", "Y", "Lon", "Lat"]
CHOICES = Choices(
    {"S1": "Row School"}, bundled_names(), {"Y1": "Youth worker, Trust"}, ["Trust", "Council"]
)
GOOD = {
    "format": "mapped", "map_from": "Day", "map_from_time": "Clock", "map_category": "What",
    "map_easting": "X", "map_northing": "Y", "timezone": "Europe/London", "use": "adds",
}  # fmt: skip


def sent(**values: Any) -> Fields:
    return Fields(
        (name, one)
        for name, value in values.items()
        for one in ([value] if isinstance(value, str) else value)
    )


def mapped(**more: str) -> tuple[dict[str, Any], Errors]:
    errors = Errors()
    values = {**GOOD, **more}
    settings = settings_from(
        sent(**values), errors, columns=COLUMNS, replaceable=["old.csv"], before={}
    )
    return settings, errors


# --- fields


def test_fields_take_blanks_off_and_numbers_are_whole() -> None:
    fields = sent(a=" x ", b=["1", "1", "", " 2 "], n="007", bad="1e5", big="9" * 12, arabic="٣")
    assert fields.text("a") == "x"
    assert fields.texts("b") == ["1", "2"]
    assert fields.number("n") == 7
    assert [fields.number(one) for one in ("bad", "big", "arabic", "none")] == [None] * 4


@pytest.mark.parametrize("text", ["", "  ", "ab", "x" * 501, "a\u0000b c", "\u202eevil text"])
def test_a_reason_is_a_sentence(text: str) -> None:
    errors = Errors()
    errors.reason(sent(reason=text))
    assert errors.get("reason")


def test_every_error_of_a_field_is_told_beside_it() -> None:
    errors = Errors()
    errors.add("a", "First.")
    errors.add("a", "Never said.")
    errors.also("a", "Also this.")
    assert errors.get("a") == "First. Also this."
    assert errors.get("b") == ""


# --- the mapping screen


def test_a_mapping_becomes_the_settings_of_the_area_file() -> None:
    settings, errors = mapped(place_precision="block", map_id="Ref")
    assert errors.found == []
    assert settings == {
        "format": "mapped",
        "mapping": {
            "from": ["Day", "Clock"], "category": "What", "easting": "X", "northing": "Y",
            "id": "Ref",
        },
        "timezone": "Europe/London",
        "place_precision": "block",
        "use": "adds",
    }  # fmt: skip
    assert "use" not in saved_document(settings)


def test_what_was_chosen_is_shown_again() -> None:
    settings, _ = mapped(use="replaces:old.csv")
    assert settings["use"] == {"replaces": "old.csv"}
    again = fields_of(settings, COLUMNS)
    shown = {name: again.text(name) for name in GOOD} | {"use": again.text("use")}
    assert shown == {**GOOD, "use": "replaces:old.csv"}
    assert fields_of(settings, ["Day"]).text("map_easting") == "", "the file has no such column"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"map_from": ""}, "map_from"),
        ({"map_from": "Nowhere"}, "map_from"),
        ({"map_to_time": "Clock"}, "map_to"),
        ({"map_northing": ""}, "map_northing"),
        ({"map_easting": "", "map_northing": ""}, "map_easting"),
        ({"map_longitude": "Lon", "map_latitude": "Lat"}, "map_longitude"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"place_precision": "roughly"}, "place_precision"),
        ({"use": ""}, "use"),
        ({"use": "replaces:other.csv"}, "use"),
        ({"format": "xlsx"}, "format"),
    ],
)
def test_each_gap_of_a_mapping_is_told_beside_its_field(more: dict[str, str], field: str) -> None:
    _, errors = mapped(**more)
    assert errors.get(field)


def test_a_street_file_of_police_uk_needs_no_columns() -> None:
    settings, errors = mapped(format="police-uk", map_from="")
    assert not errors
    assert "mapping" not in settings


def test_a_first_file_adds() -> None:
    errors = Errors()
    fields = sent(**{**GOOD, "use": ""})
    settings = settings_from(fields, errors, columns=COLUMNS, replaceable=[], before={})
    assert settings["use"] == "adds"
    assert [one.value for one in use_options(["a.csv"])] == ["adds", "replaces:a.csv"]


def test_the_newest_saved_mapping_that_fits_is_filled_in() -> None:
    def saved(n: int, *columns: str) -> NamedMapping:
        mapping = {"from": list(columns)}
        return NamedMapping(
            n, "a", f"m{n}", {"mapping": mapping}, datetime(2026, 1, n, tzinfo=UTC), "x"
        )

    found = fitting_mapping(
        [saved(1, "Day"), saved(2, "Day", "Clock"), saved(3, "Elsewhere")], COLUMNS
    )
    assert found is not None
    assert found.name == "m2"
    assert fitting_mapping([], COLUMNS) is None


# --- the file's own words


def test_words_become_categories_and_what_police_discover() -> None:
    errors = Errors()
    fields = sent(
        **{"word-0": "Mugging", "category-0": "robbery", "word-1": "Stop",
           "category-1": "stop_and_search", "discovered-1": "yes", "word-2": "Odd",
           "discovered-2": "yes"}
    )  # fmt: skip
    before = {"format": "mapped", "categories": {"Old": "theft"}, "use": "adds"}
    settings = settings_with_words(before, fields, errors, bundled_categories())
    assert not errors
    assert settings == {
        "format": "mapped",
        "use": "adds",
        "categories": {"Mugging": "robbery", "Stop": "stop_and_search"},
        "discovered": ["Stop", "Odd"],
    }


def test_what_is_always_discovered_cannot_be_made_to_count() -> None:
    errors = Errors()
    fields = sent(**{"word-0": "Stop", "category-0": "stop_and_search"})
    settings_with_words({}, fields, errors, bundled_categories())
    assert "always counted as discovered" in errors.get("category-0")
    errors = Errors()
    fields = sent(**{"word-0": "Stop", "category-0": "nonsense"})
    settings_with_words({}, fields, errors, bundled_categories())
    assert errors.get("category-0")


# --- changes


@pytest.mark.parametrize(
    ("kind", "values", "document"),
    [
        (
            "edit",
            {"school": "S1", "edit": "forbid", "street": ["Row 1"], "more_streets": "row 1\nRow 2"},
            {"school": "S1", "forbid": ["row 1", "Row 2"]},
        ),
        (
            "edit",
            {"school": "S1", "edit": "redraw", "street": ["Row 1"], "segment": ["1-2-0"]},
            {"school": "S1", "redraw": {"segments": ["1-2-0"], "streets": ["Row 1"]}},
        ),
        (
            "edit",
            {"school": "S1", "edit": "shorten", "length_m": "400"},
            {"school": "S1", "shorten_to_m": 400.0},
        ),
        (
            "aim",
            {"school": "S1", "aim": "visible_reassurance"},
            {"school": "S1", "aim": "visible_reassurance"},
        ),
        (
            "mix",
            {"school": "S1", "role-youth_worker": "must", "role-school_staff": "one_of",
             "role-community_volunteer": "one_of", "police": "needed", "min_posts": "3"},
            {"school": "S1", "min_posts": 3, "police": "needed",
             "needed": [["youth_worker"], ["school_staff", "community_volunteer"],
                        ["school_officer", "ward_officer"]]},
        ),
        (
            "absence",
            {"post": "Y1", "from-day": "6", "from-month": "7", "from-year": "2026",
             "to": "2026-07-08"},
            {"post": "Y1", "from": "2026-07-06", "to": "2026-07-08"},
        ),
        (
            "refusal",
            {"who": "Trust", "refuses": ["police", "Council"]},
            {"who": "Trust", "refuses": ["police", "Council"]},
        ),
        (
            "pairing",
            {"who": "youth_worker", "beside": ["school_staff"]},
            {"who": "youth_worker", "beside": ["school_staff"]},
        ),
    ],
)  # fmt: skip
def test_a_form_becomes_an_entry_of_the_area_file(
    kind: str, values: dict[str, Any], document: dict[str, Any]
) -> None:
    errors = Errors()
    assert document_from(ChangeKind(kind), sent(**values), errors, CHOICES) == document
    assert errors.found == []


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("edit", {"edit": "forbid", "street": ["Row 1"]}, "school"),
        ("edit", {"school": "S1", "edit": "forbid"}, "street"),
        ("edit", {"school": "S1", "edit": "paint"}, "edit"),
        ("edit", {"school": "S1", "edit": "shorten", "length_m": "far"}, "length_m"),
        (
            "edit",
            {"school": "S1", "edit": "forbid", "street": [f"Row {n}" for n in range(61)]},
            "street",
        ),
        ("aim", {"school": "S1", "aim": "revenge"}, "aim"),
        ("mix", {"school": "S1", "police": "absent", "min_posts": "2"}, "role-youth_worker"),
        (
            "mix",
            {"school": "S1", "role-youth_worker": "one_of", "police": "absent", "min_posts": "2"},
            "role-youth_worker",
        ),
        ("mix", {"school": "S1", "role-youth_worker": "must", "min_posts": "2"}, "police"),
        (
            "mix",
            {"school": "S1", "role-youth_worker": "must", "police": "absent", "min_posts": "1"},
            "min_posts",
        ),
        ("absence", {"post": "Y9", "from": "2026-07-06", "to": "2026-07-06"}, "post"),
        ("absence", {"post": "Y1", "from": "2026-07-06", "to": "2026-07-05"}, "to"),
        ("absence", {"post": "Y1", "from": "2026-02-30", "to": "2026-07-05"}, "from"),
        ("refusal", {"who": "police", "refuses": ["Trust"]}, "who"),
        ("refusal", {"who": "Trust"}, "refuses"),
        ("pairing", {"who": "Trust", "beside": ["police"]}, "beside"),
    ],
)
def test_each_gap_of_a_change_is_told_beside_its_field(
    kind: str, values: dict[str, Any], field: str
) -> None:
    errors = Errors()
    document_from(ChangeKind(kind), sent(**values), errors, CHOICES)
    assert errors.get(field)
