"""Need covered against police minutes, laid out for inline SVG: the choice is a person's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corridors.domain.plan_parts import (
        TradeOff,
    )

__all__ = ["TradeOffChart", "TradeOffRow", "lay_out_trade_off"]

WIDTH, HEIGHT = 520.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 24.0, 26.0, 54.0
_FEW_TICKS = 6


@dataclass(frozen=True, slots=True)
class TradeOffRow:
    """One choice, as the table says it and the chart shows it."""

    police_min: int
    need_share: float
    """Of the most that any choice covers."""
    n_patrols: int
    is_chosen: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class TradeOffChart:
    """Coordinates in a box of ``width`` by ``height``."""

    rows: tuple[TradeOffRow, ...]
    line: str
    """Path data: steps from choice to choice, as nothing lies between them."""
    x_ticks: tuple[tuple[int, float], ...]
    """Police minutes and where they stand."""
    y_ticks: tuple[tuple[int, float], ...]
    """Per cent of the need and where they stand."""
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM

    @property
    def chosen(self) -> TradeOffRow | None:
        """The choice of this plan; None where it is none of them."""
        return next((row for row in self.rows if row.is_chosen), None)


def lay_out_trade_off(choices: Sequence[TradeOff]) -> TradeOffChart | None:
    """Lay out the choices, fewest police minutes first; None where there is no choice to show.

    Need is shown as a share of the most that any choice covers: its own unit says little to most
    readers, and is in ``plan.json``.
    """
    ordered = sorted(choices, key=lambda one: (one.police_min, one.need_covered))
    most_need = max((one.need_covered for one in ordered), default=0.0)
    if not ordered or most_need <= 0:
        return None
    step = _step(ordered[-1].police_min)
    most_min = max(step, step * math.ceil(ordered[-1].police_min / step))
    wide, high = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def x_of(minutes: float) -> float:
        return round(_LEFT + wide * minutes / most_min, 1)

    def y_of(share: float) -> float:
        return round(_TOP + high * (1.0 - share), 1)

    rows = tuple(
        TradeOffRow(
            one.police_min,
            one.need_covered / most_need,
            one.n_patrols,
            one.is_chosen,
            x_of(one.police_min),
            y_of(one.need_covered / most_need),
        )
        for one in ordered
    )
    line = f"M{rows[0].x:g} {rows[0].y:g}" + "".join(f"H{r.x:g}V{r.y:g}" for r in rows[1:])
    return TradeOffChart(
        rows,
        line,
        tuple((minutes, x_of(minutes)) for minutes in range(0, most_min + 1, step)),
        tuple((percent, y_of(percent / 100)) for percent in range(0, 101, 25)),
    )


def _step(most: int) -> int:
    """Choose round minutes between ticks, so that there are few."""
    steps = (15, 30, 60, 75, 150, 300, 600, 1200, 3000, 6000)
    return next((s for s in steps if most <= _FEW_TICKS * s), 5 * math.ceil(most / 25))
