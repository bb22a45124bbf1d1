"""The toy town's plan after release, for the tests of what goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.outputs.release import release_plan
from tests.toy import (
    TOY_CRS,
    toy_aims,
    toy_basis_arrays,
    toy_gates,
    toy_network,
    toy_plan,
    toy_roles,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from corridors.domain.network import StreetNetwork
    from corridors.domain.plan import Plan
    from corridors.domain.released import ReleasedPlan

__all__ = ["toy_released"]


def toy_released(
    *,
    plan: Plan | None = None,
    network: StreetNetwork | None = None,
    segment_intensity: NDArray[np.float64] | None = None,
    segment_support: NDArray[np.float64] | None = None,
    covered: NDArray[np.bool_] | None = None,
    version: int = 1,
) -> ReleasedPlan:
    """Release the toy plan, or one made from it."""
    intensity, support, all_but_island = toy_basis_arrays()
    return release_plan(
        toy_plan() if plan is None else plan,
        toy_network() if network is None else network,
        toy_gates(),
        toy_roles(),
        toy_aims(),
        segment_intensity=intensity if segment_intensity is None else segment_intensity,
        segment_support=support if segment_support is None else segment_support,
        covered=all_but_island if covered is None else covered,
        crs=TOY_CRS,
        version=version,
    )
