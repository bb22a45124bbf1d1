"""From incidents to the segments on which their weight falls: once for the whole area.

Incidents at one coordinate share an anchor. The footprint of an anchor is the weight that one
incident there puts on each segment through the network kernel; every score, null run and
explanation is then a product of sparse matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from corridors.analysis.matching import Matches, SegmentIndex, match_points
from corridors.analysis.operator import segment_operator
from corridors.domain.network import StreetNetwork
from corridors.domain.parameters import Parameters
from corridors.domain.vocabulary import PlacePrecision

__all__ = ["Located", "locate_incidents"]

PLACE_STEP_M = 1.0
"""Places on one segment closer than this share a footprint: far below any bandwidth."""

SPREAD_STEP_M = 20.0
"""The same for points that are spread over a block or more, which are no more precise."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where the incidents are on the network.

    Parameters
    ----------
    anchor
        ``(n_incidents,)`` column of the incident in ``held`` and ``footprint``; -1 where it is too
        far from any street.
    held
        ``(n_segments, n_anchors)`` part of an incident that lies on each segment itself.
    footprint
        ``(n_segments, n_anchors)`` part of an incident that the kernel puts on each segment.
    """

    anchor: NDArray[np.int64]
    held: sparse.csr_matrix
    footprint: sparse.csr_matrix

    @property
    def n_anchors(self) -> int:
        """Number of distinct coordinates."""
        return int(self.held.shape[1])

    def sum_by_anchor(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a value of the incidents over the anchors that hold them."""
        found = self.anchor >= 0
        weights = value[found].astype(np.float64)
        summed = np.bincount(self.anchor[found], weights=weights, minlength=self.n_anchors)
        return summed.astype(np.float64)


def locate_incidents(
    network: StreetNetwork, index: SegmentIndex, incidents: pd.DataFrame, parameters: Parameters
) -> Located:
    """Match incidents to the network and spread each over the kernel's reach.

    Parameters
    ----------
    network, index
        The streets, and the index over their geometry.
    incidents
        Table of `corridors.domain.tables.INCIDENTS`, in the network's CRS.
    parameters
        The radii of `match_points`, and `bandwidth_m` and `kernel`.
    """
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    precision, _ = pd.factorize(incidents["place_precision"])
    key = np.column_stack([xy, precision])
    order = np.lexsort(key.T)
    is_new = np.ones(len(key), bool)
    is_new[1:] = (np.diff(key[order], axis=0) != 0).any(axis=1)
    anchor = np.empty(len(key), np.int64)
    anchor[order] = np.cumsum(is_new) - 1
    first = order[is_new]
    is_exact = (incidents["place_precision"] == PlacePrecision.EXACT).to_numpy()
    matches = match_points(
        index,
        xy[first, 0],
        xy[first, 1],
        incidents["place_precision"].to_numpy(object)[first],
        parameters,
    )
    n_anchors = len(first)
    held = sparse.csr_matrix(
        (matches.share, (matches.segment, matches.point)), shape=(network.n_segments, n_anchors)
    )
    return Located(
        anchor=np.where(matches.matched[anchor], anchor, -1) if n_anchors else anchor,
        held=held,
        footprint=_spread(network, matches, is_exact[first], n_anchors, parameters),
    )


def _spread(
    network: StreetNetwork,
    matches: Matches,
    is_exact: NDArray[np.bool_],
    n_anchors: int,
    parameters: Parameters,
) -> sparse.csr_matrix:
    """Spread places over the kernel's reach."""
    row, position_m = matches.segment, matches.position_m
    length_m = network.length_m[row]
    # Equal cells along each segment; the middle of its cell stands for a place.
    cell_m = np.where(is_exact[matches.point], PLACE_STEP_M, SPREAD_STEP_M)
    n_cells = np.ceil(length_m / cell_m)
    cell = np.minimum(np.floor(position_m / length_m * n_cells), n_cells - 1)
    rounded_m = (cell + 0.5) / n_cells * length_m
    centimetre = np.round(100 * rounded_m).astype(np.int64)
    places, of_row = np.unique((row.astype(np.int64) << 32) + centimetre, return_inverse=True)
    spread = segment_operator(
        network.u,
        network.v,
        network.length_m,
        network.n_nodes,
        (places >> 32).astype(np.int32),
        (places & 0xFFFFFFFF) / 100.0,
        bandwidth_m=parameters.bandwidth_m,
        kernel=parameters.kernel,
        cell_m=parameters.bandwidth_m / parameters.kernel_steps,
    )
    rows = sparse.csr_matrix(
        (matches.share, (of_row, matches.point)), shape=(len(places), n_anchors)
    )
    return (spread @ rows).tocsr()
