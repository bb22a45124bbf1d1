"""The bundled borough: plan a week of it, and hold what was found against what was planted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyproj
import shapely

from corridors.domain.plan import Plan
from corridors.pipeline.reading import Tables
from corridors.sources.bundled import bundled_path

__all__ = ["DEMO_ISSUED_ON", "DEMO_WEEK", "Finding", "compare_with_truth", "demo_area_file"]

DEMO_WEEK = date(2026, 11, 23)
DEMO_ISSUED_ON = date(2026, 11, 17)
NEAR_M = 15.0
"""A planted street is found where a street of the corridor runs this near to it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was planted at one school, and what was found there."""

    school_id: str
    is_planted: bool
    is_found: bool
    overlap: float | None
    """Share of the planted length that the found corridor covers."""


def demo_area_file() -> Path:
    """Give the area file of the bundled borough."""
    return bundled_path("demo/area.toml")


def compare_with_truth(tables: Tables, plan: Plan, truth_file: Path) -> list[Finding]:
    """Hold a plan of the bundled borough against the planted truth, which nothing else reads.

    Parameters
    ----------
    tables, plan
        Of the demo.
    truth_file
        ``truth.json`` beside the demo's area file.
    """
    truth = json.loads(truth_file.read_text(encoding="utf-8"))["schools"]
    to_area = pyproj.Transformer.from_crs("EPSG:4326", tables.area.crs, always_xy=True)
    segments = tables.network.segments.set_index("segment_id").geometry
    corridors = {corridor.corridor_id: corridor for corridor in plan.corridors}
    findings = []
    for result in plan.schools:
        planted = truth[result.school_id].get("geometry")
        corridor = corridors.get(result.corridor_id or "")
        overlap = None
        if planted is not None:
            line = shapely.LineString(list(to_area.itransform(planted["coordinates"])))
            found = segments[list(corridor.segment_ids)] if corridor else segments[:0]
            near = shapely.buffer(shapely.union_all(found.to_numpy()), NEAR_M)
            overlap = float(line.intersection(near).length / line.length)
        findings.append(
            Finding(result.school_id, planted is not None, corridor is not None, overlap)
        )
    return findings
