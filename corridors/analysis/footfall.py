"""How many pupils walk a street after school, where nothing is known of where they go.

Without homes, stops or stations to walk to, footfall falls with the walk from the gate at an
assumed rate. That is a statement about distance and nothing else, and a plan says that it used it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["footfall_share"]


def footfall_share(distance_m: ArrayLike, decay_m: float) -> NDArray[np.float64]:
    """Give the share of a school's pupils who walk as far as this: ``exp(-distance / decay)``.

    Parameters
    ----------
    distance_m
        Walking distance from the gate in metres, 0 or more.
    decay_m
        Distance over which footfall falls to 37 %, in metres (parameter ``footfall_decay_m``).

    Returns
    -------
    array
        Shares over 0, at most 1, of the shape of ``distance_m``.

    Raises
    ------
    ValueError
        If a distance is negative or not finite, or the decay is not over 0.

    Examples
    --------
    >>> footfall_share([0.0, 600.0, 1200.0], 600.0).round(3).tolist()
    [1.0, 0.368, 0.135]
    """
    distance = np.asarray(distance_m, np.float64)
    if not (decay_m > 0 and np.isfinite(decay_m)):
        raise ValueError("decay_m must be over 0")
    if not (np.isfinite(distance) & (distance >= 0)).all():
        raise ValueError("every distance must be 0 or more")
    # Never quite 0, however far: a share of 0 would say that nobody walks there.
    return np.maximum(np.exp(-distance / decay_m), np.finfo(np.float64).tiny)
