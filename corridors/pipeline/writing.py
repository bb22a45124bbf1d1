"""Write what a run found: exact figures inside, and outside only what the one door released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from corridors.domain.area import Contact
from corridors.domain.plan import Plan
from corridors.domain.released import ReleasedPlan
from corridors.domain.vocabulary import Basis, Grade, Origin
from corridors.outputs.calendars import draw_calendar
from corridors.outputs.folder import OutputFolder
from corridors.outputs.geojson import corridors_geojson
from corridors.outputs.internal import (
    report_json,
    school_segments_parquet,
    segments_parquet,
    set_aside_csv,
    timings_json,
)
from corridors.outputs.maps import draw_internal_map, draw_public_map
from corridors.outputs.naming import file_names
from corridors.outputs.notices import draw_notice
from corridors.outputs.plan_json import plan_to_json
from corridors.outputs.plan_page import draw_plan_page
from corridors.outputs.release import release_plan
from corridors.outputs.school_list import schools_json
from corridors.pipeline.findings import (
    Findings,
    find_reasons,
    findings_record,
    segment_columns,
    write_findings,
)
from corridors.pipeline.planning import library_versions, parameters_record
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.stages import Stages
from corridors.planning.protocol import may_publish
from corridors.planning.roster_measures import STAGE_WORDS

__all__ = ["make_report", "write_plan", "write_scores"]


def write_scores(out: Path, tables: Tables, scored: Scored, stages: Stages) -> None:
    """Write the folder of `corridors score`: internal figures only."""
    findings = find_reasons(tables, scored, stages)
    with OutputFolder(out) as folder:
        with stages.stage("write", "Writing"):
            _write_internal(folder, tables, scored, findings)
        folder.write_text("internal/timings.json", timings_json(stages.as_record()))


def write_plan(out: Path, tables: Tables, scored: Scored, plan: Plan, stages: Stages) -> None:
    """Write the folder of `corridors plan`."""
    gates = {
        str(school): (float(x), float(y))
        for school, x, y, segment in zip(
            tables.schools["school_id"],
            tables.schools["x"],
            tables.schools["y"],
            scored.gates.segment,
            strict=True,
        )
        if segment >= 0
    }
    findings = find_reasons(tables, scored, stages)
    with OutputFolder(out) as folder:
        with stages.stage("write", "Drawing the maps and writing the notices"):
            _write_internal(folder, tables, scored, findings)
            folder.write_text("internal/plan.json", plan_to_json(plan))
            released = _release(tables, scored, plan, gates)
            folder.write_text(
                "internal/map.html",
                draw_internal_map(
                    plan,
                    tables.network,
                    gates,
                    segment_intensity=scored.scores.intensity_per_km_day,
                    covered=tables.is_covered,
                    crs=tables.area.crs,
                    released=released,
                ),
            )
            folder.write_text(
                "internal/plan.html",
                draw_plan_page(
                    plan,
                    tables.network,
                    gates,
                    tables.reference.roles,
                    tables.reference.aims,
                    crs=tables.area.crs,
                    released=released,
                    against=may_publish(plan),
                    stage_words=STAGE_WORDS,
                ),
            )
            _write_public(folder, released, tables.area.contact)
        folder.write_text("internal/timings.json", timings_json(stages.as_record()))


def _release(
    tables: Tables, scored: Scored, plan: Plan, gates: dict[str, tuple[float, float]]
) -> ReleasedPlan:
    return release_plan(
        plan,
        tables.network,
        gates,
        tables.reference.roles,
        tables.reference.aims,
        segment_intensity=scored.scores.intensity_per_km_day,
        segment_support=scored.scores.support,
        covered=tables.is_covered,
        crs=tables.area.crs,
        attribution=tables.area.streets.attribution,
    )


def _write_public(folder: OutputFolder, released: ReleasedPlan, contact: Contact) -> None:
    names = file_names(school.school_id for school in released.schools)
    folder.write_text("public/schools.json", schools_json(released, names))
    folder.write_text("public/corridors.geojson", corridors_geojson(released))
    folder.write_text("public/map.html", draw_public_map(released))
    for school_id, name in names.items():
        folder.write_text(f"public/notices/{name}.html", draw_notice(released, school_id, contact))
        folder.write_bytes(f"public/notices/{name}.ics", draw_calendar(released, school_id))


def _write_internal(
    folder: OutputFolder, tables: Tables, scored: Scored, findings: Findings
) -> None:
    scores = scored.scores
    folder.write_bytes(
        "internal/segments.parquet",
        segments_parquet(
            tables.network,
            intensity_per_km_day=np.where(tables.is_covered, scores.intensity_per_km_day, np.nan),
            n_incidents=scores.n_incidents,
            basis=str(scored.base.basis),
            covered=tables.is_covered,
            extra={
                "name": tables.network.segments["name"].to_numpy(str),
                "n_within_reach": scores.support,
                **segment_columns(findings),
            },
        ),
    )
    folder.write_bytes(
        "internal/school_segments.parquet",
        school_segments_parquet(_school_segments(scored, tables)),
    )
    report = {**make_report(tables, scored), **findings_record(findings)}
    folder.write_text("internal/report.json", report_json(report))
    write_findings(folder, findings)
    folder.write_text("internal/set-aside.csv", set_aside_csv(tables.set_aside))


def _school_segments(scored: Scored, tables: Tables) -> pd.DataFrame:
    segment_ids = tables.network.segments["segment_id"].to_numpy(str)
    parts = []
    for school_id, evidence in zip(tables.schools["school_id"], scored.schools, strict=True):
        if evidence.tree is None:
            continue
        rows, n = evidence.tree.segment, evidence.tree.segment.size
        chosen = evidence.test.chosen if evidence.test is not None else np.zeros(n, bool)
        graded = np.where(chosen, str(evidence.graded.grade), str(Grade.NONE))
        grade = np.where(tables.is_covered[rows], graded, str(Grade.UNKNOWN))
        parts.append(
            pd.DataFrame(
                {
                    "school_id": str(school_id),
                    "segment_id": segment_ids[rows],
                    "need": evidence.need,
                    "grade": grade,
                    "expected_need": evidence.expected_need,
                    "walk_to_m": evidence.tree.distance_m,
                    "in_tested_corridor": chosen,
                }
            )
        )
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _EMPTY.items()})


_EMPTY = {
    "school_id": "str",
    "segment_id": "str",
    "need": "float64",
    "grade": "str",
    "expected_need": "float64",
    "walk_to_m": "float64",
    "in_tested_corridor": "bool",
}


def make_report(tables: Tables, scored: Scored) -> dict[str, Any]:
    """Account for every row and school: what ``report.json`` holds.

    Rows in are rows used and rows set aside, for each input.
    """
    incidents, base = tables.incidents, scored.base
    inputs = [
        {
            "path": record.path,
            "sha256": record.sha256,
            "rows_in": record.rows_in,
            "used": record.used,
            "set_aside": dict(sorted(record.set_aside.items())),
            "notes": list(record.notes),
        }
        for record in tables.records
    ]
    precision = incidents["time_precision"].value_counts().sort_index()
    is_discovered = (incidents["origin"] == Origin.DISCOVERED).to_numpy()
    return {
        "area": tables.area.name,
        "as_of": tables.as_of.isoformat(),
        "basis": str(base.basis),
        "inputs": inputs,
        "incidents": {
            "used": len(incidents),
            "scored": scored.n_scored,
            "by_precision": {str(name): int(n) for name, n in precision.items()},
            "discovered_unscored": int((is_discovered & ~scored.scores.is_scored).sum()),
            "outside_window": _outside_window(scored),
            "first_day": base.period.first.isoformat(),
            "last_day": base.period.last.isoformat(),
        },
        "streets": {
            **tables.facts,
            "covered_share": _covered_share(tables),
        },
        "schools": [
            {
                "school_id": str(school_id),
                "gate_distance_m": round(float(distance_m), 2),
                "on_network": bool(segment >= 0),
                "grade": str(evidence.graded.grade),
                "null_runs": evidence.test.n_runs if evidence.test is not None else 0,
            }
            for school_id, distance_m, segment, evidence in zip(
                tables.schools["school_id"],
                scored.gates.distance_m,
                scored.gates.segment,
                scored.schools,
                strict=True,
            )
        ],
        "set_aside_total": len(tables.set_aside),
        "hashes": tables.hashes,
        "parameters": parameters_record(scored.base.parameters),
        "seed": tables.area.parameters.seed,
        "versions": library_versions(),
        "notes": list(tables.notes),
    }


def _outside_window(scored: Scored) -> int | None:
    """Count the scored incidents that fall in no after-school window; None for month-only data."""
    if scored.base.basis is not Basis.WINDOW:
        return None
    is_inside = np.zeros(len(scored.base.incidents), bool)
    for time in scored.base.times:
        is_inside |= time.share > 0
    return int((scored.scores.is_scored & ~is_inside).sum())


def _covered_share(tables: Tables) -> float:
    length_m = tables.network.length_m
    return round(float(length_m[tables.is_covered].sum() / length_m.sum()), 4)
