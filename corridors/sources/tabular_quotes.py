"""Records of a delimited text whose quotes are damaged: mend by line, lose as few as possible."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_RECORD_LINES", "QuotedRecords", "find_damaged"]

MAX_RECORD_LINES = 20
"""A quoted cell that goes on for longer is taken for a quote that was never meant to open."""


@dataclass(frozen=True, slots=True, eq=False)
class QuotedRecords:
    """What the lines of a damaged text are.

    Parameters
    ----------
    ends_record
        ``(n_lines,)`` whether the line is the last of its record.
    damaged
        ``(n_lines,)`` whether the line is a record that cannot be read.
    spans
        ``(n, 2)`` first byte and byte past the last of each quoted cell, in order.
    """

    ends_record: NDArray[np.bool_]
    damaged: NDArray[np.bool_]
    spans: NDArray[np.int64]

    def outside(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keep the places that no quoted cell covers."""
        if len(self.spans) == 0:
            return at
        nearest = np.searchsorted(self.spans[:, 0], at, side="right") - 1
        covered = (nearest >= 0) & (at < self.spans[np.maximum(nearest, 0), 1])
        return at[~covered]


def find_damaged(
    plain: bytes, line_start: NDArray[np.int64], line_end: NDArray[np.int64], delimiter: str
) -> QuotedRecords:
    """Tell records apart, line by line.

    A line whose quotes fit is a record. One that ends inside a quote takes the following lines
    with it if the quote then closes as it should, and is damaged by itself if not: the lines after
    it are read as if it were not there. A quote in the middle of a cell that did not begin with
    one, such as 5" for inches, is a character.

    Parameters
    ----------
    plain
        The text, lines ended by a line feed.
    line_start, line_end
        ``(n_lines,)`` first byte of each line, and its line feed.
    delimiter
        One character.

    Returns
    -------
    QuotedRecords
    """
    mark = re.escape(delimiter.encode())
    quoted = rb'"[^"]*(?:""[^"]*)*"'
    record = re.compile(
        rb"(?:%b|[^\"%b\n][^%b\n]*|)(?:%b(?:%b|[^\"%b\n][^%b\n]*|))*\n"
        % (quoted, mark, mark, mark, quoted, mark, mark)
    )
    cell = re.compile(rb"(?:^|(?<=%b)|(?<=\n))%b(?=%b|\n)" % (mark, quoted, mark))
    n_lines = len(line_start)
    ends_record = np.ones(n_lines, bool)
    damaged = np.zeros(n_lines, bool)
    spans: list[tuple[int, int]] = []
    starts, ends = line_start.tolist(), line_end.tolist()
    line = 0
    while line < n_lines:
        start, end = starts[line], ends[line]
        if plain.find(b'"', start, end) < 0:
            line += 1
            continue
        limit = ends[min(line + MAX_RECORD_LINES, n_lines) - 1] + 1
        found = record.match(plain, start, limit)
        if found is None:
            damaged[line] = True
            line += 1
            continue
        spans.extend(match.span() for match in cell.finditer(plain, start, found.end()))
        last = line + plain.count(b"\n", start, found.end()) - 1
        ends_record[line:last] = False
        line = last + 1
    return QuotedRecords(ends_record, damaged, np.array(spans, np.int64).reshape(-1, 2))
