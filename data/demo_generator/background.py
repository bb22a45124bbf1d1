"""Where and when things happen without any school: few places have much, most have none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.demo_generator.terms import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo_generator.network import Network
    from data.demo_generator.offences import Hours, Kind

__all__ = ["Places", "draw_when", "find_places", "lengthen", "point_on", "tidy_minute"]

_HOMES = ("terrace", "cross", "collector", "close", "estate")
_N_PLACES = {"shop": 70, "pub": 26, "station": 9, "home": 420, "park": 26, "street": 130}


@dataclass(frozen=True, slots=True)
class Places:
    """Places to which incidents come back: points with unequal weights, by type."""

    xy: dict[str, NDArray[np.float64]]
    weight: dict[str, NDArray[np.float64]]

    def draw(self, types: dict[str, float], rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw one point."""
        names = list(types)
        share = np.array([types[name] for name in names])
        name = names[int(rng.choice(len(names), p=share / share.sum()))]
        row = int(rng.choice(len(self.weight[name]), p=self.weight[name]))
        return np.asarray(self.xy[name][row] + rng.normal(0, 2.0, 2))


def point_on(network: Network, piece: int, share: float, offset_m: float) -> NDArray[np.float64]:
    """Give a point beside a piece of street."""
    line = network.lines[piece]
    foot = np.array(line.interpolate(share, normalized=True).coords[0])
    near = min(share + 0.02, 1.0) if share < 0.98 else share - 0.02
    other = np.array(line.interpolate(near, normalized=True).coords[0])
    step = (other - foot) / max(float(np.hypot(*(other - foot))), 1e-9)
    return np.asarray(foot + np.array([-step[1], step[0]]) * offset_m)


def find_places(network: Network, rng: np.random.Generator) -> Places:
    """Choose the town's repeat places by the kind of their street."""
    kinds, highway = network.of_pieces("kind"), network.of_pieces("highway")
    open_ = network.walkable & (kinds != "pier")
    length = np.where(open_, network.length_m, 0.0)
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(np.array(network.lines), 0.5, normalized=True)
    )
    out = np.hypot(*middle.T)
    in_town = length * (out < 1700)
    main = np.isin(kinds, ("radial", "link", "branch"))
    # Some terraces are burdened and most are not: one factor for a whole street.
    burden = np.exp(rng.normal(0, 1.0, len(network.streets)))[network.source]
    parade = np.zeros(len(kinds))
    for row in rng.choice(np.flatnonzero(main & (out > 550) & (out < 1300)), 4, replace=False):
        parade += np.exp(-((np.hypot(*(middle - middle[row]).T) / 70.0) ** 2))
    shops = np.isin(kinds, ("high_street", "market")) * 1.0 + (kinds == "lane") * 0.12
    pubs = (kinds == "high_street") * 1.0 + (kinds == "lane") * 0.3 + main * 0.12 * (out < 1300)
    weights = {
        "shop": in_town * (shops + parade * main * 0.5),
        "pub": in_town * pubs,
        "station": in_town * np.isin(kinds, ("station", "buses", "station_road")),
        "home": in_town * np.isin(kinds, _HOMES) * (highway != "path") * burden,
        "park": in_town * ((kinds == "park") * 1.0 + (kinds == "towpath") * 0.4),
        "street": in_town * (main * 1.0 + np.isin(kinds, ("ring", "alley", "yard")) * 0.6),
    }
    xy, weight = {}, {}
    for name, n_places in _N_PLACES.items():
        share = weights[name] / weights[name].sum()
        rows = rng.choice(len(share), n_places, p=share)
        xy[name] = np.array(
            [
                point_on(network, int(row), rng.uniform(0.08, 0.92), rng.choice([-1, 1]) * 5.0)
                for row in rows
            ]
        )
        repeat = np.minimum(1 + rng.pareto(1.25, n_places), 25.0)
        weight[name] = repeat / repeat.sum()
    return Places(xy, weight)


def draw_when(hours: Hours, weekend: float, rng: np.random.Generator) -> datetime:
    """Draw a local time: any day of the year, the weekend more, the hours by their profile."""
    n_days = (LAST_DAY - FIRST_DAY).days + 1
    while True:
        day = FIRST_DAY + timedelta(days=int(rng.integers(n_days)))
        season = 1 + 0.10 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 190) / 365.25)
        strength = season * (weekend if day.weekday() >= 4 else 1.0)
        if rng.random() < strength / (1.12 * max(weekend, 1.0)):
            break
    share = np.array([bump[0] for bump in hours])
    _, middle, spread = hours[int(rng.choice(len(hours), p=share / share.sum()))]
    minute = int(rng.normal(middle, spread) * 60) % 1440
    return datetime.combine(day, time(0)) + timedelta(minutes=minute)


def tidy_minute(when: datetime, rng: np.random.Generator) -> datetime:
    """Round as people do: to the quarter, to five minutes, or not; never into a lost hour."""
    step = int(rng.choice([15, 5, 1], p=[0.3, 0.3, 0.4]))
    when -= timedelta(minutes=when.minute % step)
    if when.date() == date(2026, 3, 29) and when.hour == 1:
        when += timedelta(hours=1)
    return when


def lengthen(kind: Kind, when: datetime, rng: np.random.Generator) -> tuple[datetime, datetime]:
    """Make an interval around a time, as long as such things stay unnoticed."""
    hours = kind.interval_h * float(np.exp(rng.normal(0, 0.45)))
    before = timedelta(minutes=round(60 * hours * rng.uniform(0.1, 0.9)))
    start = tidy_minute(when - before, rng)
    end = tidy_minute(start + timedelta(minutes=max(5, round(60 * hours))), rng)
    return start, max(end, start + timedelta(minutes=5))
