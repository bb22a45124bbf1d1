"""The log as a table for spreadsheets, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from api.audits.words import Actors
from api.store.records import AuditEntry

__all__ = ["head_line", "plain_cell", "table_of"]

_COLUMNS = (
    *("entry_id", "at_utc", "who", "actor", "action", "subject"),
    *("reason", "details", "entry_hash"),
)
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain_cell(text: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula.

    What begins with one of the signs that formulas begin with, blanks before it or not, gets an
    apostrophe in front.
    """
    is_formula = text.startswith(_STARTS) or text.lstrip().startswith(_STARTS)
    return f"'{text}" if is_formula else text


def head_line() -> str:
    """Write the line that names the columns."""
    return ",".join(_COLUMNS) + "\r\n"


def table_of(entries: Iterable[AuditEntry], actors: Actors) -> str:
    """Write entries as CSV, RFC 4180.

    Parameters
    ----------
    entries
        In the order of the rows.
    actors
        Who they are.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    for one in entries:
        cells = (
            str(one.entry_id),
            one.at.isoformat(timespec="seconds"),
            actors.name(one.actor),
            one.actor,
            one.action,
            one.subject,
            one.reason,
            one.details,
            one.entry_hash,
        )
        writer.writerow([plain_cell(cell) for cell in cells])
    return out.getvalue()
