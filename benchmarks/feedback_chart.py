"""The chart of the feedback loop: three small panels, week by week, as SVG written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["draw_chart"]

_LINES = {
    "unscored, no patrols": ("#8a8f98", "2 4"),
    "unscored": ("#1b6f8f", ""),
    "unscored, reports rise": ("#1b6f8f", "6 4"),
    "scored": ("#b3401f", ""),
    "scored, reports rise": ("#b3401f", "6 4"),
}
"""Colour and dashes; the grey dots lie under the blue line where nothing drifts."""

_NAMES = {
    "unscored, no patrols": "no records from patrols",
    "unscored": "discovered not scored (default)",
    "unscored, reports rise": "... and reports rise by a fifth",
    "scored": "discovered scored",
    "scored, reports rise": "... and reports rise by a fifth",
}
_PANELS = (
    ("made_share", "Share of the patrolled streets'", "evidence that patrols made", 0.0, 1.0),
    ("beside", "Streets in common with the same", "week's plan without such records", 0.0, 1.0),
    ("n_ended", "Schools patrolled where all harm", "had ended long before", 0.0, None),
)
_WIDE, _HIGH, _GAP, _LEFT, _TOP = 210.0, 170.0, 62.0, 40.0, 92.0


def draw_chart(runs: Sequence[Mapping[str, object]]) -> str:
    """Draw the mean of each measure over the seeds, for each week and arm.

    Parameters
    ----------
    runs
        One row a seed, arm and week, as ``benchmarks.feedback`` writes them.
    """
    arms = [arm for arm in _LINES if any(row["arm"] == arm for row in runs)]
    weeks = sorted({int(str(row["number"])) for row in runs})
    seeds = len({row["seed"] for row in runs})
    wide = _LEFT + 3 * (_WIDE + _GAP)
    high = _TOP + _HIGH + 40 + 20 * len(arms)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img" '
            'aria-labelledby="title desc" font-family="sans-serif" font-size="12">'
        ),
        '<title id="title">How a plan drifts when patrols change the record</title>',
        f'<desc id="desc">{_in_words(runs, arms, weeks[-1], seeds)}</desc>',
        f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/>',
        (
            f'<text x="{_LEFT:g}" y="24" font-size="15" font-weight="bold">How a plan drifts when '
            "patrols change the record</text>"
        ),
        (
            f'<text x="{_LEFT:g}" y="44" fill="#41505f">Simulated: true harm does not '
            f"change. Weeks 1 to {weeks[-1]}, mean of {seeds} seeds.</text>"
        ),
    ]
    for number, panel in enumerate(_PANELS):
        parts += _panel(runs, arms, weeks, panel, _LEFT + number * (_WIDE + _GAP))
    parts += _legend(arms, _TOP + _HIGH + 52)
    return "\n".join([*parts, "</svg>", ""])


def _mean(runs: Sequence[Mapping[str, object]], arm: str, number: int, key: str) -> float:
    values = [float(str(row[key])) for row in runs if (row["arm"], row["number"]) == (arm, number)]
    return float(np.mean(values)) if values else float("nan")


def _in_words(
    runs: Sequence[Mapping[str, object]], arms: Sequence[str], last: int, seeds: int
) -> str:
    said = [
        f"{arm}: "
        f"{_mean(runs, arm, last, 'made_share'):.0%} of the evidence made by patrols, "
        f"{_mean(runs, arm, last, 'beside'):.0%} of the streets in common, "
        f"{_mean(runs, arm, last, 'n_ended'):.1f} schools patrolled where harm has ended"
        for arm in arms
    ]
    return (
        f"Line charts, means of {seeds} seeds; it is discovered incidents that are scored or not. "
        f"In week {last}: {'; '.join(said)}."
    )


def _panel(
    runs: Sequence[Mapping[str, object]],
    arms: Sequence[str],
    weeks: Sequence[int],
    panel: tuple[str, str, str, float, float | None],
    left: float,
) -> list[str]:
    key, first, second, low, given = panel
    means = {arm: [_mean(runs, arm, week, key) for week in weeks] for arm in arms}
    top = (
        given
        if given is not None
        else float(np.ceil(np.nanmax([1.0, *np.ravel(list(means.values()))])))
    )
    parts = [
        f'<text x="{left:g}" y="{_TOP - 24:g}">{first}</text>',
        f'<text x="{left:g}" y="{_TOP - 9:g}">{second}</text>',
    ]
    for share in (0.0, 0.5, 1.0):
        y = _TOP + _HIGH * (1.0 - share)
        value = low + share * (top - low)
        words = f"{value:.0%}" if given is not None else f"{value:g}"
        parts += [
            f'<path d="M{left:g} {y:g}h{_WIDE:g}" stroke="#d5d9de"/>',
            (
                f'<text x="{left - 5:g}" y="{y + 4:g}" text-anchor="end" fill="#41505f" '
                f'font-size="11">{words}</text>'
            ),
        ]
    for week in (weeks[0], weeks[-1]):
        parts.append(
            f'<text x="{_x(week, weeks, left):.1f}" y="{_TOP + _HIGH + 18:g}" fill="#41505f" '
            f'text-anchor="middle" font-size="11">week {week}</text>'
        )
    # The grey dots come last, so that they are seen on top of the line that they agree with.
    for arm in reversed(arms):
        points = " ".join(
            f"{_x(week, weeks, left):.1f},{_TOP + _HIGH * (1 - (mean - low) / (top - low)):.1f}"
            for week, mean in zip(weeks, means[arm], strict=True)
            if np.isfinite(mean)
        )
        parts.append(f'<polyline points="{points}" fill="none" {_stroke(arm)}/>')
    return parts


def _x(week: int, weeks: Sequence[int], left: float) -> float:
    return left + _WIDE * (week - weeks[0]) / max(weeks[-1] - weeks[0], 1)


def _stroke(arm: str) -> str:
    color, dashes = _LINES[arm]
    return f'stroke="{color}" stroke-width="2.5"' + (
        f' stroke-dasharray="{dashes}"' if dashes else ""
    )


def _legend(arms: Sequence[str], y: float) -> list[str]:
    parts = []
    for number, arm in enumerate(arms):
        at = y + 20 * number
        parts += [
            f'<path d="M{_LEFT:g} {at - 4:g}h36" fill="none" {_stroke(arm)}/>',
            f'<text x="{_LEFT + 46:g}" y="{at:g}">{_NAMES[arm]}</text>',
        ]
    return parts
