"""What one incident weighs by its kind: its severity, and nothing if police discovered it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import Origin

__all__ = ["middle_ns", "severity_weight"]


def middle_ns(incidents: pd.DataFrame) -> NDArray[np.int64]:
    """Give the middle of each incident's interval, UTC nanoseconds since 1970."""
    starts = incidents["starts_at"].to_numpy("datetime64[ns]").astype(np.int64)
    ends = incidents["ends_at"].to_numpy("datetime64[ns]").astype(np.int64)
    return starts + (ends - starts) // 2


def severity_weight(
    incidents: pd.DataFrame, severity: Mapping[str, float], parameters: Parameters
) -> NDArray[np.float64]:
    """Weigh incidents by severity alone.

    Parameters
    ----------
    incidents
        Table of `corridors.domain.tables.INCIDENTS`.
    severity
        Weight of each category; a category that is missing weighs as ``other``.
    parameters
        `score_discovered` is used.

    Returns
    -------
    ``(n,)`` float64
        Zero for discovered incidents unless `score_discovered`.
    """
    # There are few different words: each is looked up once.
    code, category = pd.factorize(incidents["category"])
    of_category = [severity.get(str(one), severity.get("other", 1.0)) for one in category]
    weight = np.array(of_category, np.float64)[code]
    if not parameters.score_discovered:
        weight = weight * (incidents["origin"] != Origin.DISCOVERED).to_numpy(bool)
    return weight
