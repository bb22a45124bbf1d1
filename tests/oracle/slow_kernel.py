"""The network kernel from its definition, in plain Python: the twin of the fast ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
from numpy.polynomial import Polynomial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ONE = Polynomial([1.0])
SQUARE = Polynomial([0.0, 0.0, 1.0])
SHAPES = {"epanechnikov": 0.75 * (ONE - SQUARE), "biweight": 15 / 16 * (ONE - SQUARE) ** 2}


class SlowKernel:
    """One incident of weight 1 on a small network, every walk followed."""

    def __init__(
        self,
        u: Sequence[int],
        v: Sequence[int],
        length_m: Sequence[float],
        *,
        bandwidth_m: float,
        kernel: str,
        continuous: bool = True,
    ) -> None:
        self.ends = list(zip(u, v, strict=True))
        self.length_m = list(length_m)
        self.bandwidth_m = bandwidth_m
        self.continuous = continuous
        self.shape = SHAPES[kernel]
        self.sum = self.shape.integ()
        self.graph: nx.MultiGraph[int] = nx.MultiGraph()
        for i, (a, b) in enumerate(self.ends):
            self.graph.add_edge(a, b, key=i)

    def density(self, distance_m: float) -> float:
        ratio = abs(distance_m) / self.bandwidth_m
        return float(self.shape(ratio)) / self.bandwidth_m if ratio < 1 else 0.0

    def between(self, low_m: float, high_m: float) -> float:
        """Kernel mass between two distances of 0 or more."""
        low, high = (min(d / self.bandwidth_m, 1.0) for d in (low_m, high_m))
        return float(self.sum(high) - self.sum(low))

    def entries(self, segment: int, position_m: float) -> Iterator[tuple[int, int, float, float]]:
        """Yield every entry of a walk into a segment: segment, end (0 is u), metres so far, part.

        The walk of the two first waves inside the own segment is not among them.
        """
        a, b = self.ends[segment]
        arrivals = [
            (a, (segment, 0), position_m, 1.0),
            (b, (segment, 1), self.length_m[segment] - position_m, 1.0),
        ]
        while arrivals:
            node, came_by, gone_m, part = arrivals.pop()
            if gone_m >= self.bandwidth_m or part == 0.0:
                continue
            for way in self.ways_out(node):
                share = self.share(self.graph.degree(node), back=way == came_by)
                i, end = way
                yield i, end, gone_m, part * share
                other = self.ends[i][1 - end]
                arrivals.append((other, (i, 1 - end), gone_m + self.length_m[i], part * share))

    def ways_out(self, node: int) -> list[tuple[int, int]]:
        return [(i, end) for i, ends in enumerate(self.ends) for end in (0, 1) if ends[end] == node]

    def share(self, degree: int, *, back: bool) -> float:
        if self.continuous:
            return 2 / degree - 1 if back else 2 / degree
        return 0.0 if back else 1 / (degree - 1)

    def mass(self, segment: int, position_m: float) -> list[float]:
        """Mass on each segment."""
        mass = [0.0] * len(self.ends)
        mass[segment] += self.between(0, position_m)
        mass[segment] += self.between(0, self.length_m[segment] - position_m)
        for i, _, gone_m, part in self.entries(segment, position_m):
            mass[i] += part * self.between(gone_m, gone_m + self.length_m[i])
        return mass

    def value(self, segment: int, position_m: float, at_segment: int, at_m: float) -> float:
        """Density at a place."""
        total = self.density(at_m - position_m) if segment == at_segment else 0.0
        for i, end, gone_m, part in self.entries(segment, position_m):
            if i == at_segment:
                way_m = at_m if end == 0 else self.length_m[i] - at_m
                total += part * self.density(gone_m + way_m)
        return total
