"""Seconds and memory of intervals and reasons for a generated borough.

Run: ``python -m benchmarks.reasons [--side 116] [--incidents 60000] [--schools 80] [--all-hours]``.
The test of the corridors runs with few null runs: it is measured by ``benchmarks.week``.
"""

from __future__ import annotations

import argparse
import dataclasses
import resource
import sys
import time
from datetime import date

import numpy as np

from benchmarks.borough import Borough, make_borough
from benchmarks.week import make_tables
from corridors.analysis.intervals import generator_of, make_events, segment_intervals
from corridors.analysis.reasons import segment_reasons
from corridors.domain.parameters import Parameters
from corridors.pipeline.reasons import (
    explain_area,
    reasons_files,
    tell_school,
    tell_segment,
)
from corridors.pipeline.scoring import score_tables
from corridors.pipeline.stages import Stages


def month_only(borough: Borough) -> Borough:
    """Forget the days: every incident may have been at any time of its month."""
    incidents = borough.incidents.copy()
    local = incidents["starts_at"].dt.tz_convert("Europe/London").dt.tz_localize(None)
    first = local.dt.to_period("M")
    incidents["starts_at"] = first.dt.start_time.dt.tz_localize("Europe/London").dt.tz_convert(
        "UTC"
    )
    after = (first + 1).dt.start_time.dt.tz_localize("Europe/London")
    incidents["ends_at"] = after.dt.tz_convert("UTC")
    incidents["time_precision"] = "month"
    return dataclasses.replace(borough, incidents=incidents)


def peak_mb() -> float:
    """Give the most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=116, help="junctions a side")
    parser.add_argument("--incidents", type=int, default=60_000)
    parser.add_argument("--schools", type=int, default=80)
    parser.add_argument("--all-hours", action="store_true", help="month-only data")
    given = parser.parse_args()
    borough = make_borough(n_side=given.side, n_incidents=given.incidents, n_schools=given.schools)
    borough = month_only(borough) if given.all_hours else borough
    parameters = Parameters(seed=1, as_of=date(2026, 9, 7), n_null_runs=99)
    tables = make_tables(borough, parameters)
    scored = score_tables(tables, Stages())
    base, scores = scored.base, scored.scores
    print(
        f"{base.network.n_segments} segments, {len(tables.incidents)} incidents, "
        f"{len(tables.schools)} schools, {base.basis}; before: peak {peak_mb():.0f} MB"
    )
    events = make_events(base, scores)
    found = segment_intervals(base, scores, events, generator_of(1, "segments"))
    for run in ("first", "again"):
        marks = [time.perf_counter()]
        events = make_events(base, scores)
        marks.append(time.perf_counter())
        found = segment_intervals(base, scores, events, generator_of(1, "segments"))
        marks.append(time.perf_counter())
        table = segment_reasons(base, scores, ["generated"])
        marks.append(time.perf_counter())
        reasons = explain_area(tables, scored)
        marks.append(time.perf_counter())
        files = reasons_files(reasons)
        marks.append(time.perf_counter())
        segment_id = str(base.network.segments["segment_id"].iloc[0])
        told = tell_segment(reasons, segment_id)
        told += tell_school(reasons, str(tables.schools["school_id"].iloc[0]))
        marks.append(time.perf_counter())
        words = (
            "bursts and what one more would weigh",
            f"intervals of all segments, {parameters.n_bootstrap} replicates",
            f"parts of all segments, {len(table):,} rows",
            "all of it again with every corridor explained",
            f"files, {sum(map(len, files.values())) / 2**20:.1f} MB",
            f"telling one segment and one school, {len(told):,} characters",
        )
        print(f"{run}: peak {peak_mb():.0f} MB")
        for name, seconds in zip(words, np.diff(marks), strict=True):
            print(f"  {seconds:7.2f} s  {name}")
    other = segment_intervals(base, scores, events, generator_of(2, "segments"))
    half = 0.5 * (found.high - found.low)
    moved = np.abs(other.high - found.high)[half > 0] / half[half > 0]
    print(f"upper ends move by {np.median(moved):.3f} of a half width from seed to seed (median)")


if __name__ == "__main__":
    main()
