"""How far two answers agree: rankings of streets, and corridors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from corridors.analysis.holdout import top_parts

__all__ = ["corridor_overlap", "rank_agreement", "top_overlap"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def rank_agreement(one: FloatArray, other: FloatArray) -> float:
    """Give Kendall's tau-b: 1 where both rank alike, ties allowed for; NaN where one has no order.

    Kendall (1945), "The treatment of ties in ranking problems".
    """
    if one.size < 2 or one.min() == one.max() or other.min() == other.max():
        return float("nan")
    return float(kendalltau(one, other, variant="b").statistic)


def top_overlap(
    one: FloatArray, other: FloatArray, length_m: FloatArray, is_counted: BoolArray, share: float
) -> float:
    """Give the part of the highest ranked length that two rankings have in common.

    Parameters
    ----------
    one, other
        ``(n_segments,)`` intensities.
    length_m, is_counted
        ``(n_segments,)`` lengths, and the segments in the denominator.
    share
        Of their length that is ranked first.
    """
    budget_m = share * float(length_m[is_counted].sum())
    if budget_m <= 0:
        return float("nan")
    first, second = (top_parts(d, length_m, is_counted, [budget_m])[:, 0] for d in (one, other))
    return float((np.minimum(first, second) * length_m).sum() / budget_m)


def corridor_overlap(one: BoolArray, other: BoolArray, length_m: FloatArray) -> float:
    """Give the part of the longer of two corridors that both hold, by length."""
    longer_m = max(float(length_m[one].sum()), float(length_m[other].sum()))
    return float(length_m[one & other].sum()) / longer_m if longer_m > 0 else float("nan")
