"""Cut columns of dates and times into their numbers, once for each shape of text.

The shape of ``05/10/2018 14:30`` is ``99/99/9999 99:99``. A column has few shapes: each is
matched once, and the digits of all rows of that shape are then read together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["cut_shapes"]

_WIDTH = 48
"""No date and time is longer: what is longer fits no shape."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_DATE = rf"""
  (?P<y_iso>\d{{4}})[-/.](?P<m_iso>\d{{1,2}})(?:[-/.](?P<d_iso>\d{{1,2}}))?
| (?P<y_run>\d{{4}})(?P<m_run>\d{{2}})(?P<d_run>\d{{2}})
| (?P<first>\d{{1,2}})[-/.](?P<second>\d{{1,2}})[-/.](?P<y_end>\d{{4}}|\d{{2}})
| (?P<d_word>\d{{1,2}})[-/.\s]?(?P<m_word>{"|".join(_MONTHS)})[-/.,\s]*(?P<y_word>\d{{4}}|\d{{2}})
"""
_TIME = r"""
  (?P<hour>\d{1,2})[:.]?(?P<minute>\d{2})(?:[:.]?(?P<sec>\d{2})(?:[.,]\d{1,9})?)?
  (?:\s*(?P<half>[ap])\.?m\.?)?
  (?:\s*(?:z|utc|gmt|(?P<sign>[+-])(?P<off_h>\d{2})(?::?(?P<off_min>\d{2}))?)(?P<offset>))?
"""
_MOMENT = re.compile(
    rf"(?:{_DATE})(?:(?:t|[\s,]+)(?:{_TIME}))?|(?P<serial>\d{{5}})(?:\.(?P<fraction>\d{{1,15}}))?",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_LETTERS = {"m_word", "half", "sign", "offset"}
_NUMBERS = tuple(name for name in _MOMENT.groupindex if name not in _LETTERS)
_ZERO, _NINE = ord("0"), ord("9")


def cut_shapes(text: pd.Series) -> Mapping[str, NDArray[np.int64]]:
    """Cut each cell into its numbers.

    Parameters
    ----------
    text
        ``(n,)`` cells, stripped.

    Returns
    -------
    Mapping of str to array
        Arrays of n numbers, -1 where the cell has none: years, months, days and so on by the form
        they are written in; ``m_word`` the number of a month's name; ``half`` 0 for am and 1 for
        pm; ``offset`` 0 where one is given, with ``sign`` 1 or 0 (behind UTC) where it is in
        digits; ``fraction`` of a day in 10**-15; ``matched`` 0 where the cell has a shape of a
        date at all.
    """
    fields = {
        name: np.full(len(text), -1, np.int64) for name in (*_NUMBERS, *sorted(_LETTERS), "matched")
    }
    if text.empty:
        return fields
    points, shapes = _shapes(text)
    codes, distinct = pd.factorize(shapes)
    order = np.argsort(codes, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(distinct)))])
    for number, shape in enumerate(distinct):
        found = _MOMENT.fullmatch(shape)
        if found is None:
            continue
        rows = order[bounds[number] : bounds[number + 1]]
        fields["matched"][rows] = 0
        for name in _NUMBERS:
            first, last = found.span(name)
            if first >= 0:
                fields[name][rows] = _read_digits(points[rows, first:last])
        if found["fraction"]:
            fields["fraction"][rows] *= 10 ** (15 - len(found["fraction"]))
        _read_letters(found, fields, rows)
    return fields


def _shapes(text: pd.Series) -> tuple[NDArray[np.uint32], NDArray[np.object_]]:
    """Give the code points of each cell, and its text with every digit turned to a 9."""
    wide = text.str.slice(0, _WIDTH + 1).to_numpy(object).astype(f"U{_WIDTH + 1}")
    points = wide.view(np.uint32).reshape(len(wide), _WIDTH + 1)
    is_digit = (points >= _ZERO) & (points <= _NINE)
    shapes = np.where(is_digit, np.uint32(_NINE), points).astype(np.uint32)
    return points, shapes.view(f"U{_WIDTH + 1}").reshape(len(wide)).astype(object)


def _read_digits(points: NDArray[np.uint32]) -> NDArray[np.int64]:
    powers = 10 ** np.arange(points.shape[1] - 1, -1, -1, dtype=np.int64)
    return (points.astype(np.int64) - _ZERO) @ powers


def _read_letters(
    found: re.Match[str], fields: dict[str, NDArray[np.int64]], rows: NDArray[np.intp]
) -> None:
    """Read what is the same in all rows of a shape: month names, am and pm, the offset's sign."""
    if found["m_word"]:
        fields["m_word"][rows] = _MONTHS[found["m_word"].lower()]
    if found["half"]:
        fields["half"][rows] = found["half"] in "pP"
    if found["sign"]:
        fields["sign"][rows] = found["sign"] == "+"
    if found["offset"] is not None:
        fields["offset"][rows] = 0
