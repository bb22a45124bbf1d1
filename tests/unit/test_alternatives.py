"""What else was considered: no patrol first, then aims, police and hours, each with why not."""

from __future__ import annotations

import numpy as np

from corridors.domain.area import AimSetting
from corridors.domain.plan import SchoolResult
from corridors.domain.vocabulary import Grade, Outcome
from corridors.planning.aims import choose_aim, propose_aim
from corridors.planning.alternatives import alternatives_for
from tests.checks.rosters import AIMS, a_demand

RESULT = SchoolResult(
    "S1", "School", Outcome.PATROL, "x", Grade.STRONG, 41, 0.001, "C1", ("It holds more.",)
)
WEIGHT = {"robbery": 6.0, "violence": 3.0, "harassment": 0.5, "road_danger": 0.4}
DEMANDS = [a_demand("D1", length_min=60)]


def said(**more: object) -> dict[str, str]:
    choice = propose_aim(WEIGHT, AIMS)
    found = alternatives_for(choice, RESULT, DEMANDS, AIMS, **more)  # type: ignore[arg-type]
    return {one.what: one.why_not for one in found}


def test_no_patrol_comes_first_and_the_next_two_aims_follow() -> None:
    words = said()
    assert list(words) == [
        "No patrol",
        "The aim “Disputes between groups at an interchange”",
        "The aim “Bullying and harassment”",
        "The same patrol without police",
    ]
    assert words["No patrol"] == "The evidence is strong. It holds more."
    disputes = words["The aim “Disputes between groups at an interchange”"]
    assert disputes == (
        "A large part of what was reported was of its kind, and most of the kind of the chosen aim."
    )
    assert words["The same patrol without police"] == AIMS["robbery_way_home"].police_why


def test_no_word_of_it_holds_a_count() -> None:
    assert not any(c.isdigit() for words in said().values() for c in words)


def test_where_a_person_set_the_aim_the_rule_is_named() -> None:
    setting = AimSetting("S1", "road_danger", "The crossing is closed.", "Head of safety")
    choice = choose_aim("S1", [setting], WEIGHT, AIMS)
    words = {a.what: a.why_not for a in alternatives_for(choice, RESULT, DEMANDS, AIMS)}
    proposed = "The aim “Robbery and theft on the way home”, which the rule proposes"
    assert words[proposed] == "Set by Head of safety: The crossing is closed."
    assert "Police walking along, or on call for this patrol" in words
    assert "The aim “Road danger”" not in words


def test_where_nothing_stands_out_the_others_are_not_enough() -> None:
    even = {"robbery": 1.0, "violence": 1.0, "harassment": 1.0, "road_danger": 1.0}
    choice = propose_aim(even, AIMS)
    assert choice.aim.aim_id == "visible_reassurance"
    found = alternatives_for(choice, RESULT, DEMANDS, AIMS)
    assert (
        found[1].why_not == "Some of what was reported was of its kind: not enough to suggest it."
    )


def test_another_hour_by_hand() -> None:
    # 160 minutes from 10 before the bell; the patrol of 60 starts 30 after: minutes 40 to 100.
    profile = np.zeros(160)
    profile[40:100] = 0.8 / 60
    profile[100:160] = 0.2 / 60
    words = said(bell_to_start_min=30, minute_profile=profile, before_min=10)
    # Starting at 60 (minute 70) it would hold half of 0.8 and half of 0.2; at 0 (minute 10) the
    # first 30 of the 60 good minutes: 0.4. So the best other start is 60 after, with 0.5.
    assert words["Starting 60 minutes after the bell"] == (
        "It would meet about 50 % of the evidence; the chosen hour meets 80 %."
    )


def test_no_other_hour_fits_a_short_window() -> None:
    profile = np.full(70, 1 / 70)
    words = said(bell_to_start_min=0, minute_profile=profile, before_min=10)
    assert not any(what.startswith("Starting") for what in words)
