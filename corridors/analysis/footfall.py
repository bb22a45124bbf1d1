"""How many pupils walk a street after school.

With destinations, the pupils of a school are split over the kinds of them (homes, stops, stations)
by stated shares, and within a kind by weight and walk. Each walks the shortest way, and the shares
are added up along the way: what comes into a junction goes out of it again, or ends there.

Without homes, stops or stations to walk to, footfall falls with the walk from the gate at an
assumed rate. That is a statement about distance and nothing else, and a plan says that it used it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.analysis.footfall_kernels import flow_from
from corridors.analysis.footfall_places import DestinationPlaces, place_destinations
from corridors.analysis.walking import Adjacency, walk_from
from corridors.domain.destinations import DESTINATION_KINDS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from corridors.analysis.segment_index import SegmentIndex
    from corridors.analysis.surroundings import Gates
    from corridors.analysis.walk_tree import WalkTree
    from corridors.domain.destinations import Destinations
    from corridors.domain.network import StreetNetwork
    from corridors.domain.parameters import Parameters

__all__ = ["Flow", "Footfall", "footfall_of", "footfall_share"]

_LEAST = np.finfo(np.float64).tiny
_NO_DESTINATIONS = (
    "Footfall falls with the walk from the gate at an assumed rate: no destinations are given."
)


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
    return np.maximum(np.exp(-distance / decay_m), _LEAST)


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The walks of one school's pupils, on the segments within reach of its gate.

    Parameters
    ----------
    segment
        ``(n,)`` rows of the network's segments; the gate's is first.
    through
        ``(n,)`` share of the pupils that walks through it to a junction.
    ending
        ``(n, 2)`` share that ends on it, come over its u and over its v; of the gate's own
        segment, whichever way.
    into
        ``(n,)`` node to which those walk through who do; -1 where nobody does, and for the gate's.
    split
        ``(n_kinds + 1,)`` share of the pupils by `DESTINATION_KINDS`, and of those who walk
        elsewhere.
    """

    segment: NDArray[np.int32]
    through: NDArray[np.float64]
    ending: NDArray[np.float64]
    into: NDArray[np.int32]
    split: NDArray[np.float64]

    @property
    def share(self) -> NDArray[np.float64]:
        """``(n,)`` share of the pupils that sets foot on the segment; 1 for the gate's."""
        total = self.through + self.ending.sum(axis=1)
        total[0] = 1.0
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Footfall:
    """Footfall around every school of an area. Make one with `footfall_of`.

    Parameters
    ----------
    note
        What it rests on, in a sentence.
    decay_m
        Without destinations: the rate at which footfall falls with the walk.
    adjacency, gates, places
        The streets, the schools on them and the destinations on them; None without destinations.
    decays_m, shares
        ``(n_kinds + 1,)`` by `DESTINATION_KINDS`, then elsewhere.
    reach_m
        Farthest walk.
    """

    note: str
    decay_m: float
    adjacency: Adjacency | None = None
    gates: Gates | None = None
    places: DestinationPlaces | None = None
    decays_m: NDArray[np.float64] | None = None
    shares: NDArray[np.float64] | None = None
    reach_m: float = 0.0

    @property
    def rests_on_destinations(self) -> bool:
        """Whether destinations are known, or distance alone decides."""
        return self.places is not None

    def share(self, school_row: int, tree: WalkTree) -> NDArray[np.float64]:
        """Give the share of a school's pupils that walks each segment of its tree.

        Parameters
        ----------
        school_row
            Row of the school, as in the gates.
        tree
            What can be walked from its gate.

        Returns
        -------
        ndarray
            ``(n,)`` over 0, at most 1, in the order of the tree; 1 for the gate's own segment
            where destinations are known.
        """
        flow = self.flow(school_row)
        if flow is None:
            return footfall_share(tree.distance_m, self.decay_m)
        order = np.argsort(flow.segment, kind="stable")
        at = np.searchsorted(flow.segment, tree.segment, sorter=order)
        row = order[np.minimum(at, len(order) - 1)]
        found = flow.segment[row] == tree.segment
        share = np.where(found, flow.share[row], 0.0)
        return np.clip(share, _LEAST, 1.0)

    def flow(self, school_row: int) -> Flow | None:
        """Give the walks of one school's pupils; None without destinations, or off the streets."""
        if self.places is None or self.adjacency is None or self.gates is None:
            return None
        segment = int(self.gates.segment[school_row])
        if segment < 0 or self.decays_m is None or self.shares is None:
            return None
        streets, places = self.adjacency, self.places
        gate_m = float(np.clip(self.gates.position_m[school_row], 0, streets.length_m[segment]))
        reach = walk_from(streets, [segment], [gate_m], self.reach_m)
        return Flow(
            *flow_from(
                (segment, gate_m),
                (reach.node, reach.distance_m),
                (streets.u, streets.v, streets.length_m),
                (streets.offset, streets.neighbour, streets.via, streets.arc_m),
                (places.offset, places.kind, places.position_m, places.weight),
                places.spread,
                self.decays_m,
                self.shares,
            )
        )


