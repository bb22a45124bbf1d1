"""Any table of incidents, with the columns that the area file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.vocabulary import PlacePrecision
from corridors.errors import Problem, SourceError
from corridors.sources.headers import find_column, missing_columns
from corridors.sources.incidents_layout import Layout

if TYPE_CHECKING:
    import pandas as pd

    from corridors.domain.area import IncidentsInput

__all__ = ["MAPPING_KEYS", "lay_out_mapped"]

MAPPING_KEYS = (
    "id",
    "from",
    "to",
    "category",
    "origin",
    "easting",
    "northing",
    "longitude",
    "latitude",
)


def lay_out_mapped(frame: pd.DataFrame, spec: IncidentsInput, where: str) -> Layout:
    """Find the columns that a mapping names.

    Parameters
    ----------
    frame
        Text columns as in the file.
    spec
        The input with its mapping. ``from`` and ``to`` may each be one column, or those of the
        date and the time.
    where
        How messages call the file.

    Raises
    ------
    SourceError
        When the mapping lacks time or place, or names a column that the file does not have.
    """
    names = {key: _names(spec, key) for key in MAPPING_KEYS}
    problems = _check_mapping(names, where)
    wanted = [name for group in names.values() for name in group]
    problems += missing_columns(
        frame.columns, dict.fromkeys(wanted), where, setting="incidents.mapping"
    )
    if problems:
        raise SourceError(problems)

    def columns(key: str) -> tuple[pd.Series, ...]:
        return tuple(frame[find_column(frame.columns, name) or name] for name in names[key])

    def column(key: str) -> pd.Series | None:
        found = columns(key)
        return found[0] if found else None

    is_degrees = not names["easting"]
    pair = ("longitude", "latitude") if is_degrees else ("easting", "northing")
    return Layout(
        id=column("id"),
        start=columns("from"),
        end=columns("to"),
        category=column("category"),
        origin=column("origin"),
        first=columns(pair[0])[0],
        second=columns(pair[1])[0],
        is_degrees=is_degrees,
        names=(names[pair[0]][0], names[pair[1]][0]),
        place_precision=PlacePrecision.EXACT,
    )


def _names(spec: IncidentsInput, key: str) -> tuple[str, ...]:
    value = spec.mapping.get(key, ())
    return (value,) if isinstance(value, str) else tuple(value)


def _check_mapping(names: dict[str, tuple[str, ...]], where: str) -> list[Problem]:
    problems = []
    if not names["from"] and not names["to"]:
        problems.append(
            Problem(
                where,
                "The mapping names no column of time.",
                "Name it under incidents.mapping as from (and to).",
            )
        )
    has_metres = names["easting"] and names["northing"]
    has_degrees = names["longitude"] and names["latitude"]
    if not has_metres and not has_degrees:
        problems.append(
            Problem(
                where,
                "The mapping names no columns of the place.",
                "Name easting and northing, or longitude and latitude, under incidents.mapping.",
            )
        )
    return problems
