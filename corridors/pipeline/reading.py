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
from corridors.domain.destinations import Destinations
from corridors.domain.inputs import InputRecord
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.domain.tables import ROSTER
from corridors.errors import AreaFileError
from corridors.pipeline.reference import Reference, read_reference
from corridors.pipeline.severities import AreaSeverity, severity_of
from corridors.pipeline.stages import Stages
from corridors.planning.mixes import with_mixes
from corridors.sources.area import calendar_notes, read_area
from corridors.sources.area_references import check_references
from corridors.sources.coverage import read_coverage
from corridors.sources.destinations import DestinationsRead, read_destinations
from corridors.sources.incidents import IncidentsRead, read_incidents
from corridors.sources.incidents_reasons import FAR_FROM_STREET
from corridors.sources.paths import resolve
from corridors.sources.roster import RosterRead, read_roster
from corridors.sources.schools import SchoolsRead, read_schools
from corridors.sources.streets import StreetsRead, read_streets
from corridors.sources.tabular import file_sha256

__all__ = ["Tables", "read_tables", "street_cache_dir"]


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
    destinations
        Where pupils walk to; none where none are given.
    reference
        What the project or the borough brings along.
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
    destinations: Destinations
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
    base_dir = path.parent
    with stages.stage("read_streets", "Reading the streets"):
        streets = read_streets(area.streets, base_dir, area.crs, cache_dir=cache_dir)
        is_covered = covered_segments(
            streets.network,
            read_coverage(base_dir / area.coverage_path, area.crs) if area.coverage_path else None,
        )
    with stages.stage("read_schools", "Reading the schools and the roster"):
        schools = read_schools(area.schools, base_dir, area.crs)
        reference = read_reference(area, base_dir)
        roster = _read_roster(area, base_dir, reference, schools)
        destinations = read_destinations(area.destinations, base_dir, area.crs)
        _check_names(area, schools, roster, reference, streets)
        reference = dataclasses.replace(reference, aims=with_mixes(reference.aims, area.mixes))
    with stages.stage("read_incidents", "Reading the incidents"):
        incidents = _read_incidents(area, base_dir, streets.network)
        severity = severity_of(area, base_dir, incidents.table)
        reference = dataclasses.replace(
            reference, severity=severity.weights, own_severity=severity.own
        )
    records = (
        *incidents.records,
        schools.record,
        *((roster.record,) if roster else ()),
        *destinations.records,
        *severity.records,
    )
    return Tables(
        area=area,
        network=streets.network,
        is_covered=is_covered,
        schools=schools.table,
        incidents=incidents.table,
        roster=roster.table if roster else _empty_roster(),
        destinations=destinations.destinations,
        reference=reference,
        records=records,
        set_aside=_set_aside(incidents, schools, roster, destinations, severity),
        hashes=_hashes(path, area, streets, records),
        facts=_street_facts(streets),
        notes=(
            *area.notes,
            *calendar_notes(area.calendar, set(schools.table["school_id"])),
            *streets.notes,
            *incidents.notes,
            *severity.notes,
            *(note for record in records[len(incidents.records) :] for note in record.notes),
        ),
    )


def _read_incidents(area: Area, base_dir: Path, network: StreetNetwork) -> IncidentsRead:
    bounds = network.segments.total_bounds
    incidents = read_incidents(
        area.incidents,
        base_dir,
        area.crs,
        (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])),
        as_of=area.parameters.as_of,
        timezone=area.timezone,
    )
    return _without_far(incidents, network, area.parameters)


def _read_roster(
    area: Area, base_dir: Path, reference: Reference, schools: SchoolsRead
) -> RosterRead | None:
    if not area.roster_path:
        return None
    return read_roster(
        base_dir / area.roster_path,
        reference.roles,
        school_ids=set(schools.table["school_id"]),
        shown=area.roster_path,
    )


def _check_names(
    area: Area,
    schools: SchoolsRead,
    roster: RosterRead | None,
    reference: Reference,
    streets: StreetsRead,
) -> None:
    """Raise where the area file names what nothing else knows, or asks for what cannot be."""
    problems = check_references(
        area,
        set(schools.table["school_id"]),
        roster.table if roster else _empty_roster(),
        reference.roles,
        reference.aims,
        streets.network.segments,
    )
    if problems:
        raise AreaFileError(problems)


def _set_aside(
    incidents: IncidentsRead,
    schools: SchoolsRead,
    roster: RosterRead | None,
    destinations: DestinationsRead,
    severity: AreaSeverity,
) -> pd.DataFrame:
    parts = [incidents.set_aside, schools.set_aside]
    parts += [roster.set_aside] if roster else []
    parts += [destinations.set_aside, severity.set_aside]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


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
    extras = (
        area.coverage_path,
        area.bank_holidays_path,
        area.aims_path,
        area.roles_path,
        area.protocol_path,
    )
    for extra in filter(None, extras):
        hashes[extra] = file_sha256(resolve(path.parent, extra))
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
