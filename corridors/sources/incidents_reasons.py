"""Why a row of incidents can be set aside: a closed list, each with what it means and the mend."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

__all__ = ["FAR_FROM_STREET", "REASONS", "first_reason"]

FAR_FROM_STREET = "far_from_street"

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no_time": "The row says neither when it began nor when it ended. Fill either in.",
        "bad_time": (
            "The time cannot be read, is no date of the calendar, or is before 1990 or after 2100. "
            "Write it as 2018-10-05 14:30 or 05/10/2018 14:30."
        ),
        "nonexistent_local_time": (
            "The clocks were put forward over this local time: it did not exist. "
            "Correct it, or export times with their UTC offset."
        ),
        "ends_before_start": "It ends before it begins. Correct the two times.",
        "after_as_of": (
            "It may have happened after the date on which the evidence stands (as_of). "
            "Nothing is wrong with it; it is not used."
        ),
        "no_position": "The row has no position, or the position 0, 0. Nothing can be done here.",
        "not_a_number": (
            "The position is not a number. Give plain decimal numbers; a grid reference with "
            "letters must be turned into easting and northing first."
        ),
        "not_finite": "The position is infinite. Correct it in the file.",
        "not_degrees": (
            "The longitude or latitude is no number of degrees. If these are grid references, "
            "map the columns as easting and northing."
        ),
        "not_metres": (
            "The easting and northing look like degrees. Map the columns as longitude and latitude."
        ),
        "swapped_axes": (
            "The position lies in the area only with its two numbers exchanged. "
            "Exchange them in the file or in the mapping."
        ),
        "outside_area": "It happened outside the area. Nothing is wrong with it; it is not used.",
        FAR_FROM_STREET: (
            "No walkable street is near enough: in a park, on water, or beyond the streets file. "
            "Nothing far from a street is forced onto one."
        ),
        "duplicate_id": "The same identifier came before: it is counted once.",
        "duplicate_file": "The file is a copy of another, byte for byte: it is counted once.",
    }
)
"""Reason codes of the incident readers, to plain English with the mend.

Damaged rows (too few cells, an open quote) carry the reasons of `corridors.sources.tabular`.
"""


def first_reason(
    n_rows: int, reasons: Iterable[tuple[str, NDArray[np.bool_]]]
) -> NDArray[np.object_]:
    """Give each row the first reason that holds for it, or the empty text.

    Parameters
    ----------
    n_rows
        Number of rows.
    reasons
        Codes of `REASONS` with a mask of the rows they hold for, the weightiest first.
    """
    first = np.full(n_rows, "", dtype=object)
    for code, holds in reasons:
        first[holds & (first == "")] = code
    return first
