"""What the command line tells of a run, as tables and sentences; `shell` prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from corridors.demo import Finding
from corridors.domain.inputs import InputRecord
from corridors.domain.plan import Patrol, Plan, SchoolResult, Unmet
from corridors.domain.vocabulary import Basis, Origin, Outcome, PlanStatus, TimePrecision
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.stages import Stages
from corridors.pipeline.week import Checked
from corridors.sources.incidents_reasons import REASONS as INCIDENT_REASONS
from corridors.sources.setting_aside import REASONS as TABLE_REASONS

__all__ = [
    "plain_table",
    "tell_checked",
    "tell_demo",
    "tell_plan",
    "tell_scored",
]

_PRECISION_ALLOWS = {
    TimePrecision.EXACT: "shows when",
    TimePrecision.INTERVAL: "shows when, by parts",
    TimePrecision.DAY: "no time of day: where only",
    TimePrecision.MONTH: "no day: where only",
}
_OUTCOMES = {
    Outcome.PATROL: "patrol",
    Outcome.UNCOVERED: "uncovered",
    Outcome.EVIDENCE_TOO_WEAK: "evidence too weak: no patrol",
    Outcome.WHERE_ONLY: "where only: no patrol",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_ON_NETWORK: "gate not on a street",
    Outcome.OUT_OF_TERM: "out of term",
}
MOST_ROWS = 20
LOUD_NOTES = ("The incidents reach to", "That is old", "The evidence reaches into", "The terms")
"""How the notes of a plan begin that everybody should see at once."""


def plain_table(title: str, *columns: str) -> Table:
    """Make a table without lines."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _inputs(records: Iterable[InputRecord]) -> list[RenderableType]:
    table = plain_table("Inputs", "file", "rows in", "used", "set aside")
    reasons: Counter[str] = Counter()
    for record in records:
        table.add_row(
            escape(record.path), str(record.rows_in), str(record.used), str(record.n_set_aside)
        )
        reasons.update(record.set_aside)
    told: list[RenderableType] = [table]
    if reasons.total():
        why = plain_table("Set aside, by reason", "rows", "reason", "what it means")
        for reason, n in reasons.most_common():
            if n:
                meaning = INCIDENT_REASONS.get(reason) or TABLE_REASONS.get(reason, "")
                why.add_row(str(n), reason, meaning)
        told.append(why)
    return told


def tell_checked(checked: Checked) -> list[RenderableType]:
    """Tell what `corridors check` found."""
    tables, gates = checked.tables, checked.gates
    facts, length_m = tables.facts, tables.network.length_m
    covered = float(length_m[tables.is_covered].sum() / length_m.sum())
    told: list[RenderableType] = [f"[bold]{escape(tables.area.name)}[/bold]"]
    told += _inputs(tables.records)
    told.append(
        f"Streets: {facts['ways_kept']} of {facts['ways_in']} ways are walkable; "
        f"{facts['segments']} segments, {facts['length_km']} km, "
        f"{facts['connected_parts']} connected parts."
    )
    if tables.area.coverage_path:
        told.append(f"Coverage: the sources have data for {covered:.0%} of the street length.")
    else:
        told.append("Coverage: none is given, so all streets are taken as covered.")
    told.append(_gates(tables, gates.distance_m))
    told += _precision(tables)
    told += [f"Note: {escape(note)}" for note in tables.notes]
    return told


def _gates(tables: Tables, distance_m: np.ndarray) -> Table:
    tolerance_m = tables.area.parameters.gate_tolerance_m
    order = np.argsort(-distance_m, kind="stable")[:MOST_ROWS]
    n = len(distance_m)
    title = f"Schools: {n}; farthest gates first" + (
        f", {MOST_ROWS} shown" if n > MOST_ROWS else ""
    )
    table = plain_table(title, "school", "name", "to the nearest street", "")
    for row in order:
        school = tables.schools.iloc[row]
        far = (
            "" if distance_m[row] <= tolerance_m else f"farther than {tolerance_m:g} m: not placed"
        )
        table.add_row(
            escape(str(school["school_id"])),
            escape(str(school["name"])),
            f"{distance_m[row]:.0f} m",
            far,
        )
    return table


def _precision(tables: Tables) -> list[RenderableType]:
    incidents = tables.incidents
    if incidents.empty:
        return ["Incidents: none can be used. That is a valid answer: no evidence, no patrol."]
    table = plain_table("Incidents by precision of time", "precision", "n", "what it allows")
    counts = incidents["time_precision"].value_counts()
    for precision, allows in _PRECISION_ALLOWS.items():
        if precision in counts.index:
            table.add_row(str(precision), str(int(counts[precision])), allows)
    n_discovered = int((incidents["origin"] == Origin.DISCOVERED).sum())
    told: list[RenderableType] = [table]
    if n_discovered:
        told.append(
            f"{n_discovered} were discovered by police activity: they measure where police looked "
            "and score nothing."
        )
    timed = int(
        incidents["time_precision"].isin([TimePrecision.EXACT, TimePrecision.INTERVAL]).sum()
    )
    told.append(
        "These incidents know their time of day: they show an after-school pattern if there is one."
        if timed >= tables.area.parameters.min_area_incidents
        else "These incidents cannot show an after-school pattern: only where, at all hours."
    )
    return told


def tell_scored(tables: Tables, scored: Scored) -> list[RenderableType]:
    """Tell what `corridors score` found."""
    grades = Counter(str(evidence.graded.grade) for evidence in scored.schools)
    basis = "after-school window" if scored.base.basis is Basis.WINDOW else "all hours"
    return [
        f"[bold]{escape(tables.area.name)}[/bold]: {scored.n_scored} incidents scored, by {basis}.",
        "Evidence: " + ", ".join(f"{n} {grade}" for grade, n in sorted(grades.items())) + ".",
    ]


