"""The last look before something leaves: it raises rather than let a forbidden value pass."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from corridors.domain import released as types
from corridors.domain.released import ReleasedPlan
from corridors.domain.vocabulary import Basis, Grade, Outcome, PolicePresence
from corridors.errors import ReleaseError
from corridors.outputs.release_words import (
    BAND_LABELS,
    DRAFT_REASONS,
    NOTES,
    PUBLIC_SENTENCES,
    WITHHELD,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_released"]

_RELEASED_TYPES = tuple(
    value for name in types.__all__ if isinstance(value := getattr(types, name), type)
)
_PLAIN_TYPES = (str, int, float, bool, date, datetime, BaseGeometry, type(None))


def check_released(released: ReleasedPlan) -> None:
    """Raise `ReleaseError` when a released plan holds anything that must not leave.

    Checked: every value is of a released type; sentences about results, notes and drafts come
    from the fixed tables; grades, outcomes, bands and police presence from closed lists; bands
    only in month-only areas, at most three; coordinates finite, in WGS84, five decimals; patrols
    in whole minutes, inside the week, on a released corridor.
    """
    if type(released) is not ReleasedPlan:
        raise ReleaseError("only a ReleasedPlan may leave")
    for where, value in _walk(released, "plan"):
        if isinstance(value, BaseGeometry):
            _check_geometry(where, value)
        elif not isinstance(value, (*_PLAIN_TYPES, *_RELEASED_TYPES)):
            raise ReleaseError(f"{where}: a value of an internal type was about to leave")
    _check_words(released)
    _check_bands(released)
    _check_patrols(released)


def _walk(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _walk(item, f"{where}[{n}]")
        return
    yield where, value
    if dataclasses.is_dataclass(value) and isinstance(value, _RELEASED_TYPES):
        for field in dataclasses.fields(value):
            yield from _walk(getattr(value, field.name), f"{where}.{field.name}")


def _check_geometry(where: str, geometry: BaseGeometry) -> None:
    xy = shapely.get_coordinates(geometry)
    if not np.isfinite(xy).all():
        raise ReleaseError(f"{where}: a coordinate is not finite")
    if (np.abs(xy[:, 0]) > 180.0).any() or (np.abs(xy[:, 1]) > 90.0).any():
        raise ReleaseError(f"{where}: coordinates are not in degrees")
    if (np.abs(np.round(xy, 5) - xy) > 1e-9).any():
        raise ReleaseError(f"{where}: more than five decimals")


def _check_words(released: ReleasedPlan) -> None:
    outcomes = {*Outcome, WITHHELD}
    for school in released.schools:
        if school.reason not in PUBLIC_SENTENCES or school.outcome not in outcomes:
            raise ReleaseError("schools: a reason or an outcome is not one of the fixed ones")
    if not set(released.notes) <= set(NOTES.values()):
        raise ReleaseError("notes: a note is not one of the fixed ones")
    if released.draft_reason not in {"", *DRAFT_REASONS.values()}:
        raise ReleaseError("draft_reason: not one of the fixed ones")
    if released.is_draft != bool(released.draft_reason):
        raise ReleaseError("draft_reason: a draft says why, and nothing else does")
    if any(corridor.grade not in set(Grade) for corridor in released.corridors):
        raise ReleaseError("corridors: a grade is not one of the fixed ones")


def _check_bands(released: ReleasedPlan) -> None:
    if released.bands and released.basis != Basis.ALL_HOURS:
        raise ReleaseError("bands: only a month-only area has a picture of where")
    if len(released.bands) > len(BAND_LABELS):
        raise ReleaseError("bands: more than may be told apart in public")
    if any(band.label not in BAND_LABELS for band in released.bands):
        raise ReleaseError("bands: a label is not one of the fixed ones")


def _check_patrols(released: ReleasedPlan) -> None:
    corridor_ids = {corridor.corridor_id for corridor in released.corridors}
    walked = [at for one in released.patrols for at in (one.starts_at, one.ends_at)]
    for at in [*walked, *(at for one in released.cancelled for at in (one.starts_at, one.ends_at))]:
        if at.tzinfo is None or at.second or at.microsecond:
            raise ReleaseError("patrols: a time is not a whole local minute")
        if not released.week <= at.date() < released.week + timedelta(days=7):
            raise ReleaseError("patrols: a patrol lies outside the week")
    for patrol in released.patrols:
        if patrol.corridor_id not in corridor_ids:
            raise ReleaseError("patrols: a patrol walks a corridor that was not released")
        if patrol.police not in set(PolicePresence):
            raise ReleaseError("patrols: police presence is not one of the fixed ones")
