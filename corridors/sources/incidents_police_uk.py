"""police.uk: the street files as published, and the records of its API.

Both tell the month only, and points snapped to anchors that stand for eight or more addresses.
In the street files ``Crime ID`` is the identifier, blank for anti-social behaviour. In the API it
is ``id``: ``persistent_id`` is blank for many rows and repeats for others, so it tells nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.vocabulary import PlacePrecision
from corridors.errors import Problem, SourceError
from corridors.sources.headers import find_column, missing_columns, require_columns
from corridors.sources.incidents_layout import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["lay_out_police_uk", "lay_out_police_uk_api"]

_STREET_COLUMNS = {
    "id": "Crime ID",
    "month": "Month",
    "first": "Longitude",
    "second": "Latitude",
    "category": "Crime type",
}
_API_COLUMNS = {"id": "id", "month": "month", "category": "category"}
_API_LONGITUDES = ("location.longitude", "longitude", "lon", "lng")
_API_LATITUDES = ("location.latitude", "latitude", "lat")


def lay_out_police_uk(frame: pd.DataFrame, where: str) -> Layout:
    """Find the columns of a street file.

    Parameters
    ----------
    frame
        Text columns as in the file.
    where
        How messages call the file.

    Raises
    ------
    SourceError
        When a column is missing.
    """
    if find_column(frame.columns, "Outcome type") and not find_column(frame.columns, "Crime type"):
        raise SourceError(
            Problem(
                where,
                "This is a file of outcomes, not of crimes.",
                "Narrow the path to *-street.csv.",
            )
        )
    return _layout(frame, require_columns(frame.columns, _STREET_COLUMNS, where))


def lay_out_police_uk_api(frame: pd.DataFrame, where: str) -> Layout:
    """Find the columns of API records, nested as they come or flattened.

    Parameters
    ----------
    frame
        Text columns; a nested place is called ``location.longitude``.
    where
        How messages call the file.

    Raises
    ------
    SourceError
        When a column is missing.
    """
    problems = missing_columns(frame.columns, _API_COLUMNS.values(), where)
    longitude = _first_found(frame, _API_LONGITUDES)
    latitude = _first_found(frame, _API_LATITUDES)
    if longitude is None:
        problems += missing_columns(frame.columns, ["longitude"], where)
    if latitude is None:
        problems += missing_columns(frame.columns, ["latitude"], where)
    if problems or longitude is None or latitude is None:
        raise SourceError(problems)
    found = require_columns(frame.columns, _API_COLUMNS, where)
    return _layout(frame, {**found, "first": longitude, "second": latitude})


def _first_found(frame: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    found = (find_column(frame.columns, name) for name in names)
    return next((name for name in found if name is not None), None)


def _layout(frame: pd.DataFrame, columns: Mapping[str, str]) -> Layout:
    return Layout(
        id=frame[columns["id"]],
        start=(frame[columns["month"]],),
        end=(),
        category=frame[columns["category"]],
        origin=None,
        first=frame[columns["first"]],
        second=frame[columns["second"]],
        is_degrees=True,
        names=(columns["first"], columns["second"]),
        place_precision=PlacePrecision.SNAPPED,
    )
