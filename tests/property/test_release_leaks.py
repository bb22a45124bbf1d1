"""No internal word or figure reaches any public file, whatever it is."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridors.domain.plan import Dwell, PatrolPost, Plan
from corridors.domain.released import (
    ReleasedCorridor,
    ReleasedPatrol,
    ReleasedPlan,
    ReleasedRole,
    ReleasedSchool,
)
from corridors.domain.vocabulary import Basis, Outcome
from corridors.outputs.calendars import draw_calendar
from corridors.outputs.geojson import corridors_geojson
from corridors.outputs.maps import draw_public_map
from corridors.outputs.notices import draw_notice
from tests.toy import toy_plan
from tests.toy_release import toy_released

WORD = "Zqxsentinel"


def _planted(n: int, basis: str, outcome: Outcome) -> Plan:
    plan = toy_plan()
    word = f"{WORD} {n}"
    corridors = tuple(
        replace(one, need=float(n), bound=float(n), walk_m=float(n), why=(word,))
        for one in plan.corridors
    )
    first, *others = plan.schools
    return replace(
        plan,
        basis=basis,
        schools=(
            replace(first, outcome=outcome, reason=word, reasons=(word,), n=n, p=1.0 / n),
            *(replace(one, reason=word, reasons=(word,), n=n, p=1.0 / n) for one in others),
        ),
        corridors=corridors,
        candidates=tuple(
            replace(one, corridor_id=word, streets=(word,), why=(word,)) for one in plan.candidates
        ),
        patrols=tuple(
            replace(
                one,
                posts=tuple(replace(post, post_id=word) for post in one.posts),
                dwell=(Dwell("s02", n),),
                police_min=n,
            )
            for one in plan.patrols
        ),
        unmet=tuple(replace(one, missing=(word,), would_help=word) for one in plan.unmet),
        protocols=tuple(
            replace(
                one,
                leads=word,
                call_police_when=(word,),
                call_police_how=word,
                not_for_police=(word,),
                withdraw_to=word,
                contacts=(word,),
                needed_from=(word,),
                agreed_by=((word, date(2026, 11, 12)),),
            )
            for one in plan.protocols
        ),
        notes=(word,),
        inputs={word: "0" * 64},
        versions={word: word},
        override={"by": word, "reason": word},
        parameters={**plan.parameters, "secret": word},
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    n=st.integers(700_000_001, 999_999_999),
    basis=st.sampled_from(list(Basis)),
    outcome=st.sampled_from(list(Outcome)),
)
def test_no_internal_word_or_figure_leaves(n: int, basis: str, outcome: Outcome) -> None:
    released = toy_released(plan=_planted(n, basis, outcome))
    outputs = {
        "release": repr(released),
        "map": draw_public_map(released),
        "geojson": corridors_geojson(released),
    }
    for school in released.schools:
        school_id = school.school_id
        outputs[f"notice {school_id}"] = draw_notice(released, school_id)
        outputs[f"calendar {school_id}"] = draw_calendar(released, school_id).decode()
    for name, text in outputs.items():
        flat = text.replace("\r\n ", "")
        assert WORD not in flat, name
        for figure in (str(n), f"{n:,}", repr(1.0 / n), repr(float(n))):
            assert figure not in flat, name


def test_the_release_holds_no_field_for_what_must_not_leave() -> None:
    kinds = (ReleasedPlan, ReleasedPatrol, ReleasedCorridor, ReleasedSchool, ReleasedRole)
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)}
    assert names.isdisjoint(
        {"posts", "post_id", "dwell", "walk", "need", "bound", "n", "p", "protocols", "override"}
    )
    assert "post_id" in {field.name for field in dataclasses.fields(PatrolPost)}
