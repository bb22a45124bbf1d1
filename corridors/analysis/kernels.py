"""Kernels of compact support: how one incident is spread over the distance walked from it.

The bandwidth is the *reach* of a kernel: beyond it there is nothing. (Elsewhere a bandwidth may be
a standard deviation: an Epanechnikov kernel of standard deviation s reaches s times root 5.)

Source: Silverman (1986), Density Estimation, table 3.1.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "KERNELS",
    "check_bandwidth",
    "kernel_code",
    "kernel_cumulative",
    "kernel_density",
    "too_many_paths",
    "unit_cumulative",
    "unit_density",
]

KERNELS = ("epanechnikov", "biweight")


def kernel_code(kernel: str) -> int:
    """Give the number by which compiled code knows a kernel.

    Raises
    ------
    BadInput
        The kernel is not one of `KERNELS`.
    """
    if kernel not in KERNELS:
        raise BadInput(
            Problem("parameters.kernel", "no such kernel.", f"Use one of {', '.join(KERNELS)}.")
        )
    return KERNELS.index(kernel)


def check_bandwidth(bandwidth_m: float, length_m: NDArray[np.float64]) -> None:
    """Refuse a bandwidth that means nothing on this network.

    Parameters
    ----------
    bandwidth_m
        Reach of the kernel.
    length_m
        ``(n_segments,)`` lengths of the network; nothing is asked of an empty one.

    Raises
    ------
    BadInput
        The bandwidth is not a number above 0, or is longer than all streets together.
    """
    where = "parameters.bandwidth_m"
    if not (isfinite(bandwidth_m) and bandwidth_m > 0):
        raise BadInput(Problem(where, "must be a finite number above 0 m.", "Use 150 to 300 m."))
    total_m = float(length_m.sum())
    if len(length_m) and bandwidth_m > total_m:
        raise BadInput(
            Problem(
                where,
                "is longer than all streets of the network together.",
                f"Use less than {total_m:.0f} m, or more streets.",
            )
        )


def too_many_paths() -> Problem:
    """Say that the exact method cannot be used here."""
    return Problem(
        "parameters.bandwidth_m",
        "this network has too many paths within it for the exact method.",
        "Use the fast method or a shorter bandwidth.",
    )


@njit(cache=True, nogil=True)
def unit_density(code: int, ratio: float) -> float:
    """Density of a kernel of reach 1 at a distance of 0 or more."""
    if ratio >= 1.0:
        return 0.0
    inside = 1.0 - ratio * ratio
    if code == 0:
        return 0.75 * inside
    return 0.9375 * inside * inside


@njit(cache=True, nogil=True)
def unit_cumulative(code: int, ratio: float) -> float:
    """Mass of a kernel of reach 1 between 0 and a distance of 0 or more: at most one half."""
    if ratio >= 1.0:
        return 0.5
    square = ratio * ratio
    if code == 0:
        return ratio * (0.75 - 0.25 * square)
    return ratio * (0.9375 + square * (-0.625 + 0.1875 * square))


def kernel_density(kernel: str, distance_m: ArrayLike, bandwidth_m: float) -> NDArray[np.float64]:
    """Density of a kernel at signed distances.

    Parameters
    ----------
    kernel
        One of `KERNELS`.
    distance_m
        Any shape.
    bandwidth_m
        Reach of the kernel.

    Returns
    -------
    numpy.ndarray
        Same shape, per metre.
    """
    ratio = np.abs(np.asarray(distance_m, dtype=np.float64)) / bandwidth_m
    inside = np.where(ratio < 1.0, 1.0 - ratio * ratio, 0.0)
    unit = 0.75 * inside if kernel_code(kernel) == 0 else 0.9375 * inside * inside
    return np.asarray(unit / bandwidth_m)


def kernel_cumulative(
    kernel: str, distance_m: ArrayLike, bandwidth_m: float
) -> NDArray[np.float64]:
    """Mass of a kernel up to signed distances: 0 at ``-bandwidth_m``, 1 at ``bandwidth_m``.

    Parameters
    ----------
    kernel
        One of `KERNELS`.
    distance_m
        Any shape.
    bandwidth_m
        Reach of the kernel.

    Returns
    -------
    numpy.ndarray
        Same shape, between 0 and 1.
    """
    ratio = np.clip(np.asarray(distance_m, dtype=np.float64) / bandwidth_m, -1.0, 1.0)
    square = ratio * ratio
    if kernel_code(kernel) == 0:
        return np.asarray(0.5 + ratio * (0.75 - 0.25 * square))
    return np.asarray(0.5 + ratio * (0.9375 + square * (-0.625 + 0.1875 * square)))
