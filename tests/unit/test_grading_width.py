"""A wide interval is told among the reasons, and changes no grade."""

from __future__ import annotations

import dataclasses

import pytest

from corridors.analysis.grading import EvidenceFacts, grade_evidence
from corridors.domain.parameters import Parameters
from corridors.domain.reasons import Interval
from corridors.domain.vocabulary import Grade

FACTS = EvidenceFacts(
    n=30.0, n_area=500, p=0.001, p_adjusted=0.002, one_place_share=0.2, is_timed=True
)


def reasons_with(low: float, high: float, p: float = 0.001) -> tuple[Grade, str]:
    facts = dataclasses.replace(FACTS, interval=Interval(1.0, low, high), p=p, p_adjusted=2 * p)
    graded = grade_evidence(facts, Parameters())
    return graded.grade, " ".join(graded.reasons)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.5, 2.0, "half of what was recorded, or double"),
        (0.5, 1.6, "half of what was recorded, or half as much again"),
        (0.35, 3.1, "a third of what was recorded, or 3 times as much"),
        (0.02, 5.6, "next to nothing of what was recorded, or 6 times as much"),
        (0.25, 2.2, "a quarter of what was recorded, or double"),
        (0.8, 2.1, "most of what was recorded, or double"),
        (0.45, 1.2, "half of what was recorded, or a little more"),
    ],
)
def test_half_or_double_is_told(low: float, high: float, words: str) -> None:
    grade, told = reasons_with(low, high)
    assert words in told
    assert grade is Grade.STRONG


@pytest.mark.parametrize(("low", "high"), [(0.75, 1.3), (0.61, 1.66)])
def test_what_is_narrower_is_not_told(low: float, high: float) -> None:
    grade, told = reasons_with(low, high)
    assert "not sure" not in told
    assert grade is Grade.STRONG


def test_of_no_evidence_no_width_is_told() -> None:
    grade, told = reasons_with(0.1, 9.0, p=0.4)
    assert grade is Grade.NONE
    assert "not sure" not in told


def test_without_an_interval_everything_is_as_before() -> None:
    assert grade_evidence(FACTS, Parameters()).reasons == reasons_with(0.9, 1.1)[1:]
    nothing = dataclasses.replace(FACTS, interval=Interval(0.0, 0.0, 3.0))
    assert grade_evidence(nothing, Parameters()) == grade_evidence(FACTS, Parameters())
