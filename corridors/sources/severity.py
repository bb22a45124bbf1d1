"""Severity weights: what one incident of a category counts, by a published index or a force's own.

The bundled tables are transcribed from third parties who quote the publishers' tables: good for
defaults, to be replaced by a force's own. `SEVERITY_CAVEATS` says so wherever they are shown.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from corridors.errors import Problem, SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.headers import find_column, require_columns
from corridors.sources.incidents_words import plain_word, read_categories
from corridors.sources.setting_aside import account_for, first_reason
from corridors.sources.tabular import read_table
from corridors.sources.tabular_text import fold_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corridors.domain.inputs import InputRecord

__all__ = [
    "OWN_SEVERITY",
    "SEVERITIES",
    "SEVERITY_CAVEATS",
    "OwnSeverity",
    "cover_categories",
    "read_own_severity",
    "read_severity",
]

SEVERITIES = ("count", "cchi", "ons_css")
"""Names of the tables: plain counts, Cambridge Crime Harm Index, ONS Crime Severity Score."""

OWN_SEVERITY = "own"
"""What ``parameters.severity`` says for the table that the area file names."""

_TRANSCRIBED = (
    "transcribed from third parties who quote the publisher's table; categories without a "
    "published value hold a middle, a derivation or an assumption, each row says which. "
    "Replace it by the force's own table."
)
SEVERITY_CAVEATS: Mapping[str, str] = MappingProxyType(
    {
        "count": "Every incident counts 1.",
        "cchi": f"Cambridge Crime Harm Index, 2026 update, {_TRANSCRIBED}",
        "ons_css": f"ONS Crime Severity Score, {_TRANSCRIBED}",
        OWN_SEVERITY: "The force's own table; its weights are the force's to answer for.",
    }
)
"""What must stand beside figures by each table."""

_SHOWN_LINES = 10
_MOST = 1e9
"""Weights beyond this are a slip, and their sums would lose the small ones."""
_OTHER = "other"
_MEND = 'Give the table in the area file under [severity] path = "...", or choose another table.'


@dataclass(frozen=True, slots=True, eq=False)
class OwnSeverity:
    """A force's own table, as read.

    Parameters
    ----------
    weights
        Category to weight, as in the table: only the categories that it names.
    record
        The account of the file.
    set_aside
        `corridors.domain.tables.SET_ASIDE`: rows set aside as ``unknown_category``,
        ``blank_category``, ``same_category``, or damaged as rows.
    """

    weights: Mapping[str, float]
    record: InputRecord
    set_aside: pd.DataFrame


def read_severity(name: str, path: Path | None = None) -> Mapping[str, float]:
    """Read what one incident of each category counts by a bundled table.

    The weights are divided by their plain mean over the categories, so that intensities by
    different tables have the same order of size; rankings do not change. With ``count`` every
    category counts 1. Where the publisher gives no value for a category the bundled table holds
    an assumption, and says so in its columns ``basis`` and ``caveat``.

    Parameters
    ----------
    name
        ``count``, ``cchi`` or ``ons_css``. A force's own table is for `read_own_severity`.
    path
        A csv like the bundled one; by default that one.

    Returns
    -------
    Mapping
        Category to weight: every category of the list, mean 1.

    Raises
    ------
    SourceError
        When there is no such table, or it lacks a category or holds a value that is no weight.
    """
    categories = read_categories().by_slug
    if name == "count":
        return MappingProxyType(dict.fromkeys(categories, 1.0))
    if name == OWN_SEVERITY:
        raise SourceError(
            Problem("parameters.severity", "The area file names no own table.", _MEND)
        )
    if name not in SEVERITIES:
        known = ", ".join((*SEVERITIES, OWN_SEVERITY))
        raise SourceError(
            Problem("parameters.severity", "There is no such table.", f"Use one of {known}.")
        )
    path = path or bundled_path(f"reference/severity_{name}.csv")
    values = _bundled_values(path)
    missing = sorted(categories.keys() - values.keys())
    if missing:
        raise SourceError(
            Problem(path.name, f"No weight for {', '.join(missing)}.", "Add a row for each.")
        )
    return _scaled({slug: values[slug] for slug in categories})


def _bundled_values(path: Path) -> dict[str, float]:
    values: dict[str, float] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                slug, value = row["category"], float(row["value"])
            except (KeyError, TypeError, ValueError):
                raise SourceError(
                    Problem(path.name, "A row has no category or no number.", "Correct the row.")
                ) from None
            if not (math.isfinite(value) and value > 0):
                raise SourceError(
                    Problem(path.name, "A weight is not above zero.", "Correct the row.")
                )
            values[slug] = value
    return values


def _scaled(values: Mapping[str, float]) -> Mapping[str, float]:
    mean = sum(values.values()) / len(values)
    return MappingProxyType({slug: value / mean for slug, value in values.items()})


def read_own_severity(path: Path, *, shown: str | None = None) -> OwnSeverity:
    """Read a force's own table: columns ``category`` and ``weight``, further ones as it likes.

    A category is one of our slugs or any word of ``data/reference/categories.toml``. Words of one
    category may stand in several rows only if they weigh the same: an incident of that category
    has one weight.

    Parameters
    ----------
    path
        A csv, json or parquet file.
    shown
        How messages call it; by default its name.

    Raises
    ------
    SourceError
        When the file cannot be read or lacks a column; when a weight is no number, negative or
        not finite, or a category has two; when no row is left, or all weigh nothing.
    """
    where = shown or path.name
    raw = read_table(path, shown=where)
    if raw.is_blank:
        raise SourceError(Problem(where, "The file is empty.", "Give a weight for each category."))
    columns = require_columns(
        raw.frame.columns, {"category": "category", "weight": "weight"}, where
    )
    known = read_categories()
    words = fold_text(raw.frame[columns["category"]]).map(plain_word)
    slug = words.map(known.slug_of_word)
    weight = _numbers(raw.frame[columns["weight"]])
    is_known = slug.notna().to_numpy(bool)
    _check_weights(where, is_known, slug, weight, raw.line)
    used, reason = first_reason(
        len(raw.frame),
        {
            "blank_category": (words == "").to_numpy(bool),
            "unknown_category": ~is_known,
            "same_category": (slug.duplicated() & slug.notna()).to_numpy(bool),
        },
    )
    record, set_aside = account_for(raw, where, reason, _notes(raw.frame, used))
    values = dict(zip(slug[used], map(float, weight[used]), strict=True))
    if not values or not any(values.values()):
        what = "No row names a category of ours." if not values else "Every weight is 0."
        raise SourceError(Problem(where, what, f"The categories are: {_listed(known.by_slug)}."))
    return OwnSeverity(MappingProxyType(values), record, set_aside)


def _numbers(texts: pd.Series) -> NDArray[np.float64]:
    """Read plain decimal numbers; NaN for anything else."""
    found = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        try:
            found[row] = float(text) if "_" not in text else np.nan
        except ValueError:
            continue
    return found


def _check_weights(
    where: str,
    is_known: NDArray[np.bool_],
    slug: pd.Series,
    weight: NDArray[np.float64],
    line: NDArray[np.int64],
) -> None:
    """Refuse what is no weight, and a category with two: neither may be guessed."""
    problems = []
    is_bad = is_known & ~((weight >= 0) & (weight <= _MOST))
    if is_bad.any():
        what = f"The weight is no number from 0 to a billion on {_lines(line[is_bad])}."
        problems.append(Problem(f"{where}: weight", what, "Give plain decimal numbers."))
    # NaN differs from itself, and is told above.
    several = slug[is_known & ~is_bad].groupby(slug).groups
    for category, rows in several.items():
        if len(np.unique(weight[rows])) > 1:
            what = f"{category} has more than one weight, on {_lines(line[rows])}."
            mend = "Our category holds all of these words: give them one weight."
            problems.append(Problem(f"{where}: category", what, mend))
    if problems:
        raise SourceError(problems)


def _lines(lines: NDArray[np.int64]) -> str:
    shown = ", ".join(map(str, lines[:_SHOWN_LINES]))
    more = len(lines) - _SHOWN_LINES
    return f"line{'s' if len(lines) > 1 else ''} {shown}{f' and {more} more' if more > 0 else ''}"


def _notes(frame: pd.DataFrame, used: NDArray[np.bool_]) -> tuple[str, ...]:
    notes = []
    for name in ("source", "date"):
        column = find_column(frame.columns, name)
        blank = used if column is None else used & (fold_text(frame[column]) == "").to_numpy(bool)
        if blank.any():
            notes.append(f"{int(blank.sum())} severity weights say no {name}.")
    return tuple(notes)


def cover_categories(
    own: OwnSeverity, occurring: Iterable[str], shown: str
) -> tuple[Mapping[str, float], tuple[str, ...]]:
    """Give every category that occurs its weight by a force's own table, or refuse.

    Parameters
    ----------
    own
        From `read_own_severity`.
    occurring
        Categories of the incidents that are scored.
    shown
        How messages call the file.

    Returns
    -------
    weights, notes
        Category to weight, divided by their plain mean; and which categories the table does not
        name, which then count as its ``other``.

    Raises
    ------
    SourceError
        When a category that occurs is missing and the table has no ``other``, or when all that
        occur weigh nothing.
    """
    present = sorted(set(occurring))
    missing = [slug for slug in present if slug not in own.weights]
    if missing and _OTHER not in own.weights:
        raise SourceError(
            Problem(
                shown,
                f"No weight for {len(missing)} of the categories that occur: {_listed(missing)}.",
                f"Add a row for each, or one for {_OTHER!r}, which then stands for all of them.",
            )
        )
    weights = {**dict.fromkeys(missing, own.weights.get(_OTHER, 0.0)), **own.weights}
    if present and not any(weights[slug] for slug in present):
        what = "Every category that occurs weighs 0, so nothing would be scored."
        raise SourceError(Problem(shown, what, "Give at least one of them a weight."))
    told = f"{shown} does not name {_listed(missing)}: they count as its {_OTHER!r}."
    return _scaled(weights), (told,) if missing else ()


def _listed(slugs: Iterable[str]) -> str:
    return ", ".join(sorted(slugs))
