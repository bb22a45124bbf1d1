"""Every constant that changes a result: its unit, default, bounds and source, in one place.

An area file overrides them under ``[parameters]``; a plan records all of them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = ["Parameters", "describe_parameters"]


def _parameter(
    default: Any,
    *,
    unit: str,
    source: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    metadata = {"unit": unit, "source": source, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one run. See `describe_parameters` for units, bounds and sources."""

    # --- the run
    seed: int = _parameter(0, unit="", low=0, high=2**32 - 1, source="any; recorded in the plan")
    as_of: date | None = _parameter(
        None, unit="date", source="today unless given; later incidents are not used"
    )

    # --- when
    before_min: int = _parameter(
        10, unit="min before the bell", low=0, high=120, source="method 2: pupils leave at the bell"
    )
    after_min: int = _parameter(
        150, unit="min after the bell", low=15, high=480, source="method 2; Vulliamy et al. 2018"
    )
    long_interval_h: float = _parameter(
        24.0, unit="h", low=1, high=240, source="method 2: longer intervals are flagged"
    )
    half_life_days: float = _parameter(
        180.0, unit="days", low=1, high=36500, source="method 3: recency"
    )

    # --- where
    snap_tolerance_m: float = _parameter(
        50.0,
        unit="m",
        low=1,
        high=500,
        source="method 3: nothing far from a street is forced on it",
    )
    anchor_radius_m: float = _parameter(
        60.0,
        unit="m",
        low=1,
        high=500,
        source="a snapped or block point is spread over the segments this near; "
        "police.uk anchors stand for eight or more addresses",
    )
    area_radius_m: float = _parameter(
        200.0, unit="m", low=1, high=2000, source="spread of a point that stands for an area"
    )
    gate_tolerance_m: float = _parameter(
        250.0, unit="m", low=1, high=2000, source="a gate farther from any street is not placed"
    )
    kernel: str = _parameter(
        "epanechnikov",
        unit="",
        choices=("epanechnikov", "biweight"),
        source="Okabe and Sugihara 2012",
    )
    bandwidth_m: float = _parameter(
        100.0,
        unit="m (reach of the kernel)",
        low=10,
        high=2000,
        source="docs/calibration.md: of planted corridors 0.81 of the length was found, with 200 m "
        "0.74; method 3 has 150 to 300 m",
    )
    bandwidth_choice: str = _parameter(
        "given",
        unit="",
        choices=("given", "likelihood"),
        source="whether bandwidth_m is used, or the reach under which incidents held out of the "
        "past are likeliest; what was calibrated was calibrated at the given one",
    )
    bandwidth_low_m: float = _parameter(
        50.0, unit="m", low=10, high=2000, source="shortest reach that the likelihood tries"
    )
    bandwidth_high_m: float = _parameter(
        800.0, unit="m", low=10, high=2000, source="longest reach that the likelihood tries"
    )
    bandwidth_floor_share: float = _parameter(
        0.01,
        unit="share of the density",
        low=0.0001,
        high=0.5,
        source="the same everywhere, so that no incident is held impossible",
    )
    kernel_steps: int = _parameter(
        32,
        unit="steps to the kernel's reach",
        low=8,
        high=1024,
        source="0.04 to 0.13 % (L1) off 1,024 steps on Portsmouth, London and San Francisco",
    )
    min_covered_share: float = _parameter(
        0.5,
        unit="share of length",
        low=0.05,
        high=1.0,
        source="of the streets around a school; with less coverage the answer is unknown",
    )
    severity: str = _parameter(
        "count",
        unit="",
        choices=("count", "cchi", "ons_css", "own"),
        source="method 3: no consistent gain of severity over counts; own: [severity] path",
    )

    score_discovered: bool = _parameter(
        default=False,
        unit="",
        source="method 1: what police discover measures where they looked (Lum and Isaac 2016)",
    )

    # --- who walks there
    corridor_length_m: float = _parameter(
        1200.0, unit="m", low=50, high=5000, source="method 6: about 15 minutes' walk"
    )
    max_branches: int = _parameter(
        3, unit="branches", low=1, high=5, source="method 6: a path, or a tree of few branches"
    )
    first_branches: int = _parameter(
        16,
        unit="branches tried",
        low=1,
        high=1000,
        source="with all of them tried the prize was the same at the median of 180 schools in "
        "three areas, and at most 7 % more for nine in ten",
    )
    same_branch_m: float = _parameter(
        60.0, unit="m", low=0, high=1000, source="ends of one branch this near are tried once"
    )
    earning_share: float = _parameter(
        0.25,
        unit="share of the corridor's prize per metre",
        low=0.0,
        high=1.0,
        source="what lies beyond any point of a corridor must hold it, or is cut off",
    )
    corridor_search: str = _parameter(
        "auto",
        unit="",
        choices=("auto", "full", "fast"),
        source="full: the corridor that is walked comes with a proven bound, seconds a school; "
        "fast: local search alone, with a weak bound; auto: full up to most_full_searches",
    )
    most_full_searches: int = _parameter(
        8,
        unit="proposed corridors",
        low=0,
        high=1000,
        source="assumed: more of them, and a plan is waited for too long",
    )
    near_enough: float = _parameter(
        0.05,
        unit="share of the bound",
        low=0.0,
        high=0.5,
        source="the tested corridor is the one walked where no other can hold more than this share "
        "above it: it follows ways that pupils walk. The best on the demo borough winds more and "
        "holds less of what was planted",
    )
    shared_keep_share: float = _parameter(
        0.8,
        unit="share of the need of two corridors",
        low=0.5,
        high=1.0,
        source="assumed: two schools share one corridor of corridor_length_m that holds as much",
    )
    footfall_decay_m: float = _parameter(
        1200.0,
        unit="m of walk from the gate",
        low=50,
        high=20000,
        source="assumed: without destinations footfall falls as exp(-walk / decay); near the usual "
        "walk to secondary school (0.6 miles, rural, National Travel Survey 1992 to 2000). With "
        "600 m less of planted corridors was found",
    )

    footfall_homes_share: float = _parameter(
        0.4,
        unit="share of the pupils who leave on foot",
        low=0.0,
        high=1.0,
        source="National Travel Survey 2010, school trips at 11 to 16: 36 % on foot, 34 % by bus, "
        "4 % otherwise; of those, and an assumed 0.15 who walk elsewhere, by the other decay",
    )
    footfall_stops_share: float = _parameter(
        0.4, unit="share of the pupils who leave on foot", low=0.0, high=1.0, source="the same"
    )
    footfall_stations_share: float = _parameter(
        0.05, unit="share of the pupils who leave on foot", low=0.0, high=1.0, source="the same"
    )
    footfall_stop_decay_m: float = _parameter(
        300.0,
        unit="m of walk to a stop or station",
        low=50,
        high=5000,
        source="assumed: stops compete by exp(-walk / decay); London's access levels (PTAL) count "
        "stops within 640 m",
    )
    footfall_reach_m: float = _parameter(
        3200.0,
        unit="m of walk from the gate",
        low=200,
        high=10000,
        source="2 miles, the lesser walking distance of the Education Act 1996, section 444; "
        "farther destinations draw nobody on foot",
    )

    # --- how sure
    n_null_runs: int = _parameter(
        999, unit="runs a school", low=99, high=99999, source="Monte Carlo test, method 4"
    )
    n_bootstrap: int = _parameter(
        400,
        unit="replicates an interval",
        low=100,
        high=10_000,
        source="Fay and Feuer 1997, Fay and Kim 2017; the ends of an interval move by about a "
        "tenth of its half width from seed to seed",
    )
    min_excess_ratio: float = _parameter(
        1.0,
        unit="observed / expected",
        low=1.0,
        high=10.0,
        source="a segment adds to a corridor when its weight is over this many times what the "
        "hours of the whole area would give it; with 1.5 less of planted corridors was found",
    )
    cluster_gap_h: float = _parameter(
        3.0,
        unit="h",
        low=0.0,
        high=72.0,
        source="incidents at one place closer in time than this are one event to the null",
    )
    burst_cell_m: float = _parameter(
        50.0, unit="m", low=1, high=500, source="side of the square that is one place to a burst"
    )
    min_stratum_bursts: int = _parameter(
        50,
        unit="bursts",
        low=1,
        high=10000,
        source="categories with fewer are pooled: too few times to draw from",
    )
    stop_exceedances: int = _parameter(
        10, unit="runs", low=5, high=1000, source="Besag and Clifford 1991: clearly nothing"
    )
    weak_p: float = _parameter(
        0.1, unit="p before adjusting", low=0.01, high=0.5, source="above it the grade is none"
    )
    false_discovery_rate: float = _parameter(
        0.05, unit="share", low=0.001, high=0.5, source="Benjamini and Hochberg 1995"
    )
    strong_p: float = _parameter(
        0.01, unit="adjusted p", low=0.0001, high=0.5, source="grade strong at or below"
    )
    min_corridor_incidents: int = _parameter(
        10, unit="incidents", low=1, high=1000, source="fewer cannot carry a patrol"
    )
    min_area_incidents: int = _parameter(
        30, unit="incidents", low=1, high=10000, source="fewer in all: not enough to say anything"
    )
    max_anchor_share: float = _parameter(
        0.5,
        unit="share",
        low=0.05,
        high=1.0,
        source="more of a corridor's evidence on one place lowers the grade",
    )
    one_place_share: float = _parameter(
        0.75,
        unit="share",
        low=0.05,
        high=1.0,
        source="more of it on one place is not a corridor: at most weak",
    )

    # --- the patrol
    walk_m_per_s: float = _parameter(
        1.2, unit="m/s", low=0.3, high=2.5, source="the usual design speed of a walking group"
    )
    patrol_min: int = _parameter(
        75, unit="min", low=20, high=240, source="assumed: a walk of the corridor with its dwells"
    )
    dwell_low_min: int = _parameter(10, unit="min", low=1, high=60, source="Koper 1995")
    dwell_high_min: int = _parameter(15, unit="min", low=1, high=60, source="Koper 1995")
    stay_apart_m: float = _parameter(
        50.0,
        unit="m of walk between two stays of a patrol",
        low=0.0,
        high=1000.0,
        source="assumed: nearer ones are one place, and would be one long stay",
    )
    walk_slack: float = _parameter(
        2.0,
        unit="times the shortest walk that covers the corridor",
        low=1.0,
        high=3.0,
        source="a patrol's own walk may be this long: with a way back, the best guess of where it "
        "stays in a given minute is right less often than one in the number of stays",
    )
    min_day_share: float = _parameter(
        0.12,
        unit="share of the corridor's weight on one weekday",
        low=0.0,
        high=1.0,
        source="method 7: a day without evidence has no patrol; an even day holds 0.2",
    )
    schools_per_officer: int = _parameter(
        2, unit="schools", low=1, high=20, source="method 7: two schools to a school-linked officer"
    )
    min_aim_share: float = _parameter(
        0.35,
        unit="share of the corridor's weight in the aim's categories",
        low=0.05,
        high=1.0,
        source="assumed: below it no kind of incident stands out, and the aim is reassurance",
    )
    travel_min: int = _parameter(
        15, unit="min", low=0, high=120, source="assumed: from one corridor to the next"
    )
    max_patrols_day: int = _parameter(
        2,
        unit="patrols of one post on one day",
        low=1,
        high=10,
        source="assumed: two walks and the way between them are an afternoon",
    )
    rest_h: float = _parameter(
        11.0,
        unit="h",
        low=0.0,
        high=20.0,
        source="between a post's patrols of two days: Working Time Regulations 1998, regulation 10",
    )
    most_police_min: int = _parameter(
        1_000_000,
        unit="min of police posts in the week",
        low=0,
        high=1_000_000,
        source="a person's choice from the plan's trade-off; the default is no limit",
    )
    solver_work: float = _parameter(
        3.0,
        unit="deterministic seconds of CP-SAT, all stages of the roster",
        low=0.1,
        high=3600,
        source="measured: proves every stage of 40 patrols with 60 posts; work and not the clock, "
        "so that it repeats",
    )

    # --- what may leave
    min_count: int = _parameter(
        8,
        unit="incidents",
        low=8,
        high=100,
        source="method 9: what rests on fewer does not leave; counts never do",
    )
    notice_lead_days: int = _parameter(
        3, unit="days", low=0, high=28, source="notices go out this long before, or say why not"
    )


def describe_parameters() -> list[dict[str, Any]]:
    """List every parameter with its unit, default, bounds and source.

    Returns
    -------
    list of dict
        Keys ``name default unit low high choices source``, in the order of the class.
    """
    return [
        {"name": field.name, "default": field.default, **field.metadata}
        for field in dataclasses.fields(Parameters)
    ]
