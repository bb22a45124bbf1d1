"""Delimited text as text columns, exact about lines.

Line ends, delimiters and quotes are located as arrays over the bytes. Where every quote stands
where a quote may stand, that alone gives the records; else `corridors.sources.tabular_quotes`
mends line by line. Rows without the right number of cells are taken out of the bytes, and what is
left is parsed by Arrow, which then cannot stumble.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from corridors.errors import Problem, SourceError
from corridors.sources.tabular_quotes import MAX_RECORD_LINES, find_damaged
from corridors.sources.tabular_text import decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DELIMITERS", "MAX_CELL_CHARS", "MAX_COLUMNS", "read_csv_bytes"]

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 1_000
MAX_CELL_CHARS = 1 << 20
"""A row longer than this holds a quote that never closes, or is no row of a table."""

_NEWLINE, _QUOTE = ord("\n"), ord('"')
_BLOCK_BYTES = 1 << 23

Bad = list[tuple["NDArray[np.int64]", str]]


class _Records(NamedTuple):
    """Where each record lies in the bytes: from start to end (its line end not included)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    line: NDArray[np.int64]
    n_delimiters: NDArray[np.int64]
    damaged: NDArray[np.bool_]

    def take(self, which: slice | NDArray[np.bool_]) -> _Records:
        """Give some of the records."""
        return _Records(
            self.start[which],
            self.end[which],
            self.line[which],
            self.n_delimiters[which],
            self.damaged[which],
        )


def read_csv_bytes(
    data: bytes, where: str, encoding: str | None
) -> tuple[pa.Table, NDArray[np.int64], Bad, str, list[str]]:
    """Read delimited text.

    Parameters
    ----------
    data
        The file's bytes.
    where
        How messages call the file.
    encoding
        Encoding; None to find out.

    Returns
    -------
    table, lines, bad rows by reason, encoding, notes
        Reasons: ``ragged_row`` (another number of cells than the header), ``damaged_quoting``,
        ``nul_byte``. Blank lines are no rows. Empty cells past the header's are dropped.

    Raises
    ------
    SourceError
        When the file has no header that can be read.
    """
    text, used_encoding, notes = decode(data, where, encoding)
    del data
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    plain, first_line, declared = _skip_preamble(plain)
    if plain and not plain.strip(b"\n \x00") and b"\x00" in plain:
        raise SourceError(Problem(where, "The file holds nothing but zero bytes.", _MEND))
    if not plain.strip(b"\n \t,;|"):
        return pa.table({}), np.empty(0, np.int64), [], used_encoding, notes
    delimiter = declared or _sniff(plain)
    records = _locate(plain, delimiter, first_line)
    names, renamed = _header(plain, records, delimiter, where)
    if renamed:
        notes.append(f"{where}: {renamed} columns without a name of their own were given one.")
    rows = records.take(slice(1, None))
    rows = _trim_empty_cells(plain, rows, delimiter, len(names))
    reason = _judge(plain, rows, len(names))
    good = reason == 0
    table = _parse(plain, rows, good, names, delimiter)
    if table.num_rows != int(good.sum()):  # pragma: no cover -- a broken promise of ours
        raise SourceError(Problem(where, "The rows of this table cannot be told apart.", _MEND))
    bad = [(rows.line[reason == code], name) for code, name in _REASONS.items()]
    return table, rows.line[good], bad, used_encoding, notes


_REASONS = {1: "ragged_row", 2: "damaged_quoting", 3: "nul_byte"}
_MEND = "Save the table again as CSV (UTF-8) with a header on its first line."


def _skip_preamble(plain: bytes) -> tuple[bytes, int, str | None]:
    """Skip blank lines, and the line ``sep=;`` by which spreadsheets name the delimiter."""
    line = 1
    while plain.startswith(b"\n"):
        plain, line = plain[1:], line + 1
    first, _, rest = plain[:64].partition(b"\n")
    if first.lower().startswith(b"sep=") and len(first) == 5 and rest:
        return plain[len(first) + 1 :], line + 1, chr(first[4])
    return plain, line, None


def _sniff(plain: bytes) -> str:
    """Choose the delimiter that the header has most of, outside quotes."""
    header = plain[: plain.find(b"\n") + 1] or plain
    outside = b"".join(header.split(b'"')[::2])
    counts = [outside.count(mark.encode()) for mark in DELIMITERS]
    return DELIMITERS[int(np.argmax(counts))]


