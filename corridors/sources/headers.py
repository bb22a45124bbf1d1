"""Which column is meant: by its exact name, else by its letters alone."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from corridors.errors import Problem, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["find_column", "missing_columns", "require_columns"]

_SHOWN_COLUMNS = 40
_MAX_NAME = 80
_VALUE = re.compile(r"[-+]?[\d.,:/\-T ]+Z?|.*@.*|.*\d{4}-\d{2}-\d{2}.*|[0-9a-fA-F]{32,}")
_NOT_LETTERS = re.compile(r"[\s_\-]+")


def _plain(name: str) -> str:
    return _NOT_LETTERS.sub("", name).casefold()


def find_column(columns: Iterable[str], name: str) -> str | None:
    """Find a column by its name.

    Parameters
    ----------
    columns
        Names in the file.
    name
        The name looked for.

    Returns
    -------
    str or None
        The column of exactly this name, else the only one that differs by case, blanks,
        underscores and hyphens alone (``Crime ID`` and ``crime_id``); None where there is none,
        or more than one.
    """
    names = list(columns)
    if name in names:
        return name
    wanted = _plain(name)
    alike = [column for column in names if _plain(column) == wanted]
    return alike[0] if len(alike) == 1 else None


def missing_columns(
    columns: Iterable[str], wanted: Iterable[str], where: str, *, setting: str = ""
) -> list[Problem]:
    """List a problem for each wanted column that the file does not have.

    Parameters
    ----------
    columns
        Names in the file.
    wanted
        Names looked for.
    where
        How messages call the file.
    setting
        What the mend should point to, such as ``"mapping"``; "" where the format sets the names.
    """
    names = list(columns)
    shown = _shown(names)
    problems = []
    for name in wanted:
        if find_column(names, name) is not None:
            continue
        near = _nearest(names, name)
        guess = f"Is it called {near!r}? " if near and near in shown else ""
        mend = guess + shown
        if setting:
            mend += f" Correct it under {setting}."
        problems.append(Problem(where, f"There is no column {name!r}.", mend))
    return problems


def require_columns(
    columns: Iterable[str], wanted: Mapping[str, str], where: str, *, setting: str = ""
) -> dict[str, str]:
    """Find all wanted columns, or say which are missing.

    Parameters
    ----------
    columns
        Names in the file.
    wanted
        Our key for each column, and the name to look for.
    where, setting
        See `missing_columns`.

    Returns
    -------
    dict of str to str
        Our key to the name in the file.

    Raises
    ------
    SourceError
        With one problem a missing column.
    """
    names = list(columns)
    problems = missing_columns(names, dict.fromkeys(wanted.values()), where, setting=setting)
    if problems:
        raise SourceError(problems)
    return {key: find_column(names, name) or name for key, name in wanted.items()}


def _shown(names: list[str]) -> str:
    """List the columns, unless the first line holds values: those may be personal."""
    if any(len(name) > _MAX_NAME or _VALUE.fullmatch(name) for name in names):
        return "The first line looks like a row of values: it must name the columns."
    shown = ", ".join(repr(name) for name in names[:_SHOWN_COLUMNS]) or "none"
    more = len(names) - _SHOWN_COLUMNS
    return f"The file has: {shown}{f' and {more} more' if more > 0 else ''}."


def _nearest(names: list[str], name: str) -> str | None:
    plain = {_plain(column): column for column in names}
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None
