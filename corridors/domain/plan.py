"""The plan of one area for one week, exact and internal. `outputs.release` makes what may leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corridors.domain.plan_parts import (
        Alternative,
        AppliedEdit,
        CancelledPatrol,
        Cover,
        PlanChange,
        RosterStage,
        TradeOff,
        WalkStep,
    )
    from corridors.domain.vocabulary import Grade, Outcome, PlanStatus, PolicePresence

__all__ = [
    "PLAN_SCHEMA_VERSION",
    "Aim",
    "Corridor",
    "Dwell",
    "Patrol",
    "PatrolPost",
    "Plan",
    "Protocol",
    "ProtocolTemplate",
    "Role",
    "SchoolResult",
    "Unmet",
]

PLAN_SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of professional or familiar adult (data/reference/roles.toml)."""

    role_id: str
    name: str
    police: bool
    statutory: bool
    may_lead: bool
    does: str
    """What it does on a patrol, in plain words for a parent."""
    does_not: str
    training: str
    school_linked: bool = False
    """Kept with its school(s): a familiar adult or a school-linked officer."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What one patrol is for (data/reference/aims.toml); it decides the mix."""

    aim_id: str
    name: str
    partnership_aim: str
    """One of the four aims that London's partnerships state."""
    why: str
    categories: tuple[str, ...]
    """Incident categories that suggest it; empty suits any."""
    lead_roles: tuple[str, ...]
    """Who may lead, most suitable first."""
    needed: tuple[tuple[str, ...], ...]
    """One role out of each group must be there."""
    welcome: tuple[str, ...]
    unsuitable: tuple[str, ...]
    min_posts: int
    police: PolicePresence
    police_why: str
    enforcement: bool = False
    priority: int = 0
    after_bell_min: tuple[int, int] | None = None
    """Minutes after the bell in which it is typical; None where no hour is."""
    of_school: str = ""
    """The school whose mix a person set; empty for an aim as the aims file has it."""

    @property
    def file_id(self) -> str:
        """Its id in the aims file, also where a person set the mix of one school."""
        return self.aim_id.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Corridor:
    """A connected set of segments from a gate, within the length budget."""

    corridor_id: str
    school_ids: tuple[str, ...]
    segment_ids: tuple[str, ...]
    walk: tuple[str, ...]
    """Segments in walking order from the gate, repeats included."""
    length_m: float
    walk_m: float
    need: float
    bound: float
    """No corridor of this budget can gather more need than this."""
    grade: Grade
    streets: tuple[str, ...]
    """Names of the streets in walking order, for people."""
    why: tuple[str, ...]
    """Sentences: which offences, hours and months made it. No incident is identifiable."""
    method: str = "fast"
    """``fast``, ``proven`` (nothing better exists), ``bounded`` (near the bound) or ``drawn``."""
    gap: float = 0.0
    """Share of `bound` by which a better corridor could still exceed `need`."""
    walk_bound_m: float = 0.0
    """No walk from the gate that covers these segments can be shorter."""
    steps: tuple[WalkStep, ...] = ()
    main_road_crossings: int | None = None
    """On the walk; None where the streets file does not tell main roads."""
    weight_per_day: float | None = None
    """Weighted incidents on it a day."""
    weight_low: float | None = None
    """Lower end of its 95 % bootstrap interval."""
    weight_high: float | None = None
    edits: tuple[AppliedEdit, ...] = ()
    shared_segment_ids: tuple[str, ...] = ()
    """Segments that the corridor of another school holds too."""
    shared_with: tuple[str, ...] = ()
    """Those corridors."""


@dataclass(frozen=True, slots=True)
class PatrolPost:
    """One post on one patrol."""

    post_id: str
    role: str
    organisation: str
    police: bool


@dataclass(frozen=True, slots=True)
class Dwell:
    """Planned minutes at a segment within a patrol."""

    segment_id: str
    min: int