def tell_plan(tables: Tables, plan: Plan, out: Path) -> list[RenderableType]:
    """Tell what `corridors plan` found, and where to look."""
    n_corridors = len(plan.corridors)
    found = f"{len(plan.patrols)} patrols on {n_corridors} corridor"
    found += "" if n_corridors == 1 else "s"
    told: list[RenderableType] = [
        f"[bold]{escape(plan.area)}[/bold], week of {plan.week:%d %B %Y}: {found}.",
        _set_aside(tables.records),
        *(escape(note) for note in plan.notes if note.startswith(LOUD_NOTES)),
        _schools(plan.schools),
    ]
    if plan.patrols:
        told.append("[bold]Patrols[/bold]")
        told += [_patrol(tables, patrol) for patrol in plan.patrols[:MOST_ROWS]]
        told += _more(len(plan.patrols), "patrols")
    if plan.unmet:
        told.append("[bold]Not staffed[/bold]")
        told += _unmet(plan.unmet)
    if plan.cancelled:
        told.append("[bold]Cancelled[/bold]")
        told += [
            escape(f"{one.starts_at:%a %d %b %H:%M} {' '.join(one.school_ids)}: {one.reason}")
            for one in plan.cancelled
        ]
    told += _agreements(plan)
    told += [
        f"Map for everybody:  {escape(str(out / 'public' / 'map.html'))}",
        f"Notices:            {escape(str(out / 'public' / 'notices'))}",
        f"Plan (internal):    {escape(str(out / 'internal' / 'plan.html'))}",
        f"  for software:     {escape(str(out / 'internal' / 'plan.json'))}",
        f"Map (internal):     {escape(str(out / 'internal' / 'map.html'))}",
        f"Account of rows:    {escape(str(out / 'internal' / 'report.json'))}",
    ]
    return told


def _set_aside(records: Iterable[InputRecord]) -> str:
    reasons: Counter[str] = Counter()
    rows_in = 0
    for record in records:
        rows_in += record.rows_in
        reasons.update(record.set_aside)
    told = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common() if n)
    return f"Rows read: {rows_in}; set aside: {told or 'none'}."


def _patrol(tables: Tables, patrol: Patrol) -> str:
    roles = Counter(tables.reference.roles[post.role].name for post in patrol.posts)
    who = ", ".join(f"{n} × {role}" if n > 1 else role for role, n in roles.items())
    police = f" ({patrol.police_min} police minutes)" if patrol.police_min else ""
    return (
        f"{patrol.starts_at:%a %d %b %H:%M}–{patrol.ends_at:%H:%M}  {escape(patrol.school_id)}  "
        f"{tables.reference.aims[patrol.aim].name}: {who}{police}"
    )


def _unmet(unmet: Sequence[Unmet]) -> list[RenderableType]:
    """Tell each reason once, with the patrols that it leaves out."""
    by_reason: dict[str, list[str]] = {}
    for one in unmet:
        patrol = f"{one.starts_at:%a %d %b %H:%M} {one.school_id}"
        by_reason.setdefault("; ".join(one.missing), []).append(patrol)
    return [
        f"{escape(', '.join(patrols[:5]))}"
        f"{f' and {len(patrols) - 5} more' if len(patrols) > 5 else ''}: {escape(reason)}"
        for reason, patrols in by_reason.items()
    ]


def _agreements(plan: Plan) -> list[RenderableType]:
    """Say whose agreement keeps the plan a draft."""
    told: list[RenderableType] = []
    if plan.status is PlanStatus.DRAFT:
        told.append("The plan is a DRAFT until these have agreed ([bold]agreements[/bold]):")
    for protocol in plan.protocols:
        given = {party for party, _ in protocol.agreed_by}
        open_parties = [party for party in protocol.needed_from if party not in given]
        if open_parties:
            told.append(f"  {escape(protocol.protocol_id)}: {escape(', '.join(open_parties))}")
    return told


def _more(n: int, what: str) -> list[RenderableType]:
    return [f"... and {n - MOST_ROWS} more {what}: see plan.json."] if n > MOST_ROWS else []


def _schools(results: Sequence[SchoolResult]) -> RenderableType:
    if len(results) > MOST_ROWS:
        counts = Counter(result.outcome for result in results)
        return "Schools: " + ", ".join(f"{n} {_OUTCOMES[o]}" for o, n in counts.most_common()) + "."
    table = plain_table("Schools", "school", "name", "outcome", "grade", "incidents", "p")
    for result in results:
        table.add_row(
            escape(result.school_id),
            escape(result.name),
            _OUTCOMES[result.outcome],
            str(result.grade),
            "" if result.n is None else str(result.n),
            "" if result.p is None else f"{result.p:.2g}",
        )
    return table


def tell_demo(findings: Sequence[Finding], stages: Stages) -> list[RenderableType]:
    """Tell what was found of the truth that was planted in the bundled borough."""
    table = plain_table("Found against planted", "school", "planted", "found", "overlap by length")
    for finding in findings:
        table.add_row(
            escape(finding.school_id),
            "a corridor" if finding.is_planted else "nothing",
            "a corridor" if finding.is_found else "evidence too weak",
            "" if finding.overlap is None else f"{finding.overlap:.0%}",
        )
    seconds = sum(stages.seconds.values())
    return [table, f"Planned in {seconds:.1f} s. The borough is fictional: nothing here is real."]
