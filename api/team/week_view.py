"""One week at a glance: how far it is, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from api.rights import Action
from api.store.records import PlanHead
from api.store.work_records import Change, Job, JobKind, JobStatus
from api.team.agreements import ProtocolRow, missing_parties
from api.team.words import STATUS_COLOURS, STATUSES, day_words, list_words

__all__ = [
    "NextStep",
    "WeekFacts",
    "WeekView",
    "monday_of",
    "next_step",
    "read_week",
    "view_week",
    "weeks_from",
]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is to be done now, and where."""

    text: str
    link: str = ""
    link_text: str = ""
    makes_week: bool = False
    """Whether it is the form that makes the plan."""


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """Everything that a week's state depends on."""

    area_id: str
    week: date
    has_material: bool
    heads: Sequence[PlanHead]
    """Versions of this week, the newest first."""
    document: Mapping[str, Any] | None
    """Of the newest version."""
    protocols: Sequence[ProtocolRow]
    jobs: Sequence[Job]
    changes: Sequence[Change]
    """Those that stand."""
    inputs_changed_at: datetime | None
    allowed: Collection[Action]
    has_begun: bool = False


@dataclass(frozen=True, slots=True)
class WeekView:
    """A week as the start page shows it."""

    week: date
    name: str
    status: str
    colour: str
    version: int | None
    published_version: int | None
    n_patrols: int
    n_unmet: int
    waits_for: tuple[str, ...]
    step: NextStep


def monday_of(day: date) -> date:
    """Give the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def weeks_from(day: date, n: int = 5) -> list[date]:
    """List the Mondays of a day's week and those after it."""
    return [monday_of(day) + timedelta(weeks=k) for k in range(n)]


def view_week(facts: WeekFacts) -> WeekView:
    """Say how far a week is."""
    newest = facts.heads[0] if facts.heads else None
    published = next((one for one in facts.heads if one.status == "published"), None)
    document = facts.document or {}
    parties = (
        party.party for row in facts.protocols for party in row.parties if party.state != "agreed"
    )
    return WeekView(
        week=facts.week,
        name=day_words(facts.week),
        status=STATUSES.get(newest.status, newest.status) if newest else "No plan yet",
        colour=STATUS_COLOURS.get(newest.status, "grey") if newest else "grey",
        version=newest.version if newest else None,
        published_version=published.version if published else None,
        n_patrols=len(document.get("patrols") or ()),
        n_unmet=len(document.get("unmet") or ()),
        waits_for=tuple(dict.fromkeys(parties)) if newest and newest.status == "draft" else (),
        step=next_step(facts),
    )


def next_step(facts: WeekFacts) -> NextStep:
    """Give the one thing to do next for a week, as far as whoever looks may do it."""
    if not facts.has_material:
        return NextStep(
            "The area has no area file yet: an administrator loads it with the command load-area."
        )
    job = _running(facts.jobs, facts.week)
    if job is not None:
        link = f"/team/{facts.area_id}/jobs/{job.job_id}"
        return NextStep("A plan for this week is being made.", link, "See how far it is")
    if not facts.heads and facts.has_begun:
        return NextStep("It has begun without a plan. The next week is the one to plan.")
    if not facts.heads:
        return _make(facts, "There is no plan for this week yet.")
    news = _news(facts, facts.heads[0])
    return _make(facts, news) if news else _step_of(facts, facts.heads[0])


def _step_of(facts: WeekFacts, newest: PlanHead) -> NextStep:
    """Give the next step of a plan that is as everybody wants it."""
    plan = f"/team/{facts.area_id}/plans/{facts.week.isoformat()}/{newest.version}"
    if newest.status == "draft":
        return _draft_step(facts, plan)
    if newest.status == "agreed":
        if Action.PUBLISH_PLAN in facts.allowed:
            return NextStep("Everybody agreed.", f"{plan}/publish", "Publish the plan")
        return NextStep("Everybody agreed. An approver can publish it now.", plan, "See the plan")
    return NextStep("It is published. Nothing is to be done.", plan, "See the plan")


def _draft_step(facts: WeekFacts, plan: str) -> NextStep:
    against = [
        party.party
        for row in facts.protocols
        for party in row.parties
        if party.state in {"declined", "proposes"}
    ]
    if against:
        who = list_words(list(dict.fromkeys(against)))
        return NextStep(
            f"{who} did not agree. Read what they say, change the plan and make it again.",
            f"{plan}#agreement",
            "Read the answers",
        )
    missing = missing_parties(facts.protocols)
    if missing and Action.ASK_AGREEMENT in facts.allowed:
        return NextStep(
            f"{list_words(missing)} {'has' if len(missing) == 1 else 'have'} not been asked yet.",
            f"{plan}/ask",
            "Ask for agreement",
        )
    if missing:
        return NextStep("A planner or approver asks for agreement next.", plan, "See the plan")
    return NextStep(
        "Everybody was asked. It waits for their answers.", f"{plan}#agreement", "See who answered"
    )


def _make(facts: WeekFacts, text: str) -> NextStep:
    if Action.MAKE_PLAN in facts.allowed:
        return NextStep(text, makes_week=True)
    return NextStep(f"{text} Somebody who plans makes it.")


def _news(facts: WeekFacts, newest: PlanHead) -> str:
    """Say what came after the newest version was made; empty where nothing did."""
    n = sum(one.made_at > newest.created_at for one in facts.changes)
    if n:
        return (
            f"{n} change{'s were' if n > 1 else ' was'} made since version {newest.version}: "
            "make the plan again to see the effect."
        )
    is_open = newest.status in {"draft", "agreed"}
    changed_at = facts.inputs_changed_at
    if is_open and changed_at is not None and changed_at > newest.created_at:
        return f"What the area brings in changed since version {newest.version}."
    return ""


def _running(jobs: Iterable[Job], week: date) -> Job | None:
    return next(
        (
            one
            for one in jobs
            if one.kind == JobKind.PLAN_WEEK
            and one.status in {JobStatus.QUEUED, JobStatus.RUNNING}
            and one.asked.get("week") == week.isoformat()
        ),
        None,
    )


def read_week(text: str) -> date | None:
    """Read a day as 2026-11-23; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
