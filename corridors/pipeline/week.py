"""One week on one page: read, score, plan, write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import Gates
from corridors.domain.plan import Plan
from corridors.errors import BadInput, Problem
from corridors.outputs.folder import check_writable
from corridors.pipeline.planning import make_plan
from corridors.pipeline.reading import Tables, read_tables, street_cache_dir
from corridors.pipeline.reasons import explain_area, tell_school, tell_segment
from corridors.pipeline.scoring import Scored, place_schools, score_tables
from corridors.pipeline.stages import Stages
from corridors.pipeline.writing import write_plan, write_scores
from corridors.sources.last_plan import LastPlan, read_last_plan

__all__ = ["Checked", "check_area", "explain_place", "plan_tables", "plan_week", "score_week"]


FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What `corridors check` reports on."""

    tables: Tables
    gates: Gates


def check_area(area_file: Path, *, as_of: date | None, today: date, stages: Stages) -> Checked:
    """Read everything, and place the gates."""
    tables = _read(area_file, as_of, today, stages)
    index = SegmentIndex.build(tables.network.segments.geometry.to_numpy())
    return Checked(tables, place_schools(tables, index))


def score_week(
    area_file: Path, out: Path, *, as_of: date | None, today: date, stages: Stages
) -> tuple[Tables, Scored]:
    """Read, score and write the internal figures."""
    check_writable(out, ("internal",))
    tables = _read(area_file, as_of, today, stages)
    scored = score_tables(tables, stages)
    write_scores(out, tables, scored, stages)
    return tables, scored


def explain_place(
    area_file: Path,
    *,
    school_id: str | None,
    segment_id: str | None,
    as_of: date | None,
    today: date,
    stages: Stages,
) -> str:
    """Say why the tested corridor of a school, or a segment, scores as it does.

    Raises
    ------
    BadInput
        Unless exactly one is asked for, and known.
    """
    if (school_id is None) == (segment_id is None):
        raise BadInput(
            Problem("explain", "One thing is explained at a time.", "Give --school or --segment.")
        )
    tables = _read(area_file, as_of, today, stages)
    scored = score_tables(tables, stages)
    with stages.stage("explain", "Taking the scores apart"):
        reasons = explain_area(tables, scored)
    if school_id is not None:
        return tell_school(reasons, school_id)
    return tell_segment(reasons, str(segment_id))


def plan_week(
    area_file: Path,
    week: date,
    out: Path,
    *,
    as_of: date | None,
    issued_on: date | None,
    today: date,
    stages: Stages,
    last_plan: Path | None = None,
) -> tuple[Tables, Scored, Plan]:
    """Read, score, plan and write one week.

    Parameters
    ----------
    area_file
        The area file.
    week
        The Monday.
    out
        The folder to make or replace.
    as_of, issued_on
        Stand in for today: the day to which the evidence reaches, and the day the plan goes out.
    today
        Today. The evidence reaches to the day before the week at the latest, unless ``as_of`` or
        the area file says otherwise.
    stages
        Times the work.
    last_plan
        ``plan.json`` of the plan that this one follows or replaces, or its folder.

    Raises
    ------
    BadInput
        With every problem of what was given.
    OutputError
        When the folder cannot be written; nothing is left half-written.
    """
    _check_dates(week, issued_on)
    check_writable(out, ("internal", "public"))
    # Read first: the new folder may take the place of the old one.
    last = read_last_plan(last_plan) if last_plan else None
    # A plan for a past week is not made from that week's own incidents.
    tables = _read(area_file, as_of, min(today, week - timedelta(days=1)), stages)
    scored, plan = plan_tables(tables, week, issued_on or today, stages, last)
    write_plan(out, tables, scored, plan, stages)
    return tables, scored, plan


def _check_dates(week: date, issued_on: date | None) -> None:
    problems = []
    if week.weekday() != 0:
        problems.append(Problem("--week", "This is not a Monday.", "Give the Monday of the week."))
    for option, day in (("--week", week), ("--issued-on", issued_on)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            problems.append(
                Problem(option, f"The year is not {FIRST_YEAR} to {LAST_YEAR}.", "Correct it.")
            )
    if problems:
        raise BadInput(problems)


def plan_tables(
    tables: Tables, week: date, issued_on: date, stages: Stages, last: LastPlan | None = None
) -> tuple[Scored, Plan]:
    """Score and plan tables that are already read."""
    scored = score_tables(tables, stages)
    return scored, make_plan(tables, scored, week, issued_on, stages, last)


def _read(area_file: Path, as_of: date | None, today: date, stages: Stages) -> Tables:
    return read_tables(
        area_file, as_of=as_of, today=today, stages=stages, cache_dir=street_cache_dir()
    )
