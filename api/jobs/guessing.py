"""Guess what the columns of an unknown export are: by name, and by what parses. Honest: a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pandas as pd

__all__ = ["guess_columns", "guess_format"]

_SAMPLE = 500
_MOSTLY = 0.8
_NOT_WORDS = re.compile(r"[^a-z0-9]+")

# names as they were seen in forces' exports and open data; the first that fits is taken
_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": (
        *("crime number", "crime no", "crime ref", "crime id", "incident number", "incident no"),
        *("incident id", "urn", "reference", "record id", "case number", "id", "ref"),
    ),
    "from": (
        *("committed from date", "date from", "from date", "occurred from", "start date"),
        *("earliest date", "offence start", "incident datetime", "committed on", "occurred on"),
        *("date time", "datetime", "occurred", "from", "start", "date"),
    ),
    "from time": (
        *("committed from time", "time from", "from time", "occurred from time", "start time"),
        *("earliest time", "incident time", "time"),
    ),
    "to": (
        *("committed to date", "date to", "to date", "occurred to", "end date", "latest date"),
        *("offence end", "to", "end"),
    ),
    "to time": (
        *("committed to time", "time to", "to time", "occurred to time", "end time"),
        *("latest time",),
    ),
    "category": (
        *("recorded as", "offence type", "offence category", "offence", "crime type"),
        *("offence description", "crime category", "incident category", "incident type"),
        *("category", "type"),
    ),
    "origin": ("how reported", "method of report", "reported by", "origin", "source of report"),
    "easting": ("easting", "eastings", "x", "grid x", "os x", "bng easting", "x coord"),
    "northing": ("northing", "northings", "y", "grid y", "os y", "bng northing", "y coord"),
    "longitude": ("longitude", "long", "lon", "lng"),
    "latitude": ("latitude", "lat"),
}
_POLICE_UK = ("month", "longitude", "latitude", "crime type", "lsoa code")


def guess_format(columns: list[str]) -> str:
    """Guess the format: ``police-uk`` where its columns are all there, else ``mapped``."""
    plain = {_plain(one) for one in columns}
    return "police-uk" if plain.issuperset(_POLICE_UK) else "mapped"


def guess_columns(frame: pd.DataFrame) -> dict[str, str | list[str]]:
    """Guess which column is which of ours.

    Parameters
    ----------
    frame
        Text columns, as `corridors.sources.tabular.read_table` gives them.

    Returns
    -------
    dict
        Our key to their column; two columns where date and time are apart. What nothing fits is
        left out.
    """
    sample = frame.head(_SAMPLE)
    found: dict[str, str] = {}
    for key, names in _NAMES.items():
        column = _named(sample, names, _PARSES.get(key), set(found.values()))
        if column is not None:
            found[key] = column
    return _together(found)


def _together(found: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Put dates and times together, and keep one pair of coordinates."""
    guessed: dict[str, str | list[str]] = {
        key: column for key, column in found.items() if not key.endswith(" time")
    }
    for key in ("from", "to"):
        time = found.get(f"{key} time")
        if key in found and time is not None:
            guessed[key] = [found[key], time]
    pairs = (("easting", "northing"), ("longitude", "latitude"))
    whole = [pair for pair in pairs if all(key in guessed for key in pair)]
    for pair in pairs:
        if not whole or pair != whole[0]:
            for key in pair:
                guessed.pop(key, None)
    return guessed


def _named(
    sample: pd.DataFrame,
    names: tuple[str, ...],
    parses: Callable[[pd.Series], float] | None,
    taken: set[str],
) -> str | None:
    plain = {column: _plain(column) for column in sample.columns if column not in taken}
    exact = [column for name in names for column, one in plain.items() if one == name]
    within = [
        column
        for name in names
        if len(name) > 3
        for column, one in plain.items()
        if f" {name} " in f" {one} "
    ]
    for column in dict.fromkeys([*exact, *within]):
        cells = sample[column][sample[column] != ""]
        if parses is None or cells.empty or parses(cells) >= _MOSTLY:
            return str(column)
    return None


def _plain(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return _NOT_WORDS.sub(" ", spaced.lower()).strip()


def _share_of(pattern: str) -> Callable[[pd.Series], float]:
    def share(cells: pd.Series) -> float:
        return float(cells.str.fullmatch(pattern).mean())

    return share


def _between(low: float, high: float) -> Callable[[pd.Series], float]:
    def share(cells: pd.Series) -> float:
        numbers = pd.to_numeric(cells, errors="coerce")
        return float(numbers.between(low, high).mean())

    return share


_DATE = r"\s*(\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|\d{8}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}).*"
_TIME = r"\s*\d{1,2}[:.]?\d{2}([:.]\d{2})?(\s*[AaPp][Mm])?\s*"
_PARSES: Mapping[str, Callable[[pd.Series], float]] = {
    "from": _share_of(_DATE),
    "to": _share_of(_DATE),
    "from time": _share_of(_TIME),
    "to time": _share_of(_TIME),
    "easting": _between(1_000, 10_000_000),
    "northing": _between(1_000, 10_000_000),
    "longitude": _between(-180, 180),
    "latitude": _between(-90, 90),
}
