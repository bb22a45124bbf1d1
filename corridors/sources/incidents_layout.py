"""The columns that every incident source comes down to, whatever they are called in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from corridors.domain.vocabulary import PlacePrecision

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Text columns of one file, by what they mean. All have the file's rows.

    Parameters
    ----------
    id
        Identifiers; None where the file has none.
    start, end
        When it began and ended: one column, or date and time; empty where not told.
    category
        The file's own words; None where it has none.
    origin
        The file's own words for who brought it to light; None where it has none.
    first, second
        Easting and northing, or longitude and latitude.
    is_degrees
        Which of the two.
    names
        How the file calls ``first`` and ``second``, for messages.
    place_precision
        How closely this kind of source tells the place.
    """

    id: pd.Series | None
    start: tuple[pd.Series, ...]
    end: tuple[pd.Series, ...]
    category: pd.Series | None
    origin: pd.Series | None
    first: pd.Series
    second: pd.Series
    is_degrees: bool
    names: tuple[str, str]
    place_precision: PlacePrecision
