"""Why this street: every score of an area taken apart, with its interval. Internal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from corridors.analysis.intervals import (
    Events,
    SegmentIntervals,
    generator_of,
    make_events,
    segment_intervals,
)
from corridors.analysis.reasons import explain_segment, explain_tested_corridor, segment_reasons
from corridors.domain.reasons import Explained
from corridors.domain.vocabulary import Basis
from corridors.errors import BadInput, Problem
from corridors.outputs.reasons import (
    CORRIDOR_UNIT,
    SEGMENT_UNIT,
    corridor_reasons_json,
    explained_record,
    reasons_page,
    segment_reasons_parquet,
    tell_explained,
)
from corridors.pipeline.assessing import SchoolEvidence
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored

__all__ = [
    "Reasons",
    "explain_area",
    "reasons_files",
    "tell_school",
    "tell_segment",
]

FEWEST_TO_TELL = 5
"""Nearest ids that a message offers."""


@dataclass(frozen=True, slots=True, eq=False)
class Reasons:
    """Every score of an area taken apart.

    Parameters
    ----------
    tables, scored
        What was read, and what it says.
    events
        What the intervals draw again.
    intervals
        One for each segment.
    segments
        Long form, from `corridors.analysis.reasons.segment_reasons`.
    schools
        One for each school, in the order of the table; None where nothing was tested.
    """

    tables: Tables
    scored: Scored
    events: Events
    intervals: SegmentIntervals
    segments: pd.DataFrame
    schools: tuple[Explained | None, ...]

    @property
    def sources(self) -> list[str]:
        """Names of the inputs, in the order of the incidents' ``source``."""
        return _sources(self.tables)


def _sources(tables: Tables) -> list[str]:
    return [record.path for record in tables.records]


def explain_area(tables: Tables, scored: Scored) -> Reasons:
    """Take every score of an area apart.

    Parameters
    ----------
    tables
        From `corridors.pipeline.reading.read_tables`.
    scored
        From `corridors.pipeline.scoring.score_tables`.
    """
    base, scores = scored.base, scored.scores
    events = make_events(base, scores)
    sources = _sources(tables)
    schools: list[Explained | None] = []
    for row, evidence in enumerate(scored.schools):
        interval = evidence.interval
        if evidence.tree is None or evidence.test is None or interval is None:
            schools.append(None)
            continue
        timetable = int(base.timetable_of_school[row])
        chosen = evidence.test.chosen
        schools.append(
            explain_tested_corridor(
                base, scores, events, evidence.tree, chosen, timetable, interval, sources
            )
        )
    rng = generator_of(base.parameters.seed, "segments")
    return Reasons(
        tables=tables,
        scored=scored,
        events=events,
        intervals=segment_intervals(base, scores, events, rng),
        segments=segment_reasons(base, scores, sources),
        schools=tuple(schools),
    )


def reasons_files(reasons: Reasons) -> dict[str, bytes]:
    """Make the internal files of reasons: content by path in the output folder."""
    schools = reasons.tables.schools
    page = [
        (f"{name} ({school_id})", _school_facts(reasons, row), explained)
        for row, (school_id, name, explained) in enumerate(
            zip(schools["school_id"], schools["name"], reasons.schools, strict=True)
        )
    ]
    title = f"Why these corridors: {reasons.tables.area.name}"
    names = reasons.tables.reference.category_names
    return {
        "internal/segment_reasons.parquet": segment_reasons_parquet(reasons.segments),
        "internal/corridor_reasons.json": corridor_reasons_json(_record(reasons)).encode(),
        "internal/reasons.html": reasons_page(title, page, names).encode(),
    }


def _record(reasons: Reasons) -> dict[str, Any]:
    segment_ids = reasons.tables.network.segments["segment_id"].to_numpy(object)
    schools = []
    for school_id, evidence, explained in zip(
        reasons.tables.schools["school_id"], reasons.scored.schools, reasons.schools, strict=True
    ):
        rows = _corridor_rows(evidence)
        schools.append(
            {
                "school_id": str(school_id),
                "grade": str(evidence.graded.grade),
                "reasons": list(evidence.graded.reasons),
                "segment_ids": [str(one) for one in segment_ids[rows]],
                "corridor": None if explained is None else explained_record(explained),
            }
        )
    return {
        "area": reasons.tables.area.name,
        "as_of": reasons.tables.as_of.isoformat(),
        "basis": str(reasons.scored.base.basis),
        "unit": CORRIDOR_UNIT,
        "schools": schools,
    }


def _corridor_rows(evidence: SchoolEvidence) -> Sequence[int]:
    if evidence.tree is None or evidence.test is None:
        return []
    return [int(row) for row in evidence.tree.segment[evidence.test.chosen]]


def _basis_words(reasons: Reasons) -> str:
    if reasons.scored.base.basis is Basis.WINDOW:
        return "Counted in the after-school window, on teaching days."
    return "Counted at all hours, on all days: the incidents have no time of day."


def _school_facts(reasons: Reasons, row: int) -> list[str]:
    evidence = reasons.scored.schools[row]
    facts = [f"Evidence: {evidence.graded.grade}.", *evidence.graded.reasons]
    if reasons.schools[row] is None:
        return [*facts, "No corridor was tested, so there is nothing to take apart."]
    rows = _corridor_rows(evidence)
    segments = reasons.tables.network.segments
    streets = dict.fromkeys(name for name in segments["name"].to_numpy(object)[rows] if name)
    length_m = float(reasons.tables.network.length_m[rows].sum())
    where = f" along {', '.join(streets)}" if streets else ""
    return [*facts, f"The tested corridor is {length_m:,.0f} m{where}.", _basis_words(reasons)]


def tell_school(reasons: Reasons, school_id: str) -> str:
    """Tell why the corridor of one school has its weight, in sentences and a small table.

    Raises
    ------
    BadInput
        When there is no such school.
    """
    schools = reasons.tables.schools
    row = _row_of(schools["school_id"], school_id, "--school", "school")
    return tell_explained(
        f"{schools['name'].iloc[row]} ({school_id})",
        _school_facts(reasons, row),
        reasons.schools[row],
        CORRIDOR_UNIT,
        reasons.tables.reference.category_names,
    )


def tell_segment(reasons: Reasons, segment_id: str) -> str:
    """Tell why one segment has its intensity, in sentences and a small table.

    Raises
    ------
    BadInput
        When there is no such segment.
    """
    network, base = reasons.tables.network, reasons.scored.base
    row = _row_of(network.segments["segment_id"], segment_id, "--segment", "segment")
    name = str(network.segments["name"].iloc[row]) or "a street without a name"
    facts = [f"Segment {segment_id}, {network.length_m[row]:.0f} m.", _basis_words(reasons)]
    explained = None
    if base.is_covered[row]:
        ends = (float(reasons.intervals.low[row]), float(reasons.intervals.high[row]))
        explained = explain_segment(
            base, reasons.scored.scores, reasons.events, row, ends, reasons.sources
        )
    else:
        facts.append("The sources have no data here: the answer is unknown, not zero.")
    names = reasons.tables.reference.category_names
    return tell_explained(f"{name}", facts, explained, SEGMENT_UNIT, names)


def _row_of(ids: pd.Series, wanted: str, where: str, what: str) -> int:
    found = np.flatnonzero(ids.astype(str).to_numpy() == wanted)
    if found.size == 0:
        offered = ", ".join(sorted(ids.astype(str))[:FEWEST_TO_TELL])
        raise BadInput(
            Problem(
                where,
                f"The area has no {what} of that id.",
                f"Give one of its {len(ids)} ids, such as {offered}.",
            )
        )
    return int(found[0])
