"""Severity weights: what one incident of a category counts, by a published index."""

from __future__ import annotations

import csv
import math
from types import MappingProxyType
from typing import TYPE_CHECKING

from corridors.errors import Problem, SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.incidents_words import read_categories

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SEVERITIES", "read_severity"]

SEVERITIES = ("count", "cchi", "ons_css")
"""Names of the tables: plain counts, Cambridge Crime Harm Index, ONS Crime Severity Score."""


def read_severity(name: str, path: Path | None = None) -> Mapping[str, float]:
    """Read what one incident of each category counts.

    The weights are divided by their plain mean over the categories, so that intensities by
    different tables have the same order of size; rankings do not change. With ``count`` every
    category counts 1. Where the publisher gives no value for a category the bundled table holds
    an assumption, and says so in its columns ``basis`` and ``caveat``.

    Parameters
    ----------
    name
        ``count``, ``cchi`` or ``ons_css``.
    path
        A csv with columns ``category`` and ``value`` (a force's own table); by default the
        bundled one of that name.

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
    if name not in SEVERITIES:
        raise SourceError(
            Problem("parameters.severity", "There is no such table.", f"Use {SEVERITIES}.")
        )
    path = path or bundled_path(f"reference/severity_{name}.csv")
    values = _values(path)
    missing = sorted(categories.keys() - values.keys())
    if missing:
        raise SourceError(
            Problem(path.name, f"No weight for {', '.join(missing)}.", "Add a row for each.")
        )
    mean = sum(values[slug] for slug in categories) / len(categories)
    return MappingProxyType({slug: values[slug] / mean for slug in categories})


def _values(path: Path) -> dict[str, float]:
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
