"""The only sentences that may be said in public about a result: fixed, so that no count leaks."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from corridors.domain.vocabulary import Grade, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BAND_LABELS",
    "DRAFT_REASONS",
    "NOTES",
    "PUBLIC_SENTENCES",
    "WITHHELD",
    "public_reason",
]

WITHHELD = "withheld"
"""Public outcome where a proposed corridor rests on too little to be published."""

BAND_LABELS = ("fewer reports", "more reports", "most reports")

DRAFT_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "protocol": (
            "Not everyone who has to agree on how this patrol works without police "
            "has agreed yet. Nothing here is certain."
        ),
        "status": "The plan has not been agreed yet. Nothing here is certain.",
    }
)

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "where_only": (
            "The reports behind this map say in which month something was reported, never on "
            "which day or at what time. They show where, never when, and cannot carry a patrol "
            "on their own."
        ),
        "override": (
            "The reports used have no time of day. Patrols are planned all the same, on the "
            "written decision of a named person, which is kept with the plan."
        ),
        "uncovered": (
            "For some streets the sources have no data at all. There the answer is unknown, "
            "which is not the same as nothing happening."
        ),
        "withheld": ("Something was left out because it rests on too few reports to be published."),
    }
)

_PATROL: Mapping[str, str] = MappingProxyType(
    {
        Grade.STRONG: "Patrols are planned this week. The evidence for them is strong.",
        Grade.MODERATE: "Patrols are planned this week. The evidence for them is moderate.",
    }
)
_PATROL_BY_DECISION = (
    "Patrols are planned this week on the written decision of a named person. The reports used "
    "show where, never when."
)
_PATROL_OTHER = "Patrols are planned this week."
_NO_PATROL: Mapping[str, str] = MappingProxyType(
    {
        Outcome.UNCOVERED: (
            "No patrol goes out this week. One was proposed, but it was cancelled, or the people "
            "it needs are not available, and nobody stands in for them."
        ),
        Outcome.EVIDENCE_TOO_WEAK: (
            "No patrol is planned this week. What has been reported around this school after "
            "lessons is too little, or too uncertain, to plan one on."
        ),
        Outcome.WHERE_ONLY: (
            "No patrol is planned this week. The reports used have no time of day, so they "
            "cannot show whether anything happens after school."
        ),
        Outcome.UNKNOWN: (
            "No patrol is planned this week. The sources used have no data for the streets "
            "around this school. That is not the same as nothing happening there."
        ),
        Outcome.NOT_ON_NETWORK: (
            "No patrol is planned this week. The school's gate could not be placed on a "
            "walkable street."
        ),
        Outcome.OUT_OF_TERM: "No patrol is planned this week. The school does not teach then.",
        WITHHELD: (
            "Nothing is announced for this school this week. What it would rest on is too "
            "little to be published."
        ),
    }
)

PUBLIC_SENTENCES: frozenset[str] = frozenset(
    {*_PATROL.values(), _PATROL_BY_DECISION, _PATROL_OTHER, *_NO_PATROL.values()}
)


def public_reason(outcome: str, grade: str, *, by_decision: bool) -> str:
    """Give the fixed sentence for an outcome and a grade.

    Parameters
    ----------
    outcome
        An `Outcome`, or `WITHHELD`.
    grade
        A `Grade`; only said where a patrol is planned.
    by_decision
        Whether the patrol rests on an override for month-only data.
    """
    if outcome != Outcome.PATROL:
        return _NO_PATROL[outcome]
    if by_decision:
        return _PATROL_BY_DECISION
    return _PATROL.get(grade, _PATROL_OTHER)
