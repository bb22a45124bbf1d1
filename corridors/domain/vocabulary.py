"""The closed lists of words: what a column may hold and what a plan may say."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "Basis",
    "Grade",
    "Origin",
    "Outcome",
    "PlacePrecision",
    "PlanStatus",
    "PolicePresence",
    "TimePrecision",
]


class Origin(StrEnum):
    """Who brought the incident to light."""

    REPORTED = "reported"
    DISCOVERED = "discovered"


class TimePrecision(StrEnum):
    """How closely the time of an incident is known. Only EXACT and INTERVAL know a time of day."""

    EXACT = "exact"
    INTERVAL = "interval"
    DAY = "day"
    MONTH = "month"


class PlacePrecision(StrEnum):
    """How closely the place of an incident is known."""

    EXACT = "exact"
    BLOCK = "block"
    SNAPPED = "snapped"
    AREA = "area"


class Basis(StrEnum):
    """What an intensity counts: the after-school window, or all hours (month-only data)."""

    WINDOW = "window"
    ALL_HOURS = "all_hours"


class Grade(StrEnum):
    """How sure the evidence is. No patrol is proposed on WEAK, NONE or UNKNOWN."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"
    NONE = "none"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What the plan says for one school in one week."""

    PATROL = "patrol"
    """A corridor is proposed and at least one patrol of it is staffed."""
    UNCOVERED = "uncovered"
    """A corridor is proposed, but no patrol of it can be staffed: see `unmet`."""
    EVIDENCE_TOO_WEAK = "evidence_too_weak"
    """No patrol: the evidence does not carry one."""
    WHERE_ONLY = "where_only"
    """No patrol: the incidents have no time of day, so they show where but not when."""
    UNKNOWN = "unknown"
    """No patrol: the sources have no data around this school."""
    NOT_ON_NETWORK = "not_on_network"
    """No patrol: the gate is too far from any walkable street."""
    OUT_OF_TERM = "out_of_term"
    """No patrol: the school does not teach in this week."""


class PolicePresence(StrEnum):
    """Whether police take part in a patrol."""

    NEEDED = "needed"
    ON_CALL = "on_call"
    ABSENT = "absent"


class PlanStatus(StrEnum):
    """How far a plan has come."""

    DRAFT = "draft"
    AGREED = "agreed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
