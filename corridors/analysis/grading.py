"""From a test to a grade with its reasons, in plain words.

The grade begins with the adjusted p-value and is then lowered, never raised, by what makes the
evidence less sure: few incidents, all at one point, no time of day, a calendar that was assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

from corridors.domain.parameters import Parameters
from corridors.domain.reasons import Interval
from corridors.domain.vocabulary import Grade

__all__ = ["EvidenceFacts", "Graded", "grade_evidence"]

_ORDER = (Grade.NONE, Grade.WEAK, Grade.MODERATE, Grade.STRONG)
WIDE_LOW, WIDE_HIGH = 0.6, 1.0 / 0.6
"""An interval that reaches this far is told, roughly half or double; it changes no grade."""
_LOW_WORDS = ((0.05, "next to nothing"), (0.15, "a tenth"), (0.3, "a quarter"), (0.4, "a third"),
              (0.6, "half"), (0.7, "two thirds"), (1.0, "most"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """What the grade of one school is made of.

    Parameters
    ----------
    n
        Incidents of the tested corridor, a burst counted once.
    n_area
        Incidents of the whole area that can be scored.
    p, p_adjusted
        Of the corridor test; None where nothing could be tested.
    one_place_share
        Share of the corridor's weight that lies on one place.
    unknown_share
        Share of the corridor's length for which the sources have no data.
    is_timed
        Whether the incidents know a time of day.
    assumed_day_share
        Share of the teaching days that the terms do not reach and that were assumed.
    long_interval_share
        Share of the corridor's incidents known only to more than a day.
    interval
        The corridor's weight a day with its interval, where it was computed.
    """

    n: float
    n_area: int
    p: float | None
    p_adjusted: float | None
    one_place_share: float
    is_timed: bool
    assumed_day_share: float = 0.0
    long_interval_share: float = 0.0
    unknown_share: float = 0.0
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade and its reasons.

    Parameters
    ----------
    grade
        As far as the data allow.
    with_override
        The grade if a named person accepts data without a time of day; equal to ``grade`` for
        timed data.
    reasons
        Sentences.
    """

    grade: Grade
    with_override: Grade
    reasons: tuple[str, ...]


def grade_evidence(facts: EvidenceFacts, parameters: Parameters) -> Graded:
    """Grade the evidence of one school.

    Parameters
    ----------
    facts
        What was found.
    parameters
        `strong_p`, `false_discovery_rate`, `min_corridor_incidents`, `min_area_incidents` and
        `max_anchor_share` are used.
    """
    if facts.n_area < parameters.min_area_incidents:
        reason = (
            f"Only {facts.n_area} incidents of the area can be scored; at least "
            f"{parameters.min_area_incidents} are needed to say anything."
        )
        return Graded(Grade.NONE, Grade.NONE, (reason,))
    if facts.p is None or facts.p_adjusted is None or facts.n <= 0:
        reason = "No incident that can be scored lies within a corridor's length of the gate."
        return Graded(Grade.NONE, Grade.NONE, (reason,))
    grade, reasons = _from_p(facts, parameters)
    for ceiling_or_step, reason in _lowerings(facts, parameters):
        lowered = _lower(grade, ceiling_or_step)
        if lowered is not grade:
            reasons.append(reason)
        grade = lowered
    if grade is not Grade.NONE:
        reasons.extend(_width(facts.interval))
    if facts.is_timed:
        return Graded(grade, grade, tuple(reasons))
    reasons.append(
        "The incidents have no time of day: they show where, never when, and cannot carry a "
        "patrol by themselves."
    )
    return Graded(min(grade, Grade.WEAK, key=_ORDER.index), _lower(grade, 1), tuple(reasons))


def _from_p(facts: EvidenceFacts, parameters: Parameters) -> tuple[Grade, list[str]]:
    p, adjusted = facts.p, facts.p_adjusted
    assert p is not None  # noqa: S101 -- for the type checker; the caller has looked
    assert adjusted is not None  # noqa: S101
    compared = (
        "the usual hours of such incidents"
        if facts.is_timed
        else "the same incidents scattered over these streets"
    )
    if adjusted <= parameters.false_discovery_rate:
        grade = Grade.STRONG if adjusted <= parameters.strong_p else Grade.MODERATE
        return grade, [f"The corridor holds clearly more than {compared} would give it."]
    if p <= parameters.weak_p:
        return Grade.WEAK, [
            (
                f"The corridor holds more than {compared} would give it, but not clearly enough "
                "among all the schools that were tested."
            )
        ]
    return Grade.NONE, [f"The corridor holds no more than {compared} would give it by chance."]


def _lowerings(facts: EvidenceFacts, parameters: Parameters) -> list[tuple[int | Grade, str]]:
    found: list[tuple[int | Grade, str]] = []
    if facts.n < parameters.min_corridor_incidents:
        found.append(
            (
                Grade.WEAK,
                f"It holds fewer than {parameters.min_corridor_incidents} separate incidents.",
            )
        )
    share = round(100 * facts.one_place_share)
    if facts.one_place_share > parameters.one_place_share:
        reason = f"{share} % of it lies on one place: look at that place, a walk will not help."
        found.append((Grade.WEAK, reason))
    elif facts.one_place_share > parameters.max_anchor_share:
        found.append((1, f"{share} % of it lies on one place, so it may be one address."))
    if facts.unknown_share > 1.0 - parameters.min_covered_share:
        found.append((Grade.WEAK, "The sources have no data for most of its length."))
    if facts.assumed_day_share > 0.5:
        found.append(
            (
                Grade.MODERATE,
                (
                    "The terms given do not reach the time of the incidents: weekdays were taken "
                    "for teaching days."
                ),
            )
        )
    if facts.long_interval_share > 0.5:
        found.append((1, "Most of its incidents are known only to more than a day."))
    return found


def _width(interval: Interval | None) -> list[str]:
    """Say how far the level could be off, where that is half or double."""
    if interval is None or not interval.value > 0:
        return []
    low, high = interval.low / interval.value, interval.high / interval.value
    if low > WIDE_LOW and high < WIDE_HIGH:
        return []
    low_words = next(words for limit, words in _LOW_WORDS if low <= limit)
    told = f"it could as well be {low_words} of what was recorded, or {_times_words(high)}."
    return [f"The weekly figure is not sure: {told}"]


def _times_words(ratio: float) -> str:
    if ratio < 1.75:
        return "half as much again" if ratio >= 1.25 else "a little more"
    n = round(ratio)
    return "double" if n == 2 else f"{n} times as much"


def _lower(grade: Grade, ceiling_or_steps: int | Grade) -> Grade:
    at = _ORDER.index(grade)
    if isinstance(ceiling_or_steps, Grade):
        return _ORDER[min(at, _ORDER.index(ceiling_or_steps))]
    return _ORDER[max(at - ceiling_or_steps, 0)]
