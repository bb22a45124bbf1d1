"""The reach of the kernel, settled before any incident is spread: given, or by likelihood."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.bandwidth import choose_bandwidth
from corridors.analysis.clusters import burst_number
from corridors.analysis.matching import match_points
from corridors.analysis.predictors import Past
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.weighting import middle_ns, severity_weight
from corridors.domain.bandwidth import BandwidthChoice
from corridors.pipeline.reading import Tables

__all__ = ["likeliest_bandwidth", "settle_bandwidth"]

NS_PER_DAY = 86_400e9


def settle_bandwidth(tables: Tables, index: SegmentIndex) -> tuple[Tables, BandwidthChoice | None]:
    """Settle ``bandwidth_m`` before incidents are located, which spreads them by it.

    Parameters
    ----------
    tables
        From `corridors.pipeline.reading.read_tables`.
    index
        Over the tables' segments.

    Returns
    -------
    tables, choice
        The tables with the chosen ``bandwidth_m`` among their parameters. Without
        ``bandwidth_choice = "likelihood"`` nothing is computed: the same tables, and None.
    """
    if tables.area.parameters.bandwidth_choice != "likelihood":
        return tables, None
    choice = likeliest_bandwidth(tables, index)
    parameters = dataclasses.replace(tables.area.parameters, bandwidth_m=choice.bandwidth_m)
    area = dataclasses.replace(tables.area, parameters=parameters)
    return dataclasses.replace(tables, area=area), choice


def likeliest_bandwidth(tables: Tables, index: SegmentIndex) -> BandwidthChoice:
    """Choose the reach by likelihood, whatever the area file says of it.

    All hours count, because how far a place tells of its surroundings is a matter of the place, and
    the window alone would leave a choice to few incidents. Recency has no part: blocks of time are
    held out, the latest among them.
    """
    parameters, incidents = tables.area.parameters, tables.incidents
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    precision = incidents["place_precision"].to_numpy(object)
    matches = match_points(index, xy[:, 0], xy[:, 1], precision, parameters)
    middle = middle_ns(incidents)
    as_of_ns = _end_of(tables)
    weight = severity_weight(incidents, tables.reference.severity, parameters)
    past = Past(
        incident=matches.point,
        segment=matches.segment,
        position_m=matches.position_m,
        share=matches.share,
        xy=xy,
        weight=np.where(middle < as_of_ns, weight, 0.0),
        age_days=(as_of_ns - middle) / NS_PER_DAY,
    )
    cell = np.floor(xy / parameters.burst_cell_m).astype(np.int64)
    place: NDArray[np.int64] = (cell[:, 0] << 32) + cell[:, 1]
    burst = burst_number(place, middle, parameters.cluster_gap_h)
    return choose_bandwidth(tables.network, past, burst, tables.is_covered, parameters)


def _end_of(tables: Tables) -> int:
    day = pd.Timestamp(tables.as_of + timedelta(days=1), tz=tables.area.timezone)
    return int(day.as_unit("ns").value)
