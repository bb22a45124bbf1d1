"""Under which id an area is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corridors.errors import BadInput, Problem

__all__ = ["DEMO_AREA", "AreaName"]


@dataclass(frozen=True, slots=True)
class AreaName:
    """Under which id an area is kept, and which organisation answers for it."""

    area_id: str
    organisation: str

    def __post_init__(self) -> None:
        """Allow what reads well in an address.

        Raises
        ------
        BadInput
            When the id holds anything else.
        """
        if not re.fullmatch(r"[a-z][a-z0-9-]{1,58}[a-z0-9]", self.area_id):
            raise BadInput(
                Problem(
                    "area id",
                    "An area's id holds 3 to 60 small letters, digits and hyphens.",
                    "Give one like north-borough.",
                )
            )


DEMO_AREA = AreaName("haverness", "Haverness Borough Council (fictional)")