def footfall_of(
    network: StreetNetwork,
    index: SegmentIndex,
    gates: Gates,
    destinations: Destinations,
    parameters: Parameters,
) -> Footfall:
    """Prepare the footfall around every school.

    Parameters
    ----------
    network, index
        Streets, and the index of their geometries.
    gates
        Where the schools' gates are.
    destinations
        In the network's CRS; none at all leaves the stated decay.
    parameters
        ``footfall_*``, and ``gate_tolerance_m`` for points near no street.

    Returns
    -------
    Footfall
        Within a kind pupils are drawn by weight × exp(−walk / decay). A kind of which nothing lies
        within reach of a school leaves its share to those who walk elsewhere: over all streets
        within reach, by their length and the decay. Destinations beyond a corridor's length are
        walked to as well, over the streets by which the shortest walk leaves.
    """
    decay_m = parameters.footfall_decay_m
    if not len(destinations):
        return Footfall(_NO_DESTINATIONS, decay_m)
    places = place_destinations(network, index, destinations, parameters.gate_tolerance_m)
    shares = _shares(places, parameters)
    decays_m = [
        decay_m if kind == "homes" else parameters.footfall_stop_decay_m
        for kind in DESTINATION_KINDS
    ]
    return Footfall(
        note=_note(places, shares),
        decay_m=decay_m,
        adjacency=Adjacency.build(network.u, network.v, network.length_m, network.n_nodes),
        gates=gates,
        places=places,
        decays_m=np.array([*decays_m, decay_m]),
        shares=shares,
        reach_m=max(parameters.footfall_reach_m, parameters.corridor_length_m),
    )


def _shares(places: DestinationPlaces, parameters: Parameters) -> NDArray[np.float64]:
    """Split the pupils over the kinds that are there; the rest walks elsewhere."""
    stated = [getattr(parameters, f"footfall_{kind}_share") for kind in DESTINATION_KINDS]
    given = np.where(places.n_placed > 0, stated, 0.0)
    return np.append(given, max(1.0 - float(given.sum()), 0.0))


def _note(places: DestinationPlaces, shares: NDArray[np.float64]) -> str:
    """Say what footfall rests on, in steps of a whole per cent."""
    kinds = [
        f"{share:.0%} walk to {kind} ({n:,} placed)"
        for kind, n, share in zip(DESTINATION_KINDS, places.n_placed, shares[:-1], strict=True)
        if n
    ]
    n_far = int(places.n_far.sum())
    far = f" {n_far} destinations are near no street and are left out." if n_far else ""
    return (
        f"Of the pupils who leave a school on foot, {', '.join([*kinds, ''])}and {shares[-1]:.0%} "
        f"elsewhere: shares assumed for every school alike, each by the shortest walk.{far}"
    )
