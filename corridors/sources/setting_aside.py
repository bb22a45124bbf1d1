"""Setting rows aside: the first reason that holds, its line, and the account of the file."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridors.domain.inputs import InputRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from corridors.sources.tabular import RawTable

__all__ = ["REASONS", "account_for", "first_reason"]

REASONS: Mapping[str, str] = MappingProxyType(
    {
        # any table
        "ragged_row": "The row has more or fewer cells than the header. Correct it.",
        "damaged_quoting": "A quote in the row opens and never closes as it should. Correct it.",
        "nul_byte": "The row holds zero bytes: the file was damaged on its way. Get it again.",
        "not_a_record": "The element of the list is no record with names and values.",
        # schools
        "other_authority": "A school of another local authority. Nothing is wrong with it.",
        "not_open": "The school is closed, or not open yet. Nothing is wrong with it.",
        "blank_id": "The row has no identifier. Give it one.",
        "duplicate_id": "The same identifier came before: it is counted once.",
        "no_position": "The row has no position, or the position 0, 0. Fill it in.",
        "not_a_number": "The position is not a number. Give plain decimal numbers.",
        "not_finite": "The position is infinite or NaN. Correct it.",
        "not_metres": "Easting and northing look like degrees. Name the columns as such.",
        "not_degrees": "Longitude or latitude is no number of degrees. Are they grid references?",
        "swapped_axes": "The two numbers of the position are exchanged. Exchange them back.",
        "outside_crs": "The position lies where the CRS is not meant for. Correct it.",
        # destinations
        "bad_weight": "The weight is not a number from 0 up. Correct it.",
        "other_stop_type": "A stop of another type. Nothing is wrong with it.",
        "not_in_use": "The stop is not in use. Nothing is wrong with it.",
        "no_area": "The row has no polygon, or one that cannot be repaired. Draw it again.",
        # severity
        "unknown_category": "The category is none of ours, nor a word of data/reference/"
        "categories.toml. Correct it.",
        "blank_category": "The row names no category. Fill it in.",
        "same_category": "The same category came before with the same weight: it is counted once.",
        # roster
        "unknown_role": "The role is not one of data/reference/roles.toml. Correct it.",
        "blank_organisation": "No organisation answers for the post. Fill it in.",
        "bad_weekday": "The weekdays cannot be read. Write mon;tue, or mon-fri.",
        "bad_time": "A time of day cannot be read. Write it as 15:05.",
        "ends_before_start": "The time it ends is not after the time it starts. Correct the two.",
        "bad_flag": "walks_with_police is neither yes nor no. Ask, and write either.",
        "bad_number": "max_patrols_week is not a whole number from 0 to 50. Correct it.",
        "unknown_partner": "refuses or walks_only_with names nobody known. Correct the word.",
        "refused_partner": "walks_only_with names only posts it cannot walk with. Correct either.",
        "duplicate_post_id": "The post is listed before: its first good row counts.",
    }
)
"""Reason codes of tables, schools and rosters, to plain English with the mend."""


def first_reason(
    n_rows: int, reasons: Mapping[str, NDArray[np.bool_]]
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Give each row the first reason that holds for it.

    Parameters
    ----------
    n_rows
        Number of rows.
    reasons
        ``(n_rows,)`` mask by reason code, in order of precedence.

    Returns
    -------
    ndarray of bool
        Rows without any reason: they are used.
    ndarray of str
        The reason of each row; ``""`` where it is used.
    """
    reason = np.full(n_rows, "", object)
    for code, mask in reasons.items():
        reason[mask & (reason == "")] = code
    return reason == "", reason


def account_for(
    raw: RawTable, shown: str, reason: NDArray[np.object_], notes: tuple[str, ...] = ()
) -> tuple[InputRecord, pd.DataFrame]:
    """Account for every row of a file.

    Parameters
    ----------
    raw
        The file as read, with the rows that were damaged as rows.
    shown
        Its path as in the area file.
    reason
        ``(len(raw.frame),)`` reason of each row; ``""`` where it is used.
    notes
        Notes beside those of the file.

    Returns
    -------
    InputRecord
        Rows in, used and set aside by reason.
    DataFrame
        `corridors.domain.tables.SET_ASIDE`, by line.
    """
    aside = reason != ""
    lines = np.concatenate((raw.line[aside], raw.bad_rows["line"].to_numpy(np.int64)))
    codes = np.concatenate((reason[aside], raw.bad_rows["reason"].to_numpy(object)))
    order = np.argsort(lines, kind="stable")
    table = pd.DataFrame(
        {
            "file": pd.Series([shown] * len(lines), dtype="str"),
            "line": lines[order],
            "reason": pd.Series(codes[order], dtype="str"),
        }
    )
    counts = table["reason"].value_counts().sort_index()
    record = InputRecord(
        path=shown,
        sha256=raw.sha256,
        rows_in=raw.n_rows,
        used=int((~aside).sum()),
        set_aside={str(code): int(n) for code, n in counts.items()},
        notes=(*raw.notes, *notes),
    )
    return record, table
