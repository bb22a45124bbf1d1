"""Seconds of the forecast and of the stability of a run, on a generated borough.

Run: ``python -m benchmarks.stability [--side 116] [--incidents 60000] [--schools 80]``
"""

from __future__ import annotations

import argparse
import time
from datetime import date

from benchmarks.borough import make_borough
from benchmarks.week import make_tables
from corridors.domain.parameters import Parameters
from corridors.pipeline.forecast import forecast_of
from corridors.pipeline.scoring import score_tables
from corridors.pipeline.stability import stability_of
from corridors.pipeline.stages import Stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=116)
    parser.add_argument("--incidents", type=int, default=60_000)
    parser.add_argument("--schools", type=int, default=80)
    asked = parser.parse_args()
    borough = make_borough(n_side=asked.side, n_incidents=asked.incidents, n_schools=asked.schools)
    # Few null runs: the tests are no part of what is timed.
    tables = make_tables(borough, Parameters(seed=1, as_of=date(2026, 9, 7), n_null_runs=99))
    scored = score_tables(tables, Stages())
    print(
        f"{borough.network.n_segments} segments, {asked.incidents} incidents, "
        f"{asked.schools} schools"
    )
    forecast, stability = None, None
    for attempt in ("first, with compilation", "again"):
        wall_s, core_s = [time.perf_counter()], [time.process_time()]
        for name in ("forecast", "stability"):
            if name == "forecast":
                forecast = forecast_of(tables, scored)
            else:
                stability = stability_of(tables, scored)
            wall_s.append(time.perf_counter())
            core_s.append(time.process_time())
            spent = f"{wall_s[-1] - wall_s[-2]:.2f} s, {core_s[-1] - core_s[-2]:.2f} s of one core"
            print(f"{attempt}: {name} {spent}")
    assert forecast is not None
    assert stability is not None
    print(", ".join(f"{name} {part:.2f}" for name, part in forecast.parts.items() if part > 0.01))
    print(f"{len(stability.record['choices'])} choices. {stability.summary}")


if __name__ == "__main__":
    main()
