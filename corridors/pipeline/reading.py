"""Read everything that an area file names."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.coverage import covered_segments
from corridors.analysis.matching import SegmentIndex, match_points
from corridors.domain.area import Area
from corridors.domain.inputs import InputRecord
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.domain.plan import Aim, ProtocolTemplate, Role
from corridors.domain.tables import ROSTER
from corridors.pipeline.stages import Stages
from corridors.sources.area import calendar_notes, read_area
from corridors.sources.coverage import read_coverage
from corridors.sources.incidents import IncidentsRead, read_incidents
from corridors.sources.incidents_reasons import FAR_FROM_STREET
from corridors.sources.incidents_words import read_categories
from corridors.sources.reference import read_aims, read_protocol_template, read_roles
from corridors.sources.roster import read_roster
from corridors.sources.schools import read_schools
from corridors.sources.severity import read_severity
from corridors.sources.streets import StreetsRead, read_streets
from corridors.sources.tabular import file_sha256

__all__ = ["Reference", "Tables", "read_reference", "read_tables", "street_cache_dir"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What the project brings along: aims, roles, protocol, severity and words."""

    roles: Mapping[str, Role]
    aims: Mapping[str, Aim]
    protocol: ProtocolTemplate
    severity: Mapping[str, float]
    category_names: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Everything that was read, checked.

    Parameters
    ----------
    area
        The area file; its ``as_of`` is filled in.
    network, is_covered
        Streets, and ``(n_segments,)`` whether the sources have data there.
    schools, incidents, roster
        Tables of `corridors.domain.tables`.
    reference
        What the project brings along.
    records, set_aside
        The account of every input, and the rows that were set aside.
    hashes
        SHA-256 by path, streets and area file included.
    facts
        What else the report tells, such as the ways that were left out.
    notes
        What a person should know, in sentences.
    """

    area: Area
    network: StreetNetwork
    is_covered: NDArray[np.bool_]
    schools: pd.DataFrame
    incidents: pd.DataFrame
    roster: pd.DataFrame
    reference: Reference
    records: tuple[InputRecord, ...]
    set_aside: pd.DataFrame
    hashes: Mapping[str, str]
    facts: Mapping[str, object]
    notes: tuple[str, ...]

    @property
    def as_of(self) -> date:
        """The last day of which incidents are used."""
        if self.area.parameters.as_of is None:
            raise ValueError("as_of was not filled in")
        return self.area.parameters.as_of


def street_cache_dir() -> Path:
    """Give the folder in which read streets are kept for the next run."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "safer-corridors"


def read_tables(
    path: Path,
    *,
    as_of: date | None,
    today: date,
    stages: Stages,
    cache_dir: Path | None,
) -> Tables:
    """Read an area file and everything it names.

    Parameters
    ----------
    path
        The area file.
    as_of
        Stands in for the area file's and for today.
    today
        The day to which the evidence reaches if nobody says otherwise.
    stages
        Times the reading.
    cache_dir
        Where read streets are kept; None keeps nothing.

    Raises
    ------
    BadInput
        With the problems of every input that cannot be used.
    """
    with stages.stage("read_area", "Reading the area file"):
        area = read_area(path, {"as_of": as_of})
        if area.parameters.as_of is None:
            area = dataclasses.replace(
                area, parameters=dataclasses.replace(area.parameters, as_of=today)
            )
        reference = read_reference(area)
    base_dir = path.parent
    with stages.stage("read_streets", "Reading the streets"):
        streets = read_streets(area.streets, base_dir, area.crs, cache_dir=cache_dir)
        is_covered = covered_segments(
            streets.network,
            read_coverage(base_dir / area.coverage_path, area.crs) if area.coverage_path else None,
        )
    with stages.stage("read_schools", "Reading the schools and the roster"):
        schools = read_schools(area.schools, base_dir, area.crs)
        school_ids = set(schools.table["school_id"])
        roster = (
            read_roster(
                base_dir / area.roster_path,
                reference.roles,
                school_ids=school_ids,
                shown=area.roster_path,
            )
            if area.roster_path
            else None
        )
    with stages.stage("read_incidents", "Reading the incidents"):
        bounds = streets.network.segments.total_bounds
        incidents = read_incidents(
            area.incidents,
            base_dir,
            area.crs,
            (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])),
            as_of=area.parameters.as_of,
            timezone=area.timezone,
        )
        incidents = _without_far(incidents, streets.network, area.parameters)
    records = (*incidents.records, schools.record, *((roster.record,) if roster else ()))
    return Tables(
        area=area,
        network=streets.network,
        is_covered=is_covered,
        schools=schools.table,
        incidents=incidents.table,
        roster=roster.table if roster else _empty_roster(),
        reference=reference,
        records=records,
        set_aside=pd.concat(
            [incidents.set_aside, schools.set_aside, *([roster.set_aside] if roster else [])],
            ignore_index=True,
        ),
        hashes=_hashes(path, area, streets, records),
        facts=_street_facts(streets),
        notes=(
            *area.notes,
            *calendar_notes(area.calendar, school_ids),
            *streets.notes,
            *incidents.notes,
            *(note for record in records[len(incidents.records) :] for note in record.notes),
        ),
    )


