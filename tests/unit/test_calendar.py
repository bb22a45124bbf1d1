from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from corridors.domain.calendar import Term
from corridors.errors import SourceError
from corridors.sources.calendar import read_bank_holidays, years_without
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path

FEED = {
    "england-and-wales": {
        "division": "england-and-wales",
        "events": [
            {"title": "Christmas Day", "date": "2026-12-25", "notes": "", "bunting": True},
            {"title": "Boxing Day", "date": "2026-12-28", "notes": "Substitute day"},
        ],
    },
    "scotland": {"division": "scotland", "events": [{"title": "x", "date": "2025-11-30"}]},
}


def write(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "bank-holidays.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_the_govuk_feed_is_read_by_division(tmp_path: Path) -> None:
    found = read_bank_holidays("england-and-wales", write(tmp_path, FEED))
    assert found.days == {date(2026, 12, 25), date(2026, 12, 28)}
    assert (found.first_year, found.last_year) == (2025, 2026)


def test_the_bundled_list_knows_what_is_known_by_hand() -> None:
    england = read_bank_holidays("england-and-wales").days
    assert date(2026, 12, 25) in england
    assert date(2026, 12, 28) in england  # Boxing Day is a Saturday: the Monday stands in
    assert date(2023, 5, 8) in england  # the coronation
    assert date(2022, 9, 19) in england  # the funeral of the Queen
    assert date(2020, 5, 8) in england  # the early May day was moved to the Friday
    assert date(2020, 5, 4) not in england
    assert date(2026, 11, 30) in read_bank_holidays("scotland").days  # St Andrew's
    assert date(2026, 7, 13) in read_bank_holidays("northern-ireland").days  # the Boyne


@pytest.mark.shared
@pytest.mark.parametrize("division", ["england-and-wales", "scotland", "northern-ireland"])
def test_the_bundled_list_is_the_feed(division: str) -> None:
    feed = read_bank_holidays(division, shared_path("data/england/bank-holidays.json"))
    assert feed == read_bank_holidays(division)


def test_years_without_bank_holidays_are_told(tmp_path: Path) -> None:
    found = read_bank_holidays("scotland", write(tmp_path, FEED))
    terms = (Term(date(2026, 9, 1), date(2027, 1, 10)), Term(date(2024, 9, 1), date(2024, 12, 1)))
    assert years_without(found, terms) == [2024, 2027]


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[1, 2]",
        '"text"',
        {"england-and-wales": {"events": [{"title": "no date"}]}},
        {"england-and-wales": {"events": [{"date": "2026-13-01"}]}},
        {"england-and-wales": []},
        "[" * 100_000,
    ],
)
def test_what_is_no_feed_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(SourceError, match=r"bank-holidays\.json"):
        read_bank_holidays("england-and-wales", write(tmp_path, content))


def test_an_unknown_division_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="mean 'england-and-wales'"):
        read_bank_holidays("england-and-whales", write(tmp_path, FEED))
    with pytest.raises(SourceError):
        read_bank_holidays("scotland", tmp_path / "none.json")
