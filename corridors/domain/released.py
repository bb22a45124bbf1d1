"""Types that may leave. Only `corridors.outputs.release` makes them; writers take nothing else.

They hold no incident, no exact count, no person's name and no meeting place of staff.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely import MultiLineString, Point

__all__ = [
    "ATTRIBUTION",
    "ReleasedBand",
    "ReleasedBase",
    "ReleasedCancellation",
    "ReleasedCorridor",
    "ReleasedLabel",
    "ReleasedPatrol",
    "ReleasedPlan",
    "ReleasedRole",
    "ReleasedSchool",
]

ATTRIBUTION = "© OpenStreetMap contributors"
"""Whom the maps credit for the streets, unless the area file names somebody else."""


@dataclass(frozen=True, slots=True)
class ReleasedRole:
    """Who will be there: the role, what it does and does not do."""

    name: str
    does: str
    does_not: str


@dataclass(frozen=True, slots=True)
class ReleasedLabel:
    """A street's name and where on the map to write it."""

    name: str
    point: Point
    angle_deg: float
    """Anticlockwise from east, -90 to 90, so that the name reads along its street."""
    kind: str = "street"


@dataclass(frozen=True, slots=True)
class ReleasedBase:
    """Streets of one kind (``main``, ``street`` or ``path``), drawn alike on the base map."""

    kind: str
    geometry: MultiLineString


@dataclass(frozen=True, slots=True)
class ReleasedCorridor:
    """A corridor as it may be shown: WGS84, five decimals."""

    corridor_id: str
    school_ids: tuple[str, ...]
    school_names: tuple[str, ...]
    length_m: int
    grade: str
    streets: tuple[str, ...]
    geometry: MultiLineString
    labels: tuple[ReleasedLabel, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleasedPatrol:
    """A patrol as it may be announced: when, where, who by role, why; no post ids, no dwells."""

    patrol_id: str
    corridor_id: str
    school_ids: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    aim: str
    aim_why: str
    lead_role: str
    roles: tuple[ReleasedRole, ...]
    organisations: tuple[str, ...]
    police: str
    police_why: str
    has_protocol: bool


@dataclass(frozen=True, slots=True)
class ReleasedCancellation:
    """A patrol that does not take place after all. Why stays inside."""

    school_ids: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ReleasedSchool:
    """What is said of one school."""

    school_id: str
    name: str
    outcome: str
    reason: str
    point: Point | None
    """The gate, WGS84; None where it could not be placed."""


@dataclass(frozen=True, slots=True)
class ReleasedBand:
    """Streets of one ordinal band of the "where" picture; the lowest is the plain base map."""

    label: str
    rank: int
    geometry: MultiLineString


@dataclass(frozen=True, slots=True)
class ReleasedPlan:
    """Everything about one week that may leave."""

    area: str
    week: date
    timezone: str
    issued_on: date
    is_draft: bool
    draft_reason: str
    basis: str
    is_short_notice: bool
    schools: tuple[ReleasedSchool, ...]
    corridors: tuple[ReleasedCorridor, ...]
    patrols: tuple[ReleasedPatrol, ...]
    n_uncovered: int
    streets: MultiLineString
    """The walkable streets, as the base of the map."""
    bands: tuple[ReleasedBand, ...]
    """Month-only areas: where reports lie closest together. Empty otherwise."""
    notes: tuple[str, ...]
    attribution: str
    base: tuple[ReleasedBase, ...] = ()
    """The same streets by kind, merged and simplified for drawing."""
    labels: tuple[ReleasedLabel, ...] = ()
    """Names for the base map, the most useful first."""
    unknown: MultiLineString | None = None
    """Streets for which the sources have no data at all."""
    version: int = 1
    """Of the notices: 1 for the first that went out for this week."""
    notice_lead_days: int = 3
    cancelled: tuple[ReleasedCancellation, ...] = ()
