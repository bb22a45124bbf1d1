"""The files of a simulated area, put together and written."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from corridors.analysis.gaps import QUIET_SHARE, QUIET_SQUARE_M
from corridors.analysis.noise import last_day
from corridors.outputs.folder import OutputFolder
from corridors.outputs.simulated import (
    incidents_csv,
    readme_text,
    simulated_area_toml,
    truth_json,
)

if TYPE_CHECKING:
    from corridors.pipeline.simulation import Simulated, Simulation

__all__ = ["write_simulated"]


def write_simulated(area_file: Path, out: Path, simulated: Simulated, asked: Simulation) -> None:
    """Write the folder of a simulated area: all of it or nothing.

    Parameters
    ----------
    area_file
        The area file that was simulated.
    out
        The folder to make or replace.
    simulated, asked
        What was made, and what was asked for.
    """
    tables, noise = simulated.tables, simulated.noise
    original = tomllib.loads(area_file.read_text(encoding="utf-8-sig"))
    base_dir, to_dir = area_file.resolve().parent, out.resolve()

    def moved(path: str) -> str:
        return Path(os.path.relpath(base_dir / path, to_dir)).as_posix()

    segment_ids = tables.network.segments["segment_id"].to_numpy(object)
    planted = [
        {
            "school_id": str(tables.schools["school_id"].iloc[one.row]),
            "n_planted": asked.strength,
            "n_recorded": len(one.incidents),
            "length_m": round(float(tables.network.length_m[one.way].sum()), 1),
            "segment_ids": [str(segment) for segment in segment_ids[one.way]],
            "segment_m": [round(float(m), 2) for m in tables.network.length_m[one.way]],
        }
        for one in simulated.planted
    ]
    facts = {
        "area": tables.area.name,
        "seed": asked.seed,
        "strength": asked.strength,
        "years": asked.n_years,
        "places": _places_word(asked),
        "missing_months": [str(month) for month in simulated.gaps.months],
        "quiet_square_m": QUIET_SQUARE_M,
        "quiet_share_reported": QUIET_SHARE,
        "quiet_squares": simulated.gaps.quiet.tolist(),
        "first_day": str(noise.day[0]),
        "last_day": str(noise.day[-1]),
        "n_incidents": len(simulated.incidents),
        "dispersion": round(noise.dispersion, 3),
        "burst_share": round(noise.burst_share, 3),
        "own_hours": [
            name for name, own in zip(noise.category, noise.has_own_hours, strict=True) if own
        ],
        "assumed_hours": [
            name for name, own in zip(noise.category, noise.has_own_hours, strict=True) if not own
        ],
    }
    precisions = simulated.incidents["place_precision"].value_counts().index.astype(str)
    # A mapped file has one precision of place: the usual one is in incidents.csv.
    names = {
        one: "incidents.csv" if n == 0 else f"incidents-{one}.csv"
        for n, one in enumerate(precisions)
    }
    with OutputFolder(out) as folder:
        for precision, name in names.items():
            here = simulated.incidents["place_precision"] == precision
            folder.write_text(name, incidents_csv(simulated.incidents[here]))
        area = simulated_area_toml(original, moved, last_day(noise), asked.seed, names)
        folder.write_text("area.toml", area)
        folder.write_text("truth.json", truth_json(facts, planted))
        folder.write_text("README.md", readme_text(facts, planted))


def _places_word(asked: Simulation) -> str:
    if asked.is_exact:
        return "exact"
    return "anchors" if asked.is_anchored else "as in the source"
