"""The reach of the kernel that was chosen, and the curve it rests on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BandwidthChoice", "BandwidthPoint"]


@dataclass(frozen=True, slots=True)
class BandwidthPoint:
    """One candidate.

    Parameters
    ----------
    bandwidth_m
        Reach of the kernel.
    log_likelihood
        Mean over the held-out incidents, by weight, of the logarithm of the density per metre.
    standard_error
        Of that mean; bursts are taken as one.
    behind
        Log likelihood of the likeliest candidate less this one: 0 or more.
    behind_error
        Standard error of that difference, incident by incident: near the likeliest less than the
        other, because what is hard to foresee is so at every reach.
    """

    bandwidth_m: float
    log_likelihood: float
    standard_error: float
    behind: float
    behind_error: float

    @property
    def is_as_good(self) -> bool:
        """Whether it is within one standard error of the likeliest."""
        return self.behind <= self.behind_error


@dataclass(frozen=True, slots=True)
class BandwidthChoice:
    """The reach to use, and what it rests on.

    Parameters
    ----------
    bandwidth_m
        The reach to use: the likeliest, or the given where none could be chosen.
    given_m
        The one given.
    is_chosen
        Whether the likelihood was asked and could answer.
    curve
        By rising reach, the given one among them; empty where there is no answer.
    low_m, high_m
        Shortest and longest candidate within one standard error of the likeliest; None where there
        is no answer.
    is_at_bound
        Whether the likeliest is the shortest or longest that was tried.
    floor_share
        Part of every density that is the same everywhere.
    n_incidents, n_bursts, n_blocks
        What was held out. Internal.
    reason
        In a sentence without counts.
    """

    bandwidth_m: float
    given_m: float
    is_chosen: bool
    curve: tuple[BandwidthPoint, ...]
    low_m: float | None
    high_m: float | None
    is_at_bound: bool
    floor_share: float
    n_incidents: int
    n_bursts: int
    n_blocks: int
    reason: str
