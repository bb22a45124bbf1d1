"""The area file as a record: what a person wrote, checked, with defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from corridors.domain.released import ATTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corridors.domain.calendar import SchoolCalendar
    from corridors.domain.parameters import Parameters

__all__ = [
    "Absence",
    "Agreement",
    "AimSetting",
    "Area",
    "Cancellation",
    "Contact",
    "CorridorEdit",
    "DestinationsInput",
    "IncidentsInput",
    "MixSetting",
    "Override",
    "Pairing",
    "Refusal",
    "SchoolsInput",
    "StreetsInput",
]


@dataclass(frozen=True, slots=True)
class StreetsInput:
    """Where the streets come from: a file, or a place name for Overpass."""

    path: str | None = None
    place: str | None = None
    attribution: str = ATTRIBUTION
    """Whom the maps credit for the streets."""


@dataclass(frozen=True, slots=True)
class SchoolsInput:
    """Where the schools come from, and how their columns are called."""

    path: str
    format: str = "columns"
    """``columns``, ``gias`` or ``gla-atlas``."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Keys ``id name easting northing longitude latitude``."""
    local_authority: str | None = None
    """GIAS and GLA: keep the schools of this authority only."""


@dataclass(frozen=True, slots=True)
class IncidentsInput:
    """One ``[[incidents]]`` table: a glob of files of one format."""

    path: str
    format: str
    """``police-uk``, ``police-uk-api`` or ``mapped``."""
    timezone: str
    ignore_utc_offset: bool = False
    mapping: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """Keys ``id from to category origin easting northing longitude latitude``."""
    categories: Mapping[str, str] = field(default_factory=dict)
    """The file's own category words to ours."""
    discovered: tuple[str, ...] = ()
    """The file's own category words that are discovered by police activity."""
    place_precision: str | None = None
    crs: str | None = None
    """CRS of easting and northing, where it is not the area's."""
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """One party's agreement to one protocol."""

    protocol_id: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Override:
    """A named person's reason for planning on data without a time of day."""

    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Contact:
    """How parents and young people reach the team; a notice shows what is empty as a gap."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    youth_services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationsInput:
    """One ``[[destinations]]`` table: where pupils walk to after school."""

    kind: str
    """``stops``, ``stations`` or ``homes``."""
    path: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """Keys ``easting northing longitude latitude weight``; polygons need ``weight`` alone."""
    crs: str | None = None
    """CRS of easting and northing, where it is not the area's."""


@dataclass(frozen=True, slots=True)
class CorridorEdit:
    """What a person changes on the corridor of one school, and why; it stays in the plan."""

    school_id: str
    kind: str
    """``redraw``, ``shorten``, ``forbid`` or ``require``."""
    reason: str
    by: str
    segment_ids: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    """Names of streets, whose segments within reach are meant; with `segment_ids` both."""
    length_m: float | None = None
    """``shorten``: the new greatest length."""


@dataclass(frozen=True, slots=True)
class AimSetting:
    """The aim that a person sets for one school's patrols, and why."""

    school_id: str
    aim_id: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class MixSetting:
    """Who has to be on one school's patrols, as a person set it, whatever the aim says."""

    school_id: str
    needed: tuple[tuple[str, ...], ...]
    """Groups of roles: one post out of each must be there."""
    min_posts: int
    police: str
    """``needed``, ``on_call`` or ``absent``."""
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The patrols of one school on one day do not take place, and why."""

    school_id: str
    on: date
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who does not walk beside whom: a hard constraint, and mutual in effect."""

    who: str
    """Id of a post or a role, or the name of an organisation."""
    refuses: tuple[str, ...]
    """Ids of posts or roles, names of organisations, or ``police``."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Who walks only where one of these walks too, such as a new volunteer."""

    who: str
    """Id of a post or a role, or the name of an organisation."""
    beside: tuple[str, ...]
    """Ids of posts or roles, or names of organisations; one of them must be there."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """A post that is not available on these days, both included."""

    post_id: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Area:
    """One area file, checked. Paths are as written, relative to the area file."""

    name: str
    crs: str
    timezone: str
    streets: StreetsInput
    schools: SchoolsInput
    incidents: tuple[IncidentsInput, ...]
    calendar: SchoolCalendar
    parameters: Parameters
    coverage_path: str | None = None
    roster_path: str | None = None
    agreements: tuple[Agreement, ...] = ()
    month_only: Override | None = None
    contact: Contact = field(default_factory=Contact)
    bank_holidays_path: str | None = None
    """The bank holidays file that the area names; None: the bundled one."""
    notes: tuple[str, ...] = ()
    """What is allowed but worth knowing, in sentences."""
    destinations: tuple[DestinationsInput, ...] = ()
    severity_path: str | None = None
    """A force's own severity table; used with ``severity = "own"``."""
    aims_path: str | None = None
    """A borough's own aims; None: the bundled ones. Likewise below."""
    roles_path: str | None = None
    protocol_path: str | None = None
    edits: tuple[CorridorEdit, ...] = ()
    aims_set: tuple[AimSetting, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    absences: tuple[Absence, ...] = ()
    mixes: tuple[MixSetting, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()
