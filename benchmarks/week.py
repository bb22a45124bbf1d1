"""From parsed tables to a plan, for a generated borough: seconds a stage, and memory.

Run it with ``python -m benchmarks.week``; a number of segments a side, incidents and schools may
follow.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.borough import Borough, make_borough
from corridors.domain.area import Area, SchoolsInput, StreetsInput
from corridors.domain.destinations import Destinations
from corridors.domain.inputs import InputRecord
from corridors.domain.parameters import Parameters
from corridors.pipeline.reading import Tables
from corridors.pipeline.reference import read_reference
from corridors.pipeline.severities import severity_of
from corridors.pipeline.stages import Stages
from corridors.pipeline.week import plan_tables
from corridors.pipeline.writing import write_plan

WEEK = date(2026, 9, 14)
ISSUED_ON = date(2026, 9, 8)


def make_tables(borough: Borough, parameters: Parameters) -> Tables:
    """Put a generated borough where read tables would be."""
    area = Area(
        name="Generated borough",
        crs=borough.network.crs,
        timezone=borough.calendar.timezone,
        streets=StreetsInput(attribution="Generated streets"),
        schools=SchoolsInput("generated"),
        incidents=(),
        calendar=borough.calendar,
        parameters=parameters,
    )
    n = len(borough.incidents)
    here = Path()
    severity = severity_of(area, here, borough.incidents)
    return Tables(
        area=area,
        network=borough.network,
        is_covered=np.ones(borough.network.n_segments, bool),
        schools=borough.schools,
        incidents=borough.incidents,
        roster=borough.roster,
        destinations=Destinations.none(),
        reference=dataclasses.replace(read_reference(area, here), severity=severity.weights),
        records=(InputRecord("generated", "0" * 64, n, n),),
        set_aside=pd.DataFrame({"file": [], "line": pd.Series(dtype=int), "reason": []}),
        hashes={},
        facts={},
        notes=(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=116, help="junctions a side")
    parser.add_argument("--incidents", type=int, default=60_000)
    parser.add_argument("--schools", type=int, default=80)
    given = parser.parse_args()
    parameters = Parameters(seed=1, as_of=date(2026, 9, 7))
    for run in ("with compiling", "compiled"):
        borough = make_borough(
            n_side=given.side, n_incidents=given.incidents, n_schools=given.schools
        )
        tables = make_tables(borough, parameters)
        stages = Stages()
        scored, plan = plan_tables(tables, WEEK, ISSUED_ON, stages)
        to_plan_s = sum(stages.seconds.values())
        with tempfile.TemporaryDirectory() as folder:
            write_plan(Path(folder) / "out", tables, scored, plan, stages)
        print(
            f"{run}: {borough.network.n_segments} segments, {len(borough.incidents)} incidents, "
            f"{len(borough.schools)} schools: {to_plan_s:.2f} s from tables to plan; "
            f"{len(plan.corridors)} corridors, {len(plan.patrols)} patrols, "
            f"{len(plan.unmet)} not staffed"
        )
        for name, seconds in stages.seconds.items():
            print(f"  {name:10s} {seconds:7.2f} s   peak {stages.peak_mb[name]:6.0f} MB")


if __name__ == "__main__":
    main()
