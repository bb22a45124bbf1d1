"""Taking keys out of a TOML table: right or a problem, and nothing left over unsaid."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from corridors.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["Problems", "TableReader", "as_date", "suggest"]

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_MAX_TEXT = 2_000


def suggest(word: str, known: Collection[str]) -> str:
    """Give "Did you mean ...? " for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}? " if near else ""


@dataclass(slots=True)
class Problems:
    """The problems and notes of one area file, as they are found."""

    found: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, where: str, what: str, mend: str) -> None:
        """Note one problem."""
        self.found.append(Problem(where, what, mend))


class TableReader:
    """One table of the area file.

    Each method takes one key: it returns the value, or the default where the key is absent, or the
    default and a problem where the value is not what it should be. `finish` makes a problem of
    every key that nobody took.

    Parameters
    ----------
    table
        The parsed TOML table; anything else is a problem.
    where
        Its name in the file; ``""`` for the whole file.
    problems
        Where problems go.
    """

    def __init__(self, table: object, where: str, problems: Problems) -> None:
        self.where = where
        self.problems = problems
        self._taken: list[str] = []
        self.is_table = isinstance(table, dict)
        self._table: Mapping[str, Any] = table if isinstance(table, dict) else {}
        if not self.is_table:
            problems.add(where, "This must be a table.", f"Write [{where}] and its keys below it.")

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def key(self, key: str) -> str:
        """Name a key as the reader of the area file knows it."""
        return f"{self.where}.{key}" if self.where else key

    def add(self, key: str, what: str, mend: str) -> None:
        """Note a problem with a key; one problem is enough of what is no table at all."""
        if self.is_table:
            self.problems.add(self.key(key), what, mend)

    def raw(self, key: str) -> Any:
        """Take a value as it is; None where it is absent."""
        self._taken.append(key)
        return self._table.get(key)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Take every key: the table's keys are names that the writer chose."""
        self._taken.extend(self._table)
        yield from self._table.items()

    def text(self, key: str, mend: str = "") -> str | None:
        """Take a text that is not blank. With a `mend` the key must be there."""
        value = self.raw(key)
        if value is None:
            if mend:
                self.add(key, "This is missing.", mend)
            return None
        if not isinstance(value, str):
            self.add(key, "This must be a text.", mend or "Write it between quotes.")
        elif not value.strip():
            self.add(key, "This is empty.", mend or "Fill it in, or leave it out.")
        elif _UNPRINTABLE.search(value) or len(value) > _MAX_TEXT:
            self.add(key, "This text holds control characters or is too long.", "Shorten it.")
        else:
            return value.strip()
        return None

    def choice(self, key: str, choices: Collection[str], default: str | None = None) -> str | None:
        """Take one of a list of words. Without a default the key must be there."""
        mend = f"Choose one of {', '.join(choices)}."
        if key not in self and default is not None:
            self._taken.append(key)
            return default
        value = self.text(key, mend)
        if value is not None and value not in choices:
            self.add(key, f"{value!r} is not known here.", suggest(value, choices) + mend)
            return default
        return value if value is not None else default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Take true or false."""
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.add(key, "This must be true or false.", "Write true or false, without quotes.")
            return default
        return value

    def day(self, key: str, mend: str = "") -> date | None:
        """Take a date. With a `mend` the key must be there."""
        value = self.raw(key)
        if value is None:
            if mend:
                self.add(key, "This is missing.", mend)
            return None
        found = as_date(value)
        if found is None:
            self.add(key, "This is not a date.", "Write year-month-day, such as 2026-11-23.")
        return found

    def clock(self, key: str) -> time | None:
        """Take a time of day."""
        value = self.raw(key)
        if isinstance(value, str):
            try:
                value = time.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, time) or value.tzinfo is not None:
            self.add(key, "This is not a time of day.", "Write it as 15:15:00.")
            return None
        return value

    def tables(self, key: str) -> list[TableReader]:
        """Take a list of tables; one table is a list of one."""
        value = self.raw(key)
        if isinstance(value, dict):
            value = [value]
        if value is None:
            return []
        if not isinstance(value, list):
            self.add(key, "This must be a list of tables.", f"Write {key} = [{{ ... }}].")
            return []
        return [
            TableReader(item, f"{self.key(key)}[{n}]", self.problems)
            for n, item in enumerate(value, start=1)  # as a person counts
        ]

    def table(self, key: str) -> TableReader | None:
        """Take a table; None where it is absent."""
        value = self.raw(key)
        return None if value is None else TableReader(value, self.key(key), self.problems)

    def finish(self) -> None:
        """Make a problem of every key that nobody took."""
        for key in self._table:
            if key not in self._taken:
                known = sorted(set(self._taken))
                self.add(
                    key,
                    "This key is not known.",
                    f"{suggest(key, known)}Known here: {', '.join(known)}.",
                )


def as_date(value: object) -> date | None:
    """Take a TOML date, or a text that is one. A date with a time is not a date."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None
