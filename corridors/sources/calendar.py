"""Bank holidays: the gov.uk feed as published, and the bundled list."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from corridors.errors import Problem, SourceError
from corridors.sources.bundled import bundled_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corridors.domain.calendar import Term

__all__ = ["BUNDLED_BANK_HOLIDAYS", "BankHolidays", "read_bank_holidays", "years_without"]

BUNDLED_BANK_HOLIDAYS = "reference/bank-holidays.json"

_MAX_BYTES = 10 << 20
_MEND = "Get it again from https://www.gov.uk/bank-holidays.json, or leave bank_holidays out."


@dataclass(frozen=True, slots=True)
class BankHolidays:
    """The bank holidays of one division.

    Parameters
    ----------
    division
        Such as ``england-and-wales``.
    days
        The days, substitute days included.
    first_year, last_year
        Years that the feed knows; outside them no bank holiday is known.
    """

    division: str
    days: frozenset[date]
    first_year: int
    last_year: int


def read_bank_holidays(
    division: str, path: Path | None = None, *, shown: str | None = None
) -> BankHolidays:
    """Read the bank holidays of one division.

    Parameters
    ----------
    division
        ``england-and-wales``, ``scotland`` or ``northern-ireland``.
    path
        The gov.uk feed, or a file like the bundled one; None for the bundled one.
    shown
        How messages call the file.

    Returns
    -------
    BankHolidays

    Raises
    ------
    SourceError
        When the file cannot be read, or has no such division.
    """
    file = path if path is not None else bundled_path(BUNDLED_BANK_HOLIDAYS)
    where = shown or file.name
    divisions = _divisions(_load(file, where), where)
    if division not in divisions:
        near = difflib.get_close_matches(division, divisions, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        raise SourceError(
            Problem(
                where,
                f"There is no division {division!r}.",
                f"{guess}The file has: {', '.join(sorted(divisions)) or 'none'}.",
            )
        )
    days = divisions[division]
    every_year = {day.year for others in divisions.values() for day in others}
    if not every_year:
        raise SourceError(Problem(where, "The file holds no bank holidays.", _MEND))
    return BankHolidays(division, days, min(every_year), max(every_year))


def years_without(holidays: BankHolidays, terms: tuple[Term, ...]) -> list[int]:
    """List the years in which terms lie and no bank holiday is known."""
    years = {year for term in terms for year in range(term.start.year, term.end.year + 1)}
    known = range(holidays.first_year, holidays.last_year + 1)
    return sorted(year for year in years if year not in known)


def _load(file: Path, where: str) -> Any:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise SourceError(Problem(where, "This is too large for bank holidays.", _MEND))
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        raise SourceError(
            Problem(where, "The bank holidays cannot be read: no such file, or not JSON.", _MEND)
        ) from None


def _divisions(found: Any, where: str) -> Mapping[str, frozenset[date]]:
    """Take the days out of either layout: lists of events, or lists of days."""
    if isinstance(found, dict) and isinstance(found.get("divisions"), dict):
        found = found["divisions"]
    try:
        return {
            name: frozenset(
                date.fromisoformat(event if isinstance(event, str) else event["date"])
                for event in (entry if isinstance(entry, list) else entry["events"])
            )
            for name, entry in found.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SourceError(
            Problem(where, "The file is not laid out like the gov.uk feed.", _MEND)
        ) from None