def _without_far(
    read: IncidentsRead, network: StreetNetwork, parameters: Parameters
) -> IncidentsRead:
    """Set the incidents aside that are too far from any street: nothing is forced onto one."""
    table = read.table
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    is_near = match_points(
        index,
        table["x"].to_numpy(np.float64),
        table["y"].to_numpy(np.float64),
        table["place_precision"].to_numpy(object),
        parameters,
    ).matched
    if is_near.all():
        return read
    far = table[~is_near]
    n_far = np.bincount(far["source"].to_numpy(int), minlength=len(read.records))
    records = tuple(
        dataclasses.replace(
            record,
            used=record.used - int(n),
            set_aside={**record.set_aside, **({FAR_FROM_STREET: int(n)} if n else {})},
        )
        for record, n in zip(read.records, n_far, strict=True)
    )
    paths = np.array([record.path for record in records], dtype=object)
    rows = pd.DataFrame(
        {
            "file": paths[far["source"].to_numpy(int)],
            "line": far["line"].to_numpy(int),
            "reason": FAR_FROM_STREET,
        }
    )
    return dataclasses.replace(
        read,
        table=table[is_near].reset_index(drop=True),
        records=records,
        set_aside=pd.concat([read.set_aside, rows], ignore_index=True),
    )


def read_reference(area: Area) -> Reference:
    """Read what the project brings along, as far as an area needs it."""
    names = {slug: category.name for slug, category in read_categories().by_slug.items()}
    roles = read_roles()
    aims = read_aims(roles=roles, categories=names)
    return Reference(
        roles=roles,
        aims=aims,
        protocol=read_protocol_template(aims=aims),
        severity=read_severity(area.parameters.severity),
        category_names=names,
    )


def _empty_roster() -> pd.DataFrame:
    kinds = {"int": "int64", "bool": "bool", "text": "str"}
    return pd.DataFrame(
        {column.name: pd.Series(dtype=kinds[column.kind]) for column in ROSTER.columns}
    )


def _hashes(
    path: Path, area: Area, streets: StreetsRead, records: tuple[InputRecord, ...]
) -> dict[str, str]:
    hashes = {record.path: record.sha256 for record in records}
    hashes[path.name] = file_sha256(path)
    hashes[streets.path] = streets.sha256
    for extra in (area.coverage_path, area.bank_holidays_path):
        if extra:
            hashes[extra] = file_sha256(path.parent / extra)
    return dict(sorted(hashes.items()))


def _street_facts(streets: StreetsRead) -> dict[str, object]:
    return {
        "path": streets.path,
        "ways_in": streets.n_ways_in,
        "ways_kept": streets.n_ways_kept,
        "ways_left_out": dict(sorted(streets.left_out.items())),
        "connected_parts": streets.n_components,
        "segments": streets.network.n_segments,
        "length_km": round(float(streets.network.length_m.sum()) / 1000, 3),
    }
