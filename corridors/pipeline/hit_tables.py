"""Hit rates of folds as rows: one fold, and all folds together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.forecasts import HINDSIGHT, OURS, is_baseline
from corridors.analysis.holdout import LENGTH_SHARES

__all__ = ["Judged", "Key", "pool_folds", "result_rows"]

FloatArray = NDArray[np.float64]
Key = tuple[str, str, str, str]
"""Places, basis, unit and method."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What one fold showed.

    Parameters
    ----------
    rows
        Results, one a place reading, basis, unit, method and length share.
    hits, runs, n_test
        By key: ``(n_shares,)`` hit rates, ``(n_runs, n_shares)`` those of the bootstrap, and the
        incidents behind them.
    scores
        ``fold segment_id method score`` and more.
    facts, notes
        What a reader should know.
    is_spread
        Whether any place is less than exact.
    """

    rows: list[dict[str, Any]]
    hits: Mapping[Key, FloatArray]
    runs: Mapping[Key, FloatArray]
    n_test: Mapping[Key, float]
    scores: pd.DataFrame
    facts: dict[str, Any]
    notes: list[str]
    is_spread: bool


def result_rows(
    hits: Mapping[Key, FloatArray],
    runs: Mapping[Key, FloatArray],
    n_test: Mapping[Key, float],
    fold: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Give one row a key and length share: hit rate, interval, PAI and PEI."""
    rows = []
    for (places, basis, unit, method), rate in hits.items():
        # The best possible is that of loose segments, for corridors too.
        best = hits[places, basis, "segments", HINDSIGHT]
        drawn = runs[places, basis, unit, method]
        for level, share in enumerate(LENGTH_SHARES):
            is_known = bool(np.isfinite(rate[level]))
            low, high = np.quantile(drawn[:, level], [0.025, 0.975]) if is_known else (0.0, 0.0)
            values = (rate[level], low, high, rate[level] / share, rate[level] / best[level])
            names = ("hit_rate", "lo", "hi", "pai", "pei")
            rows.append(
                {
                    **fold,
                    "unit": unit,
                    "method": method,
                    "basis": basis,
                    "length_share": share,
                    **{
                        name: round(float(value), 6) if is_known else None
                        for name, value in zip(names, values, strict=True)
                    },
                    "n_test": round(n_test[places, basis, unit, method], 3),
                    "places": places,
                }
            )
    return rows


def pool_folds(
    judged: Sequence[Judged],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Put the test incidents of all folds together, and set our method against the best baseline.

    Returns
    -------
    pooled, compared
        Rows as the results', and for each places, basis, unit and length share the best baseline
        and our hit rate less its, with an interval from the same draws.
    """
    keys = list(dict.fromkeys(key for one in judged for key in one.hits))
    hits, runs, n_test = {}, {}, {}
    for key in keys:
        having = [one for one in judged if key in one.hits]
        weights = np.array([one.n_test[key] for one in having])
        n_test[key] = float(weights.sum())
        part = (weights / weights.sum()).tolist()
        zero = np.zeros(len(LENGTH_SHARES))
        hits[key] = sum((w * one.hits[key] for w, one in zip(part, having, strict=True)), zero)
        runs[key] = sum((w * one.runs[key] for w, one in zip(part, having, strict=True)), zero)
    rows = result_rows(hits, runs, n_test, {"fold": "all", "origin": None})
    return rows, [row for key in keys if key[3] == OURS for row in _against(key, hits, runs)]


def _against(
    ours: Key, hits: Mapping[Key, FloatArray], runs: Mapping[Key, FloatArray]
) -> list[dict[str, Any]]:
    rivals = [key for key in hits if key[:3] == ours[:3] and is_baseline(key[3])]
    rows = []
    for level, share in enumerate(LENGTH_SHARES):
        known = [key for key in rivals if np.isfinite(hits[key][level])]
        if not known or not np.isfinite(hits[ours][level]):
            continue
        best = max(known, key=lambda key: float(hits[key][level]))
        difference = runs[ours][:, level] - runs[best][:, level]
        low, high = np.quantile(difference, [0.025, 0.975])
        rows.append(
            {
                "places": ours[0],
                "basis": ours[1],
                "unit": ours[2],
                "length_share": share,
                "ours": round(float(hits[ours][level]), 6),
                "best_baseline": best[3],
                "best": round(float(hits[best][level]), 6),
                "difference": round(float(hits[ours][level] - hits[best][level]), 6),
                "lo": round(float(low), 6),
                "hi": round(float(high), 6),
            }
        )
    return rows
