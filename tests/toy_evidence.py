"""Incidents in the toy town, and all that its scores rest on, as the pipeline puts it together."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from corridors.analysis.locating import locate_incidents
from corridors.analysis.scoring import (
    EvidenceBase,
    choose_basis,
    moments_of,
    observed_period,
    window_times,
)
from corridors.analysis.segment_index import SegmentIndex
from corridors.domain.calendar import SchoolCalendar, Term
from corridors.domain.parameters import Parameters
from corridors.domain.tables import INCIDENTS
from tests.toy import ORIGIN, toy_network, toy_schools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["AS_OF", "LONDON", "TERM", "incident", "incident_table", "toy_base", "toy_calendar"]

LONDON = "Europe/London"
TERM = Term(date(2026, 9, 7), date(2026, 12, 18))
AS_OF = date(2026, 11, 20)


def toy_calendar() -> SchoolCalendar:
    """Give a term from 7 September 2026; all schools have a bell at 15:15 on weekdays."""
    return SchoolCalendar(
        timezone=LONDON,
        terms=(TERM,),
        bank_holidays=frozenset(),
        inset_days=frozenset(),
        default_bell=time(15, 15),
    )


def incident(  # the cells of a row, in order
    x: float,
    y: float,
    starts: datetime,
    ends: datetime | None = None,
    *,
    category: str = "robbery",
    origin: str = "reported",
    place_precision: str = "exact",
) -> dict[str, object]:
    """Give one incident, ``x, y`` metres from the town's corner, times local."""
    zone = ZoneInfo(LONDON)
    return {
        "starts_at": starts.replace(tzinfo=zone).astimezone(UTC),
        "ends_at": (ends or starts).replace(tzinfo=zone).astimezone(UTC),
        "time_precision": "exact" if ends is None else "interval",
        "category": category,
        "origin": origin,
        "x": ORIGIN[0] + x,
        "y": ORIGIN[1] + y,
        "place_precision": place_precision,
    }


def incident_table(incidents: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Make a table of incidents out of rows of `incident`."""
    table = pd.DataFrame(incidents)
    table.insert(0, "incident_id", [f"I{n}" for n in range(len(table))])
    table.insert(1, "source", 0)
    table.insert(2, "line", np.arange(len(table)) + 2)
    for column in ("starts_at", "ends_at"):
        table[column] = pd.to_datetime(table[column], utc=True)
    INCIDENTS.check(table)
    return table


def toy_base(
    incidents: pd.DataFrame,
    parameters: Parameters,
    is_covered: NDArray[np.bool_] | None = None,
) -> EvidenceBase:
    """Put incidents on the toy town's streets, in its windows."""
    network, schools = toy_network(), toy_schools()
    index = SegmentIndex.build(network.segments.geometry.to_numpy())
    moments, period = moments_of(incidents), observed_period(incidents, LONDON, AS_OF)
    timetable = toy_calendar().timetable("T1")
    return EvidenceBase(
        network=network,
        located=locate_incidents(network, index, incidents, parameters),
        incidents=incidents,
        moments=moments,
        period=period,
        timezone=LONDON,
        as_of=AS_OF,
        basis=choose_basis(incidents, parameters),
        times=window_times([timetable], moments, period, LONDON, AS_OF, parameters),
        timetable_of_school=np.zeros(len(schools), np.int64),
        school_xy=schools[["x", "y"]].to_numpy(np.float64),
        is_covered=np.ones(network.n_segments, bool) if is_covered is None else is_covered,
        severity={"robbery": 1.0, "violence": 1.0, "other": 1.0},
        parameters=parameters,
    )