def _locate(plain: bytes, delimiter: str, first_line: int) -> _Records:
    """Find the records: by the parity of quotes, or by mending where quotes are damaged."""
    if not plain.endswith(b"\n"):
        plain += b"\n"
    octets = np.frombuffer(plain, np.uint8)
    newlines = np.flatnonzero(octets == _NEWLINE)
    delimiters = np.flatnonzero(octets == ord(delimiter))
    quotes = np.flatnonzero(octets == _QUOTE)
    line_start = np.concatenate(([0], newlines[:-1] + 1))
    ends = newlines
    damaged_lines = np.zeros(len(newlines), bool)
    if len(quotes):
        closed = np.searchsorted(quotes, newlines) % 2 == 0
        if _quotes_fit(octets, quotes, ord(delimiter)) and _longest(closed) <= MAX_RECORD_LINES:
            ends = newlines[closed]
            delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
        else:
            found = find_damaged(plain, line_start, newlines, delimiter)
            ends, damaged_lines = newlines[found.ends_record], found.damaged
            delimiters = found.outside(delimiters)
    starts = np.concatenate(([0], ends[:-1] + 1))
    line = np.searchsorted(line_start, starts)
    n_delimiters = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts)
    keep = ends > starts
    records = _Records(starts, ends, line + first_line, n_delimiters, damaged_lines[line])
    return records.take(keep)


def _longest(ends_record: NDArray[np.bool_]) -> int:
    """Give the number of lines of the longest record."""
    return int(np.diff(np.flatnonzero(ends_record), prepend=-1).max(initial=1))


def _quotes_fit(octets: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: int) -> bool:
    """Tell whether every quote opens, closes or doubles where the format allows it."""
    if len(quotes) % 2:
        return False
    before = np.where(quotes > 0, octets[quotes - 1], _NEWLINE)
    after = octets[np.minimum(quotes + 1, len(octets) - 1)]
    allowed = np.zeros(256, bool)
    allowed[[delimiter, _NEWLINE, _QUOTE]] = True
    # A quote that opens right behind one that closes is a doubled quote inside the cell.
    return bool(allowed[before[0::2]].all() and allowed[after[1::2]].all())


def _header(plain: bytes, records: _Records, delimiter: str, where: str) -> tuple[list[str], int]:
    if records.damaged[0]:
        raise SourceError(Problem(where, "The quotes of the header do not close.", _MEND))
    first = plain[records.start[0] : records.end[0]].decode("utf-8")
    try:
        cells = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        raise SourceError(Problem(where, "The header cannot be read.", _MEND)) from None
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise SourceError(Problem(where, f"The header has over {MAX_COLUMNS} columns.", _MEND))
    names: list[str] = []
    renamed = 0
    seen: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.replace("\x00", "").split()) or f"column {number}"
        if name in seen or not cell.strip():
            renamed += 1
        while name in seen:
            name += " (again)"
        seen.add(name)
        names.append(name)
    return names, renamed


def _trim_empty_cells(plain: bytes, rows: _Records, delimiter: str, n_columns: int) -> _Records:
    """Drop empty cells past the header's, which spreadsheets like to add."""
    octets = np.frombuffer(plain, np.uint8)
    end, count = rows.end.copy(), rows.n_delimiters.copy()
    if len(end) == 0:
        return rows
    while True:
        spare = (count >= n_columns) & (end > rows.start) & (octets[end - 1] == ord(delimiter))
        if not spare.any():
            return rows._replace(end=end, n_delimiters=count)
        end[spare] -= 1
        count[spare] -= 1


def _judge(plain: bytes, rows: _Records, n_columns: int) -> NDArray[np.int8]:
    """Give each row the code of what is wrong with it; 0 is a good row."""
    octets = np.frombuffer(plain, np.uint8)
    reason = np.zeros(len(rows.start), np.int8)
    reason[rows.n_delimiters != n_columns - 1] = 1
    reason[rows.damaged | (rows.end - rows.start > MAX_CELL_CHARS)] = 2
    zeros = np.flatnonzero(octets == 0)
    reason[np.searchsorted(zeros, rows.end) > np.searchsorted(zeros, rows.start)] = 3
    return reason


def _parse(
    plain: bytes, rows: _Records, good: NDArray[np.bool_], names: list[str], delimiter: str
) -> pa.Table:
    """Parse the good rows with Arrow."""
    start, end = rows.start[good], rows.end[good]
    if len(start) == 0:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    octets = np.frombuffer(plain, np.uint8)
    edges = np.zeros(len(octets) + 2, np.int8)
    # Each row keeps one byte past its end, which is set to a line end.
    edges[start] += 1
    edges[end + 1] -= 1
    kept = np.concatenate((octets, [np.uint8(_NEWLINE)]))
    kept[end] = _NEWLINE
    buffer = kept[np.cumsum(edges[: len(kept)], dtype=np.int8).astype(bool)]
    keys = [str(number) for number in range(len(names))]
    table = arrow_csv.read_csv(
        pa.py_buffer(buffer),
        read_options=arrow_csv.ReadOptions(column_names=keys, block_size=_BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=bool((octets == _QUOTE).any())
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False
        ),
    )
    columns = [pc.utf8_trim_whitespace(column) for column in table.columns]
    return pa.table(dict(zip(names, columns, strict=True)))
