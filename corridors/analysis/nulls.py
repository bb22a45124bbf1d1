"""The stated null hypotheses: what would be seen if nothing were tied to the hours, or places.

The null hypothesis for a school: what happens at a place is not tied to the after-school window.
Places, dates, categories, weights and bursts stay as they are; each burst on a school day is given
the window share of another of the same category on a school day, drawn from the whole area. So a
street that is merely busy, or only lately busy, does not stand out. Every run then chooses its
corridor anew, so the search for the best corridor is part of the null and finds nothing by itself.

Month-only data has no hours to exchange. There the null takes what each anchor holds in one month
and scatters it over the school's surroundings in proportion to length; what it shows is where,
never when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["HoursNull", "Null", "NullDraws", "PlaceNull"]

FloatArray = NDArray[np.float64]

TABLE_STEPS = 2**17
"""Steps in which a school's surroundings are drawn from: about 0.3 m of street each."""


@dataclass(frozen=True, slots=True, eq=False)
class NullDraws:
    """Where a null run takes its hours from: the area's bursts on school days, by category.

    Parameters
    ----------
    when
        ``(n_pool,)`` window share of each burst, sorted by stratum.
    first, size
        ``(n_strata,)`` where a stratum begins in ``when`` and how many it has.
    """

    when: FloatArray
    first: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def build(cls, when: FloatArray, stratum: NDArray[np.int32]) -> NullDraws:
        """Sort the bursts of the area by stratum."""
        order = np.argsort(stratum, kind="stable")
        size = np.bincount(stratum).astype(np.int64)
        return cls(when[order], np.cumsum(size) - size, size)

    @property
    def mean(self) -> FloatArray:
        """Mean of each stratum."""
        total = np.add.reduceat(self.when, self.first) if self.when.size else np.zeros(0)
        return total / np.maximum(self.size, 1)

    def draw(self, stratum: NDArray[np.int32], n_runs: int, rng: np.random.Generator) -> FloatArray:
        """Draw an hour for each burst and run: ``(len(stratum), n_runs)``."""
        u = rng.random((stratum.size, n_runs), dtype=np.float32)
        at = (u * self.size[stratum][:, None]).astype(np.int64)
        at = np.minimum(at, self.size[stratum][:, None] - 1) + self.first[stratum][:, None]
        return self.when[at]


class Null(Protocol):
    """A stated null hypothesis for one school."""

    def expected(self) -> FloatArray:
        """Give the expected weight on each segment, ``(n,)``."""
        ...

    def masses(self, n_runs: int, rng: np.random.Generator) -> FloatArray:
        """Give the weight on each segment in each run, ``(n_runs, n)``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class HoursNull:
    """Bursts stay where and on the day they are, and get the hours of others of their category.

    Parameters
    ----------
    fixed_mass
        ``(n,)`` weight in the window of bursts that are not on a school day: intervals that reach
        into one. They stay as they are.
    unit_mass
        ``(n, n_units)`` weight that each burst on a school day would put on each segment if it
        fell wholly in the window.
    stratum
        ``(n_units,)`` stratum of each of these bursts in the draws.
    draws
        Hours of the area's bursts.
    """

    fixed_mass: FloatArray
    unit_mass: sparse.csr_matrix
    stratum: NDArray[np.int32]
    draws: NullDraws

    def expected(self) -> FloatArray:
        """Give each burst the mean of its stratum."""
        return self.fixed_mass + self.unit_mass @ self.draws.mean[self.stratum]

    def masses(self, n_runs: int, rng: np.random.Generator) -> FloatArray:
        """Draw an hour for each burst."""
        hours = self.draws.draw(self.stratum, n_runs, rng)
        return np.ascontiguousarray((self.unit_mass @ hours).T) + self.fixed_mass


@dataclass(frozen=True, slots=True, eq=False)
class PlaceNull:
    """What an anchor holds in one month moves as one, and is scattered over the covered length.

    Parameters
    ----------
    spread
        ``(n, n)`` part of one unit at the middle of each segment that falls on each segment.
    length_m
        ``(n,)`` lengths, 0 where the sources have no data.
    unit_weight
        ``(n_units,)`` weight of the incidents of each anchor and month.
    table
        ``(TABLE_STEPS,)`` segment at each of so many equal steps along the length: one look-up a
        draw instead of a search.
    """

    spread: sparse.csr_matrix
    length_m: FloatArray
    unit_weight: FloatArray
    table: NDArray[np.int64]

    @classmethod
    def build(
        cls, spread: sparse.csr_matrix, length_m: FloatArray, unit_weight: FloatArray
    ) -> PlaceNull:
        """Lay the steps along the segments."""
        edges = np.cumsum(length_m)
        steps = (np.arange(TABLE_STEPS) + 0.5) * (edges[-1] / TABLE_STEPS)
        table = np.minimum(np.searchsorted(edges, steps), length_m.size - 1)
        return cls(spread, length_m, unit_weight, table)

    def expected(self) -> FloatArray:
        """Spread the whole weight evenly over the length."""
        share = self.length_m / max(float(self.length_m.sum()), 1e-9)
        return self.spread @ (share * self.unit_weight.sum())

    def masses(self, n_runs: int, rng: np.random.Generator) -> FloatArray:
        """Draw a segment for each unit, in proportion to length."""
        n = self.length_m.size
        at = self.table[rng.integers(TABLE_STEPS, size=(n_runs, self.unit_weight.size))]
        at += n * np.arange(n_runs)[:, None]
        weight = np.broadcast_to(self.unit_weight, at.shape)
        placed = np.bincount(at.ravel(), weights=weight.ravel(), minlength=n_runs * n)
        return np.ascontiguousarray((self.spread @ placed.reshape(n_runs, n).T).T)
