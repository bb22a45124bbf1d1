"""Tables of text from csv, json and parquet, with the line of every row.

Every cell is text without surrounding blanks, and a missing cell is the empty text: what a cell
means (a time, a number) is for its reader to say. Rows that are damaged as rows (too few cells, a
quote that never closes) are set aside here, by line.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from corridors.errors import Problem, SourceError
from corridors.sources.tabular_csv import read_csv_bytes
from corridors.sources.tabular_json import read_json_bytes
from corridors.sources.tabular_parquet import read_parquet_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["MAX_FILE_BYTES", "RawTable", "file_sha256", "read_table"]

MAX_FILE_BYTES = 1 << 30
"""Files beyond this are refused: split them, by month for instance."""

_CSV_SUFFIXES = {".csv", ".tsv", ".txt"}
_JSON_SUFFIXES = {".json", ".geojson", ".jsonl", ".ndjson"}
_PARQUET_SUFFIXES = {".parquet", ".pq"}
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """One file as read: text, lines and what was set aside.

    Parameters
    ----------
    frame
        Text columns (``str``; missing is ``""``), named as in the file, index 0..n-1. Nested JSON
        gives dotted names, such as ``location.street.name``.
    line
        ``(n,)`` line of each row of the frame: of a csv the line where the row starts, the header
        being on line 1; of json and parquet the number of the record, from 1.
    encoding
        Encoding the text was read with; ``""`` for parquet.
    bad_rows
        Columns ``line`` and ``reason``: rows that are damaged as rows, in order.
    sha256
        Digest of the file's bytes.
    typed
        Parquet only: the columns that the file holds as numbers or timestamps, as pandas types,
        aligned with the frame. Their text is in the frame as well (timestamps as ISO 8601).
    notes
        What a reader should know, such as an encoding that was guessed.
    """

    frame: pd.DataFrame
    line: NDArray[np.int64]
    encoding: str
    bad_rows: pd.DataFrame
    sha256: str
    typed: Mapping[str, pd.Series] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Rows in the file: those of the frame and the bad ones."""
        return len(self.frame) + len(self.bad_rows)

    @property
    def is_blank(self) -> bool:
        """Tell whether the file holds nothing at all: no rows, no columns."""
        return self.n_rows == 0 and self.frame.shape[1] == 0


def read_table(path: Path, *, encoding: str | None = None, shown: str | None = None) -> RawTable:
    """Read a csv, json or parquet file as text.

    Parameters
    ----------
    path
        The file; its suffix tells the format.
    encoding
        Encoding of a csv or json file. By default UTF-8 or what a byte order mark says, else
        Windows-1252 with a note.
    shown
        How messages call the file; by default its name.

    Returns
    -------
    RawTable

    Raises
    ------
    SourceError
        When the file is missing, too large, of another format, or damaged as a whole.
    """
    where = shown or path.name
    data = _read_bytes(path, where)
    digest = hashlib.sha256(data).hexdigest()
    suffix = path.suffix.lower()
    _check_content(data, suffix, where)
    typed: dict[str, pd.Series] = {}
    if suffix in _PARQUET_SUFFIXES:
        table, typed, notes = read_parquet_bytes(data, where)
        used_encoding = ""
        line = np.arange(1, table.num_rows + 1)
        bad: list[tuple[NDArray[np.int64], str]] = []
    elif suffix in _JSON_SUFFIXES:
        table, line, bad, used_encoding, notes = read_json_bytes(data, where, encoding)
    else:
        table, line, bad, used_encoding, notes = read_csv_bytes(data, where, encoding)
    return RawTable(
        _as_frame(table, len(line)),
        line,
        used_encoding,
        _bad_frame(bad),
        digest,
        typed,
        tuple(notes),
    )


def file_sha256(path: Path) -> str:
    """Give the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _read_bytes(path: Path, where: str) -> bytes:
    try:
        if path.is_dir():
            raise SourceError(Problem(where, "This is a folder.", "Name a file in it."))
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            limit = f"{MAX_FILE_BYTES >> 20} MB"
            raise SourceError(
                Problem(
                    where,
                    f"The file holds {size >> 20} MB; at most {limit} are read.",
                    "Split it, by month for instance, and name the parts with a glob.",
                )
            )
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(
            Problem(where, "There is no such file.", "Check the path in the area file.")
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        raise SourceError(
            Problem(
                where, f"The file cannot be read: {reason}.", "Check the path and its permissions."
            )
        ) from None


def _check_content(data: bytes, suffix: str, where: str) -> None:
    """Refuse what the suffix cannot mean, in words that say what it is instead."""
    known = _CSV_SUFFIXES | _JSON_SUFFIXES | _PARQUET_SUFFIXES
    is_packed = data[:4] == b"PK\x03\x04" or data[:2] == b"\x1f\x8b"
    if suffix in {".xls", ".xlsx", ".xlsm", ".ods"} or (is_packed and suffix in known):
        mend = "Save the sheet as CSV (UTF-8), or unpack the archive."
        raise SourceError(Problem(where, "This is a workbook or an archive.", mend))
    if suffix not in known:
        raise SourceError(
            Problem(
                where,
                f"Files ending in {suffix or 'nothing'} are not read.",
                "Use .csv, .json or .parquet.",
            )
        )
    is_parquet = data[:4] == b"PAR1"
    if is_parquet and suffix not in _PARQUET_SUFFIXES:
        raise SourceError(Problem(where, "This is a Parquet file.", "Name it with .parquet."))


def _as_frame(table: pa.Table, n_rows: int) -> pd.DataFrame:
    dtype = pd.StringDtype("pyarrow", na_value=np.nan)
    if not table.column_names:
        return pd.DataFrame(index=pd.RangeIndex(n_rows))
    return table.to_pandas(types_mapper={pa.string(): dtype}.get)


def _bad_frame(bad: list[tuple[NDArray[np.int64], str]]) -> pd.DataFrame:
    parts = [pd.DataFrame({"line": lines, "reason": reason}) for lines, reason in bad if len(lines)]
    if not parts:
        return pd.DataFrame({"line": np.empty(0, np.int64), "reason": pd.Series([], dtype="str")})
    both = pd.concat(parts, ignore_index=True)
    return both.sort_values("line", kind="stable", ignore_index=True)
