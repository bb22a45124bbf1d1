"""Contract the metre-long pieces of real street data before waves run over it.

Crossings and mapped pavements cut OpenStreetMap into thousands of pieces a few metres long. A wave
passes many of them within one step, which costs far more than it tells. They are contracted to
points, and what falls on the streets beside them is shared back by length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Contracted", "contract_short"]


@dataclass(frozen=True, slots=True, eq=False)
class Contracted:
    """A network without its short pieces.

    Parameters
    ----------
    u, v, length_m, n_nodes
        The network that is left.
    row
        ``(n_segments,)`` row of each segment in it; -1 for a piece that was contracted.
    node
        ``(n_old_nodes,)`` the new node of each old one.
    share_back
        ``(n_segments, n_left)`` how the mass of what is left is shared back; columns sum to 1.
    """

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    n_nodes: int
    row: NDArray[np.int64]
    node: NDArray[np.int32]
    share_back: sparse.csr_matrix

    def place(
        self,
        u: NDArray[np.int32],
        segment: NDArray[np.int32],
        position_m: NDArray[np.float64],
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Move places on contracted pieces to the nearest place that is left.

        A piece without any street left beside it cannot be contracted, so there always is one.

        Parameters
        ----------
        u
            ``(n_segments,)`` start nodes of the whole network.
        segment, position_m
            ``(n,)`` places on it.
        """
        row = self.row[segment]
        is_gone = row < 0
        at_node = self.node[u[segment[is_gone]]]
        touching, at_start = self._touching()
        row[is_gone] = touching[at_node]
        moved_m = position_m.astype(np.float64).copy()
        moved_m[is_gone] = np.where(at_start[at_node], 0.0, self.length_m[touching[at_node]])
        return row.astype(np.int32), moved_m

    def _touching(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Give for each node the lowest row that ends there, and whether with its start."""
        touching = np.full(self.n_nodes, -1, np.int64)
        at_start = np.zeros(self.n_nodes, bool)
        rows = np.arange(self.u.size)
        touching[self.v[::-1]] = rows[::-1]
        is_start = np.full(self.n_nodes, self.u.size, np.int64)
        is_start[self.u[::-1]] = rows[::-1]
        at_start = (touching < 0) | (is_start <= touching)
        return np.where(at_start, is_start, touching), at_start


def contract_short(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    length_m: NDArray[np.float64],
    n_nodes: int,
    shorter_than_m: float,
) -> Contracted:
    """Contract the segments that are shorter than a length.

    Parameters
    ----------
    u, v, length_m, n_nodes
        The network.
    shorter_than_m
        Pieces under this length are contracted, except where no other street would be left in
        their connected part. Walks become shorter by what they pass of them.
    """
    is_short = length_m < shorter_than_m
    is_short &= _has_long_neighbour(u, v, is_short, n_nodes)
    graph = sparse.coo_matrix(
        (np.ones(int(is_short.sum())), (u[is_short], v[is_short])), shape=(n_nodes, n_nodes)
    )
    n_left, node = sparse.csgraph.connected_components(graph, directed=False)
    kept = np.flatnonzero(~is_short)
    row = np.full(u.size, -1, np.int64)
    row[kept] = np.arange(kept.size)
    new_u, new_v = node[u[kept]].astype(np.int32), node[v[kept]].astype(np.int32)
    return Contracted(
        u=new_u,
        v=new_v,
        length_m=length_m[kept],
        n_nodes=int(n_left),
        row=row,
        node=node.astype(np.int32),
        share_back=_share_back(u, length_m, is_short, kept, new_u, new_v, node, int(n_left)),
    )


def _has_long_neighbour(
    u: NDArray[np.int32], v: NDArray[np.int32], is_short: NDArray[np.bool_], n_nodes: int
) -> NDArray[np.bool_]:
    """Tell which segments lie in a connected part that holds a street that is not short."""
    graph = sparse.coo_matrix((np.ones(u.size), (u, v)), shape=(n_nodes, n_nodes))
    _, part = sparse.csgraph.connected_components(graph, directed=False)
    has_long = np.zeros(n_nodes, bool)
    has_long[part[u[~is_short]]] = True
    return has_long[part[u]]


def _share_back(
    u: NDArray[np.int32],
    length_m: NDArray[np.float64],
    is_short: NDArray[np.bool_],
    kept: NDArray[np.int64],
    new_u: NDArray[np.int32],
    new_v: NDArray[np.int32],
    node: NDArray[np.int32],
    n_nodes: int,
) -> sparse.csr_matrix:
    """Lengthen each street that is left by its part of the pieces at its ends; share by length."""
    short = np.flatnonzero(is_short)
    at = node[u[short]]
    n_ends = np.bincount(np.concatenate([new_u, new_v]), minlength=n_nodes)
    end_node = np.concatenate([new_u, new_v])
    end_row = np.tile(np.arange(kept.size), 2)
    ends = sparse.csr_matrix(
        (np.ones(end_node.size), (end_node, end_row)), shape=(n_nodes, kept.size)
    )
    piece = sparse.csr_matrix(
        (length_m[short] / np.maximum(n_ends[at], 1), (short, at)), shape=(u.size, n_nodes)
    )
    own = sparse.csr_matrix(
        (length_m[kept], (kept, np.arange(kept.size))), shape=(u.size, kept.size)
    )
    by_length = (own + piece @ ends).tocsr()
    total = np.asarray(by_length.sum(axis=0), np.float64).ravel()
    return (by_length @ sparse.diags_array(1.0 / np.maximum(total, 1e-12))).tocsr()
