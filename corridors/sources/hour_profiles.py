"""Stated hours of the day by category, for the simulator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from corridors.errors import Problem, SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.incidents_words import read_categories
from corridors.sources.reference_table import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_hour_profiles"]


def read_hour_profiles(
    path: Path | None = None,
) -> dict[str, tuple[NDArray[np.float64], float, float]]:
    """Read the stated hours.

    Parameters
    ----------
    path
        A TOML file like the bundled one; by default that one.

    Returns
    -------
    dict
        By category: ``(24,)`` weights from midnight on, the share known only as an interval, and
        the median length of such an interval in hours. Every category of the list is there.

    Raises
    ------
    SourceError
        With every category that is missing, unknown or not right.
    """
    path = path or bundled_path("reference/hour_profiles.toml")
    content = read_toml(path).get("category")
    tables = content if isinstance(content, dict) else {}
    known = read_categories().by_slug
    problems = [
        Problem(f"{path.name}: {slug}", "This category has no hours.", "Add a table for it.")
        for slug in known
        if slug not in tables
    ]
    profiles = {}
    for slug, table in tables.items():
        values = table if isinstance(table, dict) else {}
        hours: Any = values.get("hours")
        share, long_h = values.get("interval_share"), values.get("interval_h")
        if slug not in known:
            problems.append(
                Problem(f"{path.name}: {slug}", "It is not one of our categories.", "Remove it.")
            )
        elif not _are_hours(hours) or not _is_number(share, 1.0) or not _is_number(long_h, 240.0):
            problems.append(
                Problem(
                    f"{path.name}: {slug}",
                    "These are not 24 weights, a share and a length.",
                    "Give hours (24 numbers, 0 or more), interval_share and interval_h.",
                )
            )
        else:
            numbers = np.array([*hours, share, long_h], np.float64)
            profiles[slug] = (numbers[:24], float(numbers[24]), float(numbers[25]))
    if problems:
        raise SourceError(problems)
    return profiles


def _is_number(value: object, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= high  # type: ignore[arg-type, operator]


def _are_hours(hours: object) -> bool:
    return (
        isinstance(hours, list)
        and len(hours) == 24
        and all(_is_number(hour, math.inf) for hour in hours)
        and sum(hours) > 0
    )
