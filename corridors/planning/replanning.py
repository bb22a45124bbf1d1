"""A new plan in place of another: as little as possible changes, and the changes are listed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from corridors.domain.plan_parts import (
    PlanChange,
)
from corridors.planning.roster import staff_patrols
from corridors.planning.roster_last import roster_of_document
from corridors.planning.week import DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from corridors.domain.area import Absence
    from corridors.domain.parameters import Parameters
    from corridors.domain.plan import Aim, Corridor, Patrol, Plan, Role, SchoolResult
    from corridors.planning.posts import Post
    from corridors.planning.roster import RosterResult
    from corridors.planning.roster_rules import TeamRules
    from corridors.planning.week import PatrolDemand

__all__ = ["plan_changes", "replan"]

_OUTCOMES = {
    "patrol": "a patrol",
    "uncovered": "a corridor that nobody suitable can walk",
    "evidence_too_weak": "no patrol, the evidence is too weak",
    "where_only": "no patrol, the incidents show where and not when",
    "unknown": "no patrol, too little is known",
    "not_on_network": "no patrol, the gate is on no street",
    "out_of_term": "no patrol, the school does not teach",
}


def replan(  # noqa: PLR0913 -- each is one fact of one week
    document: Mapping[str, Any],
    demands: Iterable[PatrolDemand],
    posts: Iterable[Post],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    parameters: Parameters,
    seed: int | None = None,
    *,
    rules: TeamRules | None = None,
    absences: Iterable[Absence] = (),
    travel: Mapping[tuple[str, str], float] | None = None,
    police_cap_min: int | None = None,
) -> RosterResult:
    """Staff a week's patrols so that little changes from a plan that is already out.

    The most need and the fewest police minutes come first, as always. Then the patrols of the last
    plan are kept, with the posts that it had on them where they are still valid: patrols of the
    same corridor, school and date, or weekday where the last plan is of another week. Only then is
    the roster spread evenly.

    Parameters
    ----------
    document
        The last plan, parsed: ``plan.json`` of schema 1.x.
    demands, posts, aims, roles, parameters, seed, rules, absences, travel, police_cap_min
        As for `corridors.planning.roster.staff_patrols`, with the change in them: a post that is
        ill is an absence, a school that closes early has other hours, a new cluster new patrols.

    Returns
    -------
    RosterResult

    Raises
    ------
    BadInput
        As `corridors.planning.roster.staff_patrols` does.
    """
    return staff_patrols(
        demands,
        posts,
        aims,
        roles,
        parameters,
        seed,
        rules=rules,
        absences=absences,
        last=roster_of_document(document),
        travel=travel,
        police_cap_min=police_cap_min,
        is_replan=True,
    )


def plan_changes(document: Mapping[str, Any], plan: Plan) -> tuple[PlanChange, ...]:
    """List what a new plan changes, in words for those who work with it. Posts are named.

    Patrols are the same where corridor, school and date are, or the weekday where the plans are of
    two weeks.

    Parameters
    ----------
    document
        The plan that is replaced, parsed: ``plan.json`` of schema 1.x.
    plan
        The new one.

    Returns
    -------
    tuple of PlanChange
        Patrols in order of time, then corridors, then schools by id.
    """
    same_week = date.fromisoformat(document["week"]) == plan.week
    return (
        *_patrol_changes(document["patrols"], plan.patrols, same_week=same_week),
        *_corridor_changes(document["corridors"], plan.corridors),
        *_school_changes(document["schools"], plan.schools),
    )


def _patrol_changes(
    old: Sequence[Mapping[str, Any]], new: Sequence[Patrol], *, same_week: bool
) -> list[PlanChange]:
    def key(corridor_id: str, school_id: str, starts_at: datetime) -> Hashable:
        return corridor_id, school_id, starts_at.date() if same_week else starts_at.weekday()

    before = {
        key(row["corridor_id"], row["school_id"], datetime.fromisoformat(row["starts_at"])): row
        for row in old
    }
    now = {key(one.corridor_id, one.school_id, one.starts_at): one for one in new}
    found: list[tuple[tuple[Any, ...], PlanChange]] = []
    for place, patrol in now.items():
        when = _order(patrol.starts_at, same_week=same_week)
        if place not in before:
            posts = _listed([post.post_id for post in patrol.posts])
            hours = _hours(patrol.starts_at, patrol.ends_at)
            what = f"A new patrol on {_day(patrol.starts_at)}, {hours}, with {posts}."
            found.append((when, PlanChange("added", "patrol", patrol.patrol_id, what)))
        elif differences := _differences(before[place], patrol):
            what = f"{_day(patrol.starts_at)}: {'; '.join(differences)}."
            found.append((when, PlanChange("changed", "patrol", patrol.patrol_id, what)))
    for place, row in before.items():
        if place not in now:
            starts_at = datetime.fromisoformat(row["starts_at"])
            hours = _hours(starts_at, datetime.fromisoformat(row["ends_at"]))
            what = f"The patrol on {_day(starts_at)}, {hours}, is no longer walked."
            when = _order(starts_at, same_week=same_week)
            found.append((when, PlanChange("removed", "patrol", row["patrol_id"], what)))
    return [change for _, change in sorted(found, key=lambda one: (one[0], one[1].subject_id))]


def _differences(row: Mapping[str, Any], patrol: Patrol) -> list[str]:
    said = []
    starts_at = datetime.fromisoformat(row["starts_at"])
    old_hours = _hours(starts_at, datetime.fromisoformat(row["ends_at"]))
    new_hours = _hours(patrol.starts_at, patrol.ends_at)
    if old_hours != new_hours:
        said.append(f"{new_hours} in place of {old_hours}")
    was, now = [post["post_id"] for post in row["posts"]], [p.post_id for p in patrol.posts]
    gone, come = [p for p in was if p not in now], [p for p in now if p not in was]
    if gone and come:
        said.append(f"{_listed(come)} in place of {_listed(gone)}")
    elif gone:
        said.append(f"without {_listed(gone)}")
    elif come:
        said.append(f"with {_listed(come)} too")
    if row["lead_role"] != patrol.lead_role:
        said.append(f"the lead is {_plain(patrol.lead_role)} and was {_plain(row['lead_role'])}")
    aim, old_aim = (one.partition("@") for one in (patrol.aim, row["aim"]))
    if aim[0] != old_aim[0]:
        said.append(f"the aim is {_plain(aim[0])} and was {_plain(old_aim[0])}")
    if bool(aim[2]) != bool(old_aim[2]):
        said.append("its mix is set by a person" if aim[2] else "its mix is that of the aim again")
    if row["police_min"] != patrol.police_min:
        said.append(f"{patrol.police_min} police minutes in place of {row['police_min']}")
    return said


def _corridor_changes(
    old: Sequence[Mapping[str, Any]], new: Sequence[Corridor]
) -> list[PlanChange]:
    before = {row["corridor_id"]: row for row in old}
    now = {corridor.corridor_id: corridor for corridor in new}
    found = []
    for key in sorted(before.keys() | now.keys()):
        if key not in before:
            streets = _listed(list(now[key].streets)) or "streets without a name"
            what = f"A new corridor of {now[key].length_m:,.0f} m: {streets}."
            found.append(PlanChange("added", "corridor", key, what))
        elif key not in now:
            found.append(
                PlanChange("removed", "corridor", key, "The corridor is no longer proposed.")
            )
        elif set(before[key]["segment_ids"]) != set(now[key].segment_ids):
            found.append(PlanChange("changed", "corridor", key, _moved(before[key], now[key])))
    return found


def _moved(row: Mapping[str, Any], corridor: Corridor) -> str:
    gone = [street for street in row["streets"] if street not in corridor.streets]
    come = [street for street in corridor.streets if street not in row["streets"]]
    parts = [f"it is {corridor.length_m:,.0f} m long and was {row['length_m']:,.0f} m"]
    if come:
        parts.append(f"it now takes in {_listed(come)}")
    if gone:
        parts.append(f"it leaves out {_listed(gone)}")
    if not come and not gone:
        parts.append("it keeps to the same streets by name")
    return f"The corridor has changed: {'; '.join(parts)}."


def _school_changes(
    old: Sequence[Mapping[str, Any]], new: Sequence[SchoolResult]
) -> list[PlanChange]:
    before = {row["school_id"]: row for row in old}
    now = {school.school_id: school for school in new}
    found = []
    for key in sorted(before.keys() | now.keys()):
        if key not in before:
            what = f"The school is new in the plan: {_outcome(now[key].outcome)}."
            found.append(PlanChange("added", "school", key, what))
        elif key not in now:
            what = "The school is no longer in the plan."
            found.append(PlanChange("removed", "school", key, what))
        elif str(before[key]["outcome"]) != str(now[key].outcome):
            was, is_now = _outcome(before[key]["outcome"]), _outcome(now[key].outcome)
            what = f"Now {is_now}; before {was}. {now[key].reason}"
            found.append(PlanChange("changed", "school", key, what.strip()))
    return found


def _outcome(outcome: object) -> str:
    return _OUTCOMES.get(str(outcome), _plain(str(outcome)))


def _order(moment: datetime, *, same_week: bool) -> tuple[Any, ...]:
    """Put two weeks side by side, by weekday."""
    return (moment.date() if same_week else moment.weekday(), moment.time())


def _day(moment: datetime) -> str:
    return f"{DAY_NAMES[moment.weekday()]} {moment.day} {moment:%B}"


def _hours(starts_at: datetime, ends_at: datetime) -> str:
    return f"{starts_at:%H:%M} to {ends_at:%H:%M}"


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
