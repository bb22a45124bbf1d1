"""Which severity weights a run uses: a bundled table's, or those of the area's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from corridors.domain.area import Area
from corridors.domain.inputs import InputRecord
from corridors.domain.vocabulary import Origin
from corridors.errors import Problem, SourceError
from corridors.sources.paths import resolve
from corridors.sources.severity import (
    OWN_SEVERITY,
    cover_categories,
    read_own_severity,
    read_severity,
)

__all__ = ["AreaSeverity", "severity_of"]


@dataclass(frozen=True, slots=True, eq=False)
class AreaSeverity:
    """The severity weights of a run.

    Parameters
    ----------
    weights
        Category to weight, by ``parameters.severity``: what the scores use.
    own
        The same by the area's own table, whether or not it is the one in use; None without one.
    records, set_aside
        The account of that table: one record or none.
    notes
        What a person should know, in sentences.
    """

    weights: Mapping[str, float]
    own: Mapping[str, float] | None
    records: tuple[InputRecord, ...]
    set_aside: pd.DataFrame
    notes: tuple[str, ...]


def severity_of(area: Area, base_dir: Path, incidents: pd.DataFrame) -> AreaSeverity:
    """Read the severity weights that an area asks for.

    Parameters
    ----------
    area
        The area file.
    base_dir
        Its folder.
    incidents
        Table of `corridors.domain.tables.INCIDENTS`: an own table must weigh every category that
        occurs among those that can be scored.

    Raises
    ------
    SourceError
        With what is wrong with the table, or when ``severity = "own"`` and there is none.
    """
    name, path = area.parameters.severity, area.severity_path
    if path is None:
        if name == OWN_SEVERITY:
            raise SourceError(
                Problem(
                    "parameters.severity",
                    'It says "own", and the area file names no table.',
                    'Add [severity] path = "...", or choose another table.',
                )
            )
        nothing = pd.DataFrame({"file": [], "line": [], "reason": []})
        empty = nothing.astype({"file": "str", "line": "int64", "reason": "str"})
        return AreaSeverity(read_severity(name), None, (), empty, ())
    read = read_own_severity(resolve(base_dir, path), shown=path)
    scored = incidents["category"]
    if not area.parameters.score_discovered:
        scored = scored[incidents["origin"] != Origin.DISCOVERED]
    own, notes = cover_categories(read, map(str, scored.unique()), path)
    weights = own if name == OWN_SEVERITY else read_severity(name)
    if name != OWN_SEVERITY:
        notes = (*notes, f"{path} is read, but the scores use severity = {name!r}.")
    return AreaSeverity(weights, own, (read.record,), read.set_aside, notes)
