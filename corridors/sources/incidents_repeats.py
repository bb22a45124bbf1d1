"""The same incident twice: equal identifiers are counted once, blank ones each count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["SAME_PLACE_M", "Repeats", "mark_repeats", "unique_ids"]

SAME_PLACE_M = 50.0
"""Two mapped inputs may number their incidents from 1: equal ids farther apart are no repeats."""


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Reasons of all rows, with the repeats among them, and what to say of it."""

    reason: NDArray[np.object_]
    notes: tuple[str, ...]


def mark_repeats(rows: pd.DataFrame, formats: Sequence[str]) -> Repeats:
    """Mark the usable rows whose identifier came before, in any file.

    Within one ``[[incidents]]``, and between all of one police.uk format, equal identifiers are
    one incident. Between two mapped inputs they are where the places agree as well
    (`SAME_PLACE_M`): other systems number from 1 too.

    Parameters
    ----------
    rows
        `corridors.sources.incidents_file.FileRead.rows` of all files, in order.
    formats
        Format of each ``[[incidents]]``.
    """
    reason = rows["reason"].to_numpy(object).copy()
    kind = np.array([form if form != "mapped" else "" for form in formats], dtype=object)
    space = kind[rows["input"].to_numpy()] if len(rows) else np.empty(0, object)
    is_mapped = space == ""
    number = rows["input"].to_numpy().astype(str).astype(object)
    keys = pd.DataFrame(
        {"space": np.where(is_mapped, number, space), "id": rows["incident_id"].to_numpy(object)}
    )
    usable = (reason == "") & (keys["id"] != "").to_numpy()
    again = np.zeros(len(rows), np.bool_)
    again[usable] = keys[usable].duplicated().to_numpy()
    reason[again] = "duplicate_id"
    left = rows[usable & ~again & is_mapped.astype(np.bool_)]
    first = left.groupby("incident_id")[["input", "x", "y"]].transform("first")
    is_other = (left["input"] != first["input"]).to_numpy()
    apart_m = np.hypot(left["x"] - first["x"], left["y"] - first["y"]).to_numpy()
    reason[left.index.to_numpy()[is_other & (apart_m <= SAME_PLACE_M)]] = "duplicate_id"
    notes = []
    if n := int((is_other & (apart_m > SAME_PLACE_M)).sum()):
        notes.append(
            f"{n} identifiers of one mapped input are used by another for incidents more than "
            f"{SAME_PLACE_M:.0f} m away: taken for different incidents."
        )
    return Repeats(reason, tuple(notes))


def unique_ids(
    ids: NDArray[np.object_], paths: NDArray[np.object_], lines: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Make an identifier for rows without one, from file and line; make repeated ones unique.

    Parameters
    ----------
    ids
        Identifiers of the sources; blank where there is none.
    paths, lines
        File and line of each row: together unique.
    """
    result = ids.copy()
    is_blank = ids == ""
    result[is_blank] = _made(paths[is_blank], lines[is_blank])
    again = pd.Series(result).duplicated(keep=False).to_numpy()
    result[again] = result[again] + "@" + _made(paths[again], lines[again])
    return result


def _made(paths: NDArray[np.object_], lines: NDArray[np.int64]) -> NDArray[np.object_]:
    return paths + ":" + lines.astype(str).astype(object)
