"""Where pupils walk to: stops and stations (TfL, NaPTAN, own columns), homes (points, areas)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from corridors.domain.destinations import DESTINATION_KINDS, Destinations
from corridors.errors import BadInput, Problem, SourceError
from corridors.sources.destinations_areas import read_areas
from corridors.sources.headers import find_column, require_columns
from corridors.sources.paths import resolve
from corridors.sources.places import place_degrees, place_projected
from corridors.sources.setting_aside import account_for, first_reason
from corridors.sources.tabular import RawTable, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from corridors.domain.area import DestinationsInput
    from corridors.domain.inputs import InputRecord

__all__ = ["DestinationsRead", "read_destinations"]

_BRITISH_GRID = CRS.from_epsg(27700)
_LAYOUTS: tuple[tuple[tuple[str, ...], dict[str, str], bool], ...] = (
    # columns that tell the layout, our keys to its columns, whether it is in the British grid
    (("ATCOCode", "StopType"), {"easting": "Easting", "northing": "Northing"}, True),
    (
        ("Stop_Code_LBSL", "Location_Easting"),
        {"easting": "Location_Easting", "northing": "Location_Northing"},
        True,
    ),
    (("easting", "northing"), {"easting": "easting", "northing": "northing"}, False),
    (("longitude", "latitude"), {"longitude": "longitude", "latitude": "latitude"}, False),
)
_STOP_TYPES = {
    # Where one boards a bus, coach or tram; of a station its one point, not each platform.
    "stops": ("BCT", "BCS", "BCQ"),
    "stations": ("RLY", "MET", "FER"),
}
_NOT_IN_USE = ("del", "inactive", "archived")


@dataclass(frozen=True, slots=True, eq=False)
class DestinationsRead:
    """The destinations of an area.

    Parameters
    ----------
    destinations
        Those that can be used.
    records
        The account of each file, in the order of the area file.
    set_aside
        `corridors.domain.tables.SET_ASIDE`.
    """

    destinations: Destinations
    records: tuple[InputRecord, ...]
    set_aside: pd.DataFrame


_Part = tuple[Destinations, "InputRecord", pd.DataFrame]


def read_destinations(
    inputs: Sequence[DestinationsInput], base_dir: Path, crs: str
) -> DestinationsRead:
    """Read every ``[[destinations]]``.

    Parameters
    ----------
    inputs
        Of the area file.
    base_dir
        Its folder.
    crs
        The area's CRS. TfL and NaPTAN files are in EPSG:27700 whatever the area's is.

    Returns
    -------
    DestinationsRead
        Rows set aside as ``other_stop_type``, ``not_in_use``, ``bad_weight``, ``no_area``, for
        their position (`corridors.sources.places`), or damaged as rows. Without any input it is
        empty.

    Raises
    ------
    SourceError
        With the problems of every file that cannot be used.
    """
    parts: list[_Part] = []
    problems: list[Problem] = []
    for spec in inputs:
        try:
            is_areas = spec.path.lower().endswith(".gpkg")
            parts.append(_areas(spec, base_dir, crs) if is_areas else _points(spec, base_dir, crs))
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise SourceError(problems)
    if not parts:
        empty = pd.DataFrame(
            {"file": pd.Series(dtype="str"), "line": np.zeros(0, np.int64), "reason": ""}
        )
        return DestinationsRead(Destinations.none(), (), empty.astype({"reason": "str"}))
    found = [part[0] for part in parts]
    return DestinationsRead(
        Destinations(
            np.concatenate([one.kind for one in found]),
            np.concatenate([one.x for one in found]),
            np.concatenate([one.y for one in found]),
            np.concatenate([one.outline for one in found]),
            np.concatenate([one.weight for one in found]),
        ),
        tuple(part[1] for part in parts),
        pd.concat([part[2] for part in parts], ignore_index=True),
    )


def _points(spec: DestinationsInput, base_dir: Path, crs: str) -> _Part:
    raw = read_table(resolve(base_dir, spec.path), shown=spec.path)
    if raw.is_blank:
        raise SourceError(Problem(spec.path, "The file is empty.", "Give a table of points."))
    columns, is_british = _columns(spec, raw)
    target = CRS.from_user_input(crs)
    if "easting" in columns:
        source = CRS.from_user_input(spec.crs) if spec.crs else target
        source = _BRITISH_GRID if is_british and spec.crs is None else source
        x, y, places = place_projected(
            raw.frame[columns["easting"]], raw.frame[columns["northing"]], source, target
        )
    else:
        x, y, places = place_degrees(
            raw.frame[columns["longitude"]], raw.frame[columns["latitude"]], target
        )
    weight = _weights(raw.frame[columns["weight"]]) if "weight" in columns else np.ones(len(x))
    reasons = {**_other_stops(spec.kind, raw.frame), **places, "bad_weight": ~_is_weight(weight)}
    used, reason = first_reason(len(x), reasons)
    record, set_aside = account_for(raw, spec.path, reason)
    outline = np.full(int(used.sum()), None, object)
    return _of_kind(spec.kind, x[used], y[used], outline, weight[used]), record, set_aside


def _areas(spec: DestinationsInput, base_dir: Path, crs: str) -> _Part:
    areas = read_areas(resolve(base_dir, spec.path), spec.columns.get("weight"), shown=spec.path)
    target = CRS.from_user_input(crs)
    to_target = Transformer.from_crs(areas.crs, target, always_xy=True)
    moved = shapely.make_valid(
        shapely.transform(
            areas.outline,
            lambda xy: np.column_stack(to_target.transform(xy[:, 0], xy[:, 1], errcheck=False)),
        )
    )
    finite = np.isfinite(shapely.bounds(moved)).all(axis=1)
    reasons = {
        "no_area": ~areas.is_polygon,
        "outside_crs": areas.is_polygon & ~finite,
        "bad_weight": ~_is_weight(areas.weight),
    }
    used, reason = first_reason(len(moved), reasons)
    record, set_aside = account_for(areas.raw, spec.path, reason)
    nowhere = np.full(int(used.sum()), np.nan)
    weight = areas.weight[used]
    return _of_kind(spec.kind, nowhere, nowhere, moved[used], weight), record, set_aside


def _of_kind(
    kind: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    outline: NDArray[np.object_],
    weight: NDArray[np.float64],
) -> Destinations:
    number = np.full(len(x), DESTINATION_KINDS.index(kind), np.int64)
    return Destinations(number, x, y, outline, weight)


def _columns(spec: DestinationsInput, raw: RawTable) -> tuple[dict[str, str], bool]:
    """Find the columns that the area file names, or those of a layout that is known."""
    names = raw.frame.columns
    setting = "destinations.columns"
    is_placed = len(spec.columns) > ("weight" in spec.columns)
    if is_placed:
        return require_columns(names, spec.columns, spec.path, setting=setting), False
    for telling, wanted, is_british in _LAYOUTS:
        if all(find_column(names, name) is not None for name in telling):
            both: Mapping[str, str] = {**wanted, **spec.columns}
            return require_columns(names, both, spec.path, setting=setting), is_british
    wanted = {"easting": "easting", "northing": "northing"}
    return require_columns(names, wanted, spec.path, setting=setting), False


def _other_stops(kind: str, frame: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Tell the rows of a NaPTAN file that are of another kind, or not in use."""
    types = find_column(frame.columns, "StopType")
    if find_column(frame.columns, "ATCOCode") is None or types is None or kind not in _STOP_TYPES:
        return {}
    is_other = ~frame[types].str.upper().isin(_STOP_TYPES[kind])
    masks = {"other_stop_type": is_other.to_numpy(bool)}
    status = find_column(frame.columns, "Status")
    if status is not None:
        masks["not_in_use"] = frame[status].str.casefold().isin(_NOT_IN_USE).to_numpy(bool)
    return masks


def _weights(cells: pd.Series) -> NDArray[np.float64]:
    return pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _is_weight(weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.isfinite(weight) & (weight >= 0)
