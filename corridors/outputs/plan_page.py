"""``internal/plan.html``: the plan for people: where, when, who, why and what if. Prints on A4.

It is internal, as ``plan.json`` and the internal map are: posts, protocols and exact figures are
on it. It needs no script and asks nothing of any other site.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from corridors.domain.released import ATTRIBUTION
from corridors.domain.vocabulary import Outcome, PlanStatus
from corridors.outputs.pages import render_page
from corridors.outputs.plan_page_rows import (
    Namer,
    corridor_rows,
    glance_rows,
    role_rows,
)
from corridors.outputs.plan_page_unmet import unmet_rows, unmet_summary
from corridors.outputs.release_streets import Projector, release_base, release_labels
from corridors.outputs.sketch import sketch_of
from corridors.outputs.trade_off_chart import lay_out_trade_off
from corridors.outputs.words import day_words, times_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from corridors.domain.network import StreetNetwork
    from corridors.domain.plan import Aim, Corridor, Plan, Role
    from corridors.domain.released import ReleasedPlan
    from corridors.outputs.sketch import Sketch

__all__ = ["draw_plan_page"]

_OUTCOMES = {
    Outcome.UNCOVERED: "Nobody can walk it",
    Outcome.EVIDENCE_TOO_WEAK: "Evidence too weak",
    Outcome.WHERE_ONLY: "Where only, never when",
    Outcome.UNKNOWN: "Unknown: no data",
    Outcome.NOT_ON_NETWORK: "Gate not on a street",
    Outcome.OUT_OF_TERM: "Not teaching this week",
}
_STATUSES = {
    PlanStatus.DRAFT: "Draft",
    PlanStatus.AGREED: "Agreed",
    PlanStatus.PUBLISHED: "Published",
    PlanStatus.SUPERSEDED: "Superseded",
}
_STAGES = {"need": "need covered", "police_min": "police minutes"}


def draw_plan_page(  # noqa: PLR0913 -- the page shows everything, so it asks for everything
    plan: Plan,
    network: StreetNetwork,
    gates: Mapping[str, tuple[float, float]],
    roles: Mapping[str, Role],
    aims: Mapping[str, Aim],
    *,
    crs: str,
    released: ReleasedPlan | None = None,
    against: Sequence[str] = (),
    stage_words: Mapping[str, str] | None = None,
) -> str:
    """Draw the plan as one self-contained page for the team.

    Parameters
    ----------
    plan
        The exact plan.
    network
        The streets, in ``crs``.
    gates
        School id to easting and northing in ``crs``; a school that is missing has no dot.
    roles, aims
        The reference records, by id.
    crs
        The area's projected CRS.
    released
        Where there is one, its base map and names are used again.
    against
        What stands against publishing the plan, in words.
    stage_words
        Names of the roster's stages for people; the stage's own otherwise.

    Returns
    -------
    str
        HTML. The same plan gives the same bytes.
    """
    segments = network.segments
    streets = dict(zip(segments["segment_id"], segments["name"].astype(str), strict=True))
    namer = Namer(plan, roles, aims, streets)
    ordered = _walked_first(plan)
    sketches = _sketches(ordered, network, gates, namer, Projector(crs), released)
    corridors = [
        {**corridor_rows(plan, corridor, namer), "sketch": sketch}
        for corridor, sketch in zip(ordered, sketches, strict=True)
    ]
    unmet = unmet_rows(plan, namer)
    words = {**_STAGES, **(stage_words or {})}
    return render_page(
        "plan.html.j2",
        title=f"{plan.area}: plan for the week of {day_words(plan.week)}",
        css=_css(),
        plan=plan,
        status=_STATUSES.get(plan.status, str(plan.status)),
        against=[namer.say(words) for words in against],
        issued_words=day_words(plan.issued_on),
        glance=glance_rows(plan, namer),
        unmet=unmet,
        lacking=unmet_summary(plan, unmet),
        corridors=corridors,
        anchors={corridor.corridor_id: n for n, corridor in enumerate(ordered, 1)},
        n_walked=len({patrol.corridor_id for patrol in plan.patrols}),
        police_min=sum(patrol.police_min for patrol in plan.patrols),
        chart=lay_out_trade_off(plan.trade_off),
        stages=[(words.get(stage.name, stage.name), stage) for stage in plan.roster_stages],
        without=_without(plan),
        roles=role_rows(plan, roles),
        changes=plan.changes,
        cancelled=[
            (one, day_words(one.starts_at), times_words(one.starts_at, one.ends_at))
            for one in plan.cancelled
        ],
        attribution=ATTRIBUTION if released is None else released.attribution,
    )


def _walked_first(plan: Plan) -> list[Corridor]:
    """Put the corridors that somebody walks this week before those that nobody can."""
    walked = {patrol.corridor_id for patrol in plan.patrols}
    return sorted(plan.corridors, key=lambda corridor: corridor.corridor_id not in walked)


def _sketches(
    corridors: Sequence[Corridor],
    network: StreetNetwork,
    gates: Mapping[str, tuple[float, float]],
    namer: Namer,
    projector: Projector,
    released: ReleasedPlan | None,
) -> Iterator[Sketch]:
    """Draw each corridor, those included that a release would withhold."""
    if not corridors:
        return
    base = released.base if released else release_base(network, projector)
    labels = released.labels if released else release_labels(network, projector)
    lines = network.segments.geometry.to_numpy()
    rows = dict(zip(network.segments["segment_id"], range(network.n_segments), strict=True))
    for corridor in corridors:
        geometry = projector.lines(lines[[rows[segment] for segment in corridor.segment_ids]])
        schools = [
            (namer.school(one), projector.point(*gates[one]))
            for one in corridor.school_ids
            if one in gates
        ]
        yield sketch_of(geometry, schools, base, _own_first(corridor, labels))


def _own_first(corridor: Corridor, labels: Sequence[Any]) -> list[Any]:
    """Put the names of the corridor's own streets before the others."""
    own = set(corridor.streets)
    return sorted(labels, key=lambda label: label.name not in own)


def _without(plan: Plan) -> list[dict[str, Any]]:
    """List the schools without a patrol, and why."""
    return [
        {
            "school": school,
            "outcome": _OUTCOMES.get(school.outcome, str(school.outcome)),
        }
        for school in plan.schools
        if school.outcome != Outcome.PATROL
    ]


@cache
def _css() -> str:
    static = files("corridors.outputs") / "static"
    return "".join(
        (static / name).read_text("utf-8").replace("\r\n", "\n")
        for name in ("page.css", "plan.css")
    )
