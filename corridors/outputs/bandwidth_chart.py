"""The curve by which the reach of the kernel was chosen, as an SVG. Internal; no counts in it."""

from __future__ import annotations

import textwrap
from math import log
from typing import TYPE_CHECKING, Any

from corridors.outputs.pages import render_page

if TYPE_CHECKING:
    from corridors.domain.bandwidth import BandwidthChoice

__all__ = ["draw_bandwidth_curve"]

WIDTH, HEIGHT = 560.0, 320.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 28.0, 94.0, 46.0
_LINE_LETTERS = 84
_TICKS_M = (25, 50, 100, 200, 400, 800, 1600)


def draw_bandwidth_curve(choice: BandwidthChoice) -> str:
    """Draw how likely held-out incidents are by reach, below the likeliest, with standard errors.

    Parameters
    ----------
    choice
        Without a curve the drawing says why there is none.

    Returns
    -------
    str
        A self-contained SVG with title and description.
    """
    return render_page(
        "bandwidth_chart.svg.j2",
        width=WIDTH,
        height=HEIGHT if len(choice.curve) > 1 else 64.0,
        title="How far an incident tells of its surroundings",
        reason=choice.reason,
        lines=textwrap.wrap(choice.reason, _LINE_LETTERS),
        chart=_chart(choice) if len(choice.curve) > 1 else None,
    )


def _chart(choice: BandwidthChoice) -> dict[str, Any]:
    curve = choice.curve
    low, high = log(curve[0].bandwidth_m), log(curve[-1].bandwidth_m)
    floor = min(-point.behind - point.behind_error for point in curve)
    floor = min(floor, -1e-6)

    def across(bandwidth_m: float) -> float:
        share = (log(bandwidth_m) - low) / (high - low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def down(value: float) -> float:
        return round(_TOP + (value / floor) * (HEIGHT - _TOP - _BOTTOM), 1)

    points = [
        {
            "x": across(point.bandwidth_m),
            "y": down(-point.behind),
            "hi": down(min(-point.behind + point.behind_error, 0.0)),
            "lo": down(-point.behind - point.behind_error),
            "is_used": point.bandwidth_m == choice.bandwidth_m,
        }
        for point in curve
    ]
    as_good = [one for one in (choice.low_m, choice.high_m) if one is not None]
    return {
        "points": points,
        "line": "M" + "L".join(f"{point['x']} {point['y']}" for point in points),
        "top": _TOP,
        "bottom": HEIGHT - _BOTTOM,
        "left": _LEFT,
        "right": WIDTH - _RIGHT,
        "ticks": [
            {"x": across(one), "text": f"{one} m"}
            for one in _TICKS_M
            if curve[0].bandwidth_m <= one <= curve[-1].bandwidth_m
        ],
        "levels": [
            {"y": down(floor * share), "text": f"{floor * share:.2f}" if share else "0"}
            for share in (0.0, 0.5, 1.0)
        ],
        "band": [across(one) for one in as_good],
        "given_x": across(choice.given_m),
        "given": f"given: {choice.given_m:g} m",
        "is_given_left": across(choice.given_m) < WIDTH / 2,
    }
