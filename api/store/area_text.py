"""Change an area file as text: what a person wrote, comments too, stays as far as it can."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import tomli_w

from api.store.work_records import InputKind
from corridors.errors import BadInput, Problem

__all__ = [
    "incident_paths",
    "is_inside",
    "matches",
    "named_files",
    "parse_document",
    "toml_value",
    "with_incidents",
    "with_table",
    "without_nulls",
]

_TABLES = {
    "streets": InputKind.STREETS,
    "schools": InputKind.SCHOOLS,
    "roster": InputKind.ROSTER,
    "coverage": InputKind.OTHER,
    "severity": InputKind.OTHER,
}
_REFERENCE = ("aims", "roles", "protocol")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_document(text: str) -> dict[str, Any]:
    """Read an area file's text.

    Raises
    ------
    BadInput
        When it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            Problem("area file", "This is not TOML.", "Check it with: corridors check AREA.toml.")
        ) from error


def named_files(document: Mapping[str, Any]) -> list[tuple[str, str, InputKind]]:
    """List the files that an area file names: the key, the path or glob, and what it holds."""
    found: list[tuple[str, object, InputKind]] = []
    for key, kind in _TABLES.items():
        found.append((f"{key}.path", _get(document.get(key), "path"), kind))
    for key, kind in (("incidents", InputKind.INCIDENTS), ("destinations", InputKind.OTHER)):
        entries = document.get(key)
        for n, entry in enumerate(_as_list(entries), start=1):
            found.append((f"{key}[{n}].path", _get(entry, "path"), kind))
    found.append(
        ("calendar.bank_holidays", _get(document.get("calendar"), "bank_holidays"), InputKind.OTHER)
    )
    reference = document.get("reference")
    found += [(f"reference.{key}", _get(reference, key), InputKind.OTHER) for key in _REFERENCE]
    return [(where, path, kind) for where, path, kind in found if isinstance(path, str)]


def incident_paths(document: Mapping[str, Any]) -> list[str]:
    """List the paths of all ``[[incidents]]``."""
    return [path for _, path, kind in named_files(document) if kind == InputKind.INCIDENTS]


def matches(path: str, written: str) -> bool:
    """Tell whether a file is meant by a path or glob of the area file."""
    return path == written or fnmatchcase(path, written)


def with_incidents(text: str, entry: Mapping[str, Any], replaces: str | None) -> str:
    """Add an ``[[incidents]]`` entry, or put it in the place of the one with a path.

    Parameters
    ----------
    text
        The area file.
    entry
        The whole entry, with its path.
    replaces
        Path of the entry that it takes the place of; None adds it.

    Raises
    ------
    BadInput
        When there is no entry with that path.
    """
    document = parse_document(text)
    entries = _as_list(document.get("incidents"))
    block = tomli_w.dumps({"incidents": [dict(entry)]}, multiline_strings=False)
    if "[[incidents]]" not in block:  # short ones are written in one line
        block = _as_block("[[incidents]]", "incidents", entry)
    if replaces is None:
        wanted = document | {"incidents": [*entries, dict(entry)]}
        return _verified(f"{text.rstrip()}\n\n{block}", wanted)
    places = [n for n, one in enumerate(entries) if _get(one, "path") == replaces]
    if not places:
        raise BadInput(
            Problem("use.replaces", "The area names no incidents by this path.", "Choose another.")
        )
    changed = [dict(entry) if n == places[0] else one for n, one in enumerate(entries)]
    spans = _spans(text, "[[incidents]]", "incidents")
    if len(spans) == len(entries):
        start, end = spans[places[0]]
        text = f"{text[:start]}{block}\n{text[end:]}"
    return _verified(text, document | {"incidents": changed})


def with_table(text: str, key: str, table: Mapping[str, Any]) -> str:
    """Put a table such as ``[roster]`` in the place of the one that is there."""
    document = parse_document(text)
    block = _as_block(f"[{key}]", key, table)
    spans = _spans(text, f"[{key}]", key)
    if len(spans) == 1:
        start, end = spans[0]
        text = f"{text[:start]}{block}\n{text[end:]}"
    elif key not in document:
        text = f"{text.rstrip()}\n\n{block}"
    return _verified(text, document | {key: dict(table)})


def toml_value(value: Any) -> Any:
    """Turn JSON into what an area file holds: texts that are days become days, null is left out."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return {key: toml_value(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [toml_value(one) for one in value if one is not None]
    return value


def without_nulls(value: Any) -> Any:
    """Leave nulls out, which TOML does not know."""
    if isinstance(value, Mapping):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(one) for one in value if one is not None]
    return value


def is_inside(written: str) -> bool:
    """Tell whether a path stays in the area's own folder."""
    path = PurePosixPath(written)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in written


def _as_block(header: str, key: str, table: Mapping[str, Any]) -> str:
    """Write a table under its header, its own tables under theirs."""
    plain = {name: value for name, value in table.items() if not isinstance(value, Mapping)}
    inner = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    text = f"{header}\n{tomli_w.dumps(plain)}"
    for name, value in inner.items():
        text += f"\n[{key}.{name}]\n{tomli_w.dumps(dict(value))}"
    return text


def _spans(text: str, header: str, key: str) -> list[tuple[int, int]]:
    """Find where tables of a name stand: from the header to the next one that is not theirs."""
    heads = [(one.start(), one[0].strip()) for one in re.finditer(r"(?m)^[ \t]*\[.*$", text)]
    spans = []
    for n, (start, line) in enumerate(heads):
        if re.sub(r"\s*#.*$", "", line) != header:
            continue
        following = (place for place, other in heads[n + 1 :] if not other.startswith(f"[{key}."))
        spans.append((start, next(following, len(text))))
    return spans


def _verified(text: str, wanted: dict[str, Any]) -> str:
    """Give the text where it says what is wanted; else write it anew, without its comments."""
    try:
        is_right = tomllib.loads(text) == wanted
    except ValueError:
        is_right = False
    return text if is_right else tomli_w.dumps(wanted)


def _get(table: object, key: str) -> Any:
    return table.get(key) if isinstance(table, Mapping) else None


def _as_list(value: object) -> list[Any]:
    if isinstance(value, Mapping):
        return [value]
    return list(value) if isinstance(value, list) else []
