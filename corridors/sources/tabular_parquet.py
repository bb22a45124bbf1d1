"""Parquet tables as text; timestamps and numbers are kept as types beside it."""

from __future__ import annotations

from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corridors.errors import Problem, SourceError

__all__ = ["MAX_ROWS", "read_parquet_bytes"]

MAX_ROWS = 50_000_000
"""Compression can hide any number of rows in a small file."""

_MAX_PLAIN_BYTES = 4 << 30
_ZEROS_OF_A_SECOND = r"\.0+([+-].*)?$"
_OFFSET = r"([+-]\d\d)(\d\d)$"


def read_parquet_bytes(data: bytes, where: str) -> tuple[pa.Table, dict[str, pd.Series], list[str]]:
    """Read Parquet as text columns, with the typed columns beside them.

    Parameters
    ----------
    data
        The file's bytes.
    where
        How messages call the file.

    Returns
    -------
    pyarrow.Table
        Text columns.
    dict of str to Series
        Columns of numbers and timestamps as pandas types.
    list of str
        Notes.

    Raises
    ------
    SourceError
        When the file is damaged or unpacks to too much.
    """
    try:
        file = pq.ParquetFile(BytesIO(data))
        metadata = file.metadata
        plain = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        if metadata.num_rows > MAX_ROWS or plain > _MAX_PLAIN_BYTES:
            raise SourceError(
                Problem(where, "The table is too large.", "Split it, by month for instance.")
            )
        table = file.read()
        while any(pa.types.is_struct(field.type) for field in table.schema):
            table = table.flatten()
        return _as_text(table)
    except (pa.ArrowException, OSError, ValueError):
        raise SourceError(
            Problem(where, "This Parquet file is damaged.", "Get or write the file again.")
        ) from None


def _as_text(table: pa.Table) -> tuple[pa.Table, dict[str, pd.Series], list[str]]:
    text: dict[str, pa.ChunkedArray] = {}
    typed: dict[str, pd.Series] = {}
    skipped = 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)  # noqa: PLW2901 -- the same column, unpacked
            kind = column.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_nested(kind):
            skipped += 1
            continue
        if pa.types.is_timestamp(kind):
            values = _timestamp_text(column)
        else:
            values = column.cast(pa.string())
        if pa.types.is_timestamp(kind) or pa.types.is_floating(kind) or pa.types.is_integer(kind):
            typed[name] = column.to_pandas().reset_index(drop=True)
        text[name] = pc.utf8_trim_whitespace(pc.fill_null(values, ""))
    notes = [f"{skipped} columns of geometry or lists were not read."] if skipped else []
    return pa.table(text), typed, notes


def _timestamp_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write ISO 8601: the wall clock of the file, with its offset where it has one."""
    if column.type.tz is None:
        text = pc.strftime(column, format="%Y-%m-%dT%H:%M:%S")
    else:
        text = pc.strftime(column, format="%Y-%m-%dT%H:%M:%S%z")
    text = pc.replace_substring_regex(text, pattern=_ZEROS_OF_A_SECOND, replacement=r"\1")
    return pc.replace_substring_regex(text, pattern=_OFFSET, replacement=r"\1:\2")
