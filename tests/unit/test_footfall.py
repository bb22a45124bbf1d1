"""The decay that stands in for destinations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridors.analysis.footfall import footfall_share


def test_by_hand() -> None:
    share = footfall_share(np.array([[0.0, 600.0], [600 * np.log(2), 1200.0]]), 600.0)
    assert share.shape == (2, 2)
    assert share.ravel().tolist() == pytest.approx([1.0, 0.36787944, 0.5, 0.13533528])


@given(
    st.lists(st.floats(0, 1e9), max_size=20).map(sorted),
    st.floats(50, 5000),
)
def test_a_share_that_never_rises_and_never_ends(distances: list[float], decay_m: float) -> None:
    share = footfall_share(distances, decay_m)
    assert ((share > 0) & (share <= 1)).all()
    assert (np.diff(share) <= 0).all()


@pytest.mark.parametrize("distance", [-1.0, np.nan, np.inf])
def test_impossible_distances_are_refused(distance: float) -> None:
    with pytest.raises(ValueError, match="distance"):
        footfall_share([0.0, distance], 600.0)


@pytest.mark.parametrize("decay_m", [0.0, -1.0, np.nan, np.inf])
def test_impossible_decays_are_refused(decay_m: float) -> None:
    with pytest.raises(ValueError, match="decay_m"):
        footfall_share([0.0], decay_m)