@dataclass(frozen=True, slots=True)
class Patrol:
    """A corridor, a date, a start and end, an aim, a mix."""

    patrol_id: str
    corridor_id: str
    school_id: str
    starts_at: datetime
    ends_at: datetime
    aim: str
    lead_role: str
    posts: tuple[PatrolPost, ...]
    police: PolicePresence
    police_min: int
    """Minutes that police posts walk, summed over posts."""
    dwell: tuple[Dwell, ...]
    protocol_id: str | None
    walk: tuple[str, ...] = ()
    """Segments in this patrol's own order; it differs from day to day."""
    walk_min: int = 0
    aim_why: str = ""
    police_why: str = ""
    """Why police minutes are spent on it, or are not."""
    cover: tuple[Cover, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmet:
    """A patrol that the evidence asks for and the roster cannot staff."""

    corridor_id: str
    school_id: str
    starts_at: datetime
    ends_at: datetime
    aim: str
    missing: tuple[str, ...]
    """Roles, groups of roles or leads that are missing, in words."""
    would_help: str
    clash: tuple[str, ...] = ()
    """The smallest set of demands and rules that cannot all hold, in words."""


@dataclass(frozen=True, slots=True)
class ProtocolTemplate:
    """What every protocol says, and what single aims add (data/reference/protocol.toml)."""

    police_party: str
    """Who must agree for the police."""
    call_police_when: tuple[str, ...]
    call_police_how: str
    not_for_police: tuple[str, ...]
    withdraw_to: str
    contacts: tuple[str, ...]
    """Names of blank fields."""
    call_police_when_by_aim: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_for_police_by_aim: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is agreed for patrols without police: who calls whom, when, how."""

    protocol_id: str
    aim: str
    school_id: str
    leads: str
    call_police_when: tuple[str, ...]
    call_police_how: str
    not_for_police: tuple[str, ...]
    withdraw_to: str
    contacts: tuple[str, ...]
    """Fields to fill by hand; never filled by us."""
    needed_from: tuple[str, ...]
    """Organisations that must agree."""
    agreed_by: tuple[tuple[str, date], ...]

    @property
    def is_agreed(self) -> bool:
        """Tell whether every party that must agree has agreed."""
        return set(self.needed_from) <= {party for party, _ in self.agreed_by}


@dataclass(frozen=True, slots=True)
class SchoolResult:
    """What the plan says for one school, and why."""

    school_id: str
    name: str
    outcome: Outcome
    reason: str
    grade: Grade
    n: int | None
    """Incidents of the tested corridor in the window (all hours for month-only data)."""
    p: float | None
    """Adjusted for the number of schools tested."""
    corridor_id: str | None
    reasons: tuple[str, ...] = ()
    """Why the grade is what it is, in plain words."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One area's patrols for one week."""

    area: str
    week: date
    """The Monday."""
    timezone: str
    status: PlanStatus
    issued_on: date
    basis: str
    schools: tuple[SchoolResult, ...]
    corridors: tuple[Corridor, ...]
    candidates: tuple[Corridor, ...]
    """Corridors that were traced and tested but are not proposed."""
    patrols: tuple[Patrol, ...]
    unmet: tuple[Unmet, ...]
    protocols: tuple[Protocol, ...]
    notes: tuple[str, ...]
    parameters: Mapping[str, object]
    inputs: Mapping[str, str]
    """Path to SHA-256."""
    versions: Mapping[str, str]
    override: Mapping[str, str] | None = None
    trade_off: tuple[TradeOff, ...] = ()
    roster_stages: tuple[RosterStage, ...] = ()
    changes: tuple[PlanChange, ...] = ()
    cancelled: tuple[CancelledPatrol, ...] = ()
    """Patrols that the evidence asks for and a person cancelled."""
    replaces: str | None = None
    """SHA-256 of the plan that this one replaces."""
    schema_version: str = field(default=PLAN_SCHEMA_VERSION)
