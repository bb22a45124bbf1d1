"""Records of JSON as text columns: arrays, API answers and GeoJSON features."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corridors.errors import Problem, SourceError
from corridors.sources.tabular_text import decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_COLUMNS", "read_json_bytes"]

MAX_COLUMNS = 1_000
"""Records with more different keys than this are not a table."""

_MAX_DEPTH = 8
_LISTS = ("features", "results", "records", "data", "items")


def read_json_bytes(
    data: bytes, where: str, encoding: str | None
) -> tuple[pa.Table, NDArray[np.int64], list[tuple[NDArray[np.int64], str]], str, list[str]]:
    """Read records as text, numbers exactly as they are written.

    Parameters
    ----------
    data
        The file's bytes: an array of records, an object that holds one (under ``features``,
        ``results``, ``records``, ``data`` or ``items``), or one record a line.
    where
        How messages call the file.
    encoding
        Encoding; None to find out.

    Returns
    -------
    table, record numbers (from 1), bad rows by reason, encoding, notes

    Raises
    ------
    SourceError
        When the text is not JSON, or holds no list of records.
    """
    text, used_encoding, notes = decode(data, where, encoding)
    records = _records(text, where)
    flat: list[dict[str, str]] = []
    numbers: list[int] = []
    not_records: list[int] = []
    names: dict[str, None] = {}
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            not_records.append(number)
            continue
        cells: dict[str, str] = {}
        _flatten(_plain_feature(record), "", cells, 0)
        if not cells.keys() <= names.keys():
            names.update(dict.fromkeys(cells))
            if len(names) > MAX_COLUMNS:
                raise SourceError(
                    Problem(where, f"The records have over {MAX_COLUMNS} different keys.", _MEND)
                )
        flat.append(cells)
        numbers.append(number)
    columns = {name: pa.array([cells.get(name, "") for cells in flat]) for name in names}
    bad = [(np.asarray(not_records, np.int64), "not_a_record")]
    return pa.table(columns), np.asarray(numbers, np.int64), bad, used_encoding, notes


_MEND = "Give an array of records, such as the police.uk API returns."


def _records(text: str, where: str) -> list[Any]:
    if not text.strip():
        return []
    try:
        found = _parse(text)
    except RecursionError:
        raise SourceError(Problem(where, "The JSON is nested too deeply.", _MEND)) from None
    except ValueError as error:
        lines = _record_lines(text)
        if lines is not None:
            return lines
        line = getattr(error, "lineno", None)
        at = f" at line {line}" if line else ""
        raise SourceError(
            Problem(where, f"This is not JSON: it breaks{at}.", "Get or write the file again.")
        ) from None
    if isinstance(found, dict):
        for key in _LISTS:
            if isinstance(found.get(key), list):
                return list(found[key])
        return [found]
    if not isinstance(found, list):
        raise SourceError(Problem(where, "The JSON holds no records.", _MEND))
    return found


def _parse(text: str) -> Any:
    # Numbers stay text, so that an id of 30 digits or 51.5100 comes through as it was written.
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _record_lines(text: str) -> list[Any] | None:
    """Read one record a line; None where that is not what the text is."""
    try:
        return [_parse(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _plain_feature(record: dict[str, Any]) -> dict[str, Any]:
    """Turn a GeoJSON feature into a record with longitude and latitude."""
    properties = record.get("properties")
    if record.get("type") != "Feature" or not isinstance(properties, dict):
        return record
    plain = dict(properties)
    if record.get("id") is not None:
        plain.setdefault("id", record["id"])
    geometry = record.get("geometry")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        at = geometry.get("coordinates")
        if isinstance(at, list) and len(at) >= 2:
            plain.setdefault("longitude", at[0])
            plain.setdefault("latitude", at[1])
    return plain


def _flatten(value: dict[str, Any], prefix: str, cells: dict[str, str], depth: int) -> None:
    for key, item in value.items():
        name = _clean(prefix + key)
        if isinstance(item, str):
            cells[name] = _clean(item)
        elif item is None:
            cells[name] = ""
        elif isinstance(item, bool):
            cells[name] = "true" if item else "false"
        elif isinstance(item, dict) and depth < _MAX_DEPTH:
            _flatten(item, f"{prefix}{key}.", cells, depth + 1)
        elif isinstance(item, list) and all(isinstance(part, str) for part in item):
            cells[name] = ";".join(_clean(part) for part in item)
        # Anything deeper is no cell of a table.


def _clean(text: str) -> str:
    """Strip; half of a surrogate pair (an escape cut in two) has no UTF-8 and becomes a mark."""
    text = text.strip()
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
