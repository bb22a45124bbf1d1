"""A year of incidents, as a force would export them: background, planted, found, and damaged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from data.demo_generator.background import (
    Places,
    draw_when,
    find_places,
    lengthen,
    point_on,
    tidy_minute,
)
from data.demo_generator.geometry import generator, to_grid
from data.demo_generator.offences import AIMS, KINDS, AimMix, Kind
from data.demo_generator.terms import FIRST_DAY, LAST_DAY, bell_of, teaching_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo_generator.network import Network
    from data.demo_generator.places import School
    from data.demo_generator.streets import Town

__all__ = ["HEADER", "Record", "Year", "draw_year", "rows_of"]

HEADER = (
    "Crime Number",
    "Committed From Date",
    "Committed From Time",
    "Committed To Date",
    "Committed To Time",
    "Offence Group",
    "Recorded As",
    "How Reported",
    "Easting",
    "Northing",
)
_BY_SLUG = {kind.slug: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Record:
    """One incident as it will be exported; ``origin`` says why it is here and is not exported."""

    start: datetime
    end: datetime | None
    kind: Kind
    wording: str
    channel: str
    xy: tuple[float, float]
    origin: str


@dataclass(frozen=True, slots=True)
class Year:
    """All incidents in order of their beginning, with what was planted where."""

    records: list[Record]
    n_planted: dict[str, int] = field(default_factory=dict)
    decoys: dict[str, str] = field(default_factory=dict)


def draw_year(town: Town, schools: list[School], seed: int) -> Year:
    """Draw the year: what every town has, what was planted, and what should fool nobody."""
    places = find_places(town.network, generator(seed, 20))
    records = _background(places, generator(seed, 21))
    n_planted: dict[str, int] = {}
    decoys: dict[str, str] = {}
    quiet = [school for school in schools if school.planted is None]
    for number, school in enumerate(schools):
        rng = generator(seed, 22, number)
        if school.planted is not None:
            drawn = _plant(town.network, school, AIMS[school.planted.towards], rng)
            n_planted[school.school_id] = len(drawn)
            records += drawn
    records += _searches(town.network, quiet[0], generator(seed, 23))
    decoys[quiet[0].school_id] = "stop and search after school: found by police, scores nothing"
    records += _late_pub(town.network, quiet[1], generator(seed, 24))
    decoys[quiet[1].school_id] = "a rowdy pub near the gate: much harm, at night"
    inside = [record for record in records if FIRST_DAY <= record.start.date() <= LAST_DAY]
    return Year(sorted(inside, key=lambda record: (record.start, record.xy)), n_planted, decoys)


def _record(
    kind: Kind,
    when: datetime,
    xy: NDArray[np.float64],
    origin: str,
    rng: np.random.Generator,
) -> Record:
    exact, interval, _ = kind.precision
    chance = rng.random()
    when = tidy_minute(when, rng)
    start, end = when, when
    if chance >= exact + interval:
        last = None
    else:
        if chance >= exact:
            start, end = lengthen(kind, when, rng)
        last = end
    channel = (
        "Police"
        if kind.found_by_police
        else str(rng.choice(["999", "101", "Online", "Front counter"], p=[0.4, 0.3, 0.22, 0.08]))
    )
    wording = str(rng.choice(np.array(kind.wording)))
    return Record(start, last, kind, wording, channel, (float(xy[0]), float(xy[1])), origin)


def _background(places: Places, rng: np.random.Generator) -> list[Record]:
    return [
        _record(
            kind,
            draw_when(kind.hours, kind.weekend, rng),
            places.draw(kind.places, rng),
            "background",
            rng,
        )
        for kind in KINDS
        for _ in range(int(rng.normal(kind.n_year, np.sqrt(kind.n_year) / 2)))
    ]


def _after_bell(
    school: School, days: list[date], mix: AimMix, rng: np.random.Generator
) -> datetime:
    strength = np.array([mix.weekdays[day.weekday()] for day in days])
    day = days[int(rng.choice(len(days), p=strength / strength.sum()))]
    minute = int(rng.beta(*mix.after_min) * 120)
    start = datetime.combine(day, bell_of(school.school_id, day))
    return start + timedelta(minutes=minute)


def _plant(network: Network, school: School, mix: AimMix, rng: np.random.Generator) -> list[Record]:
    """Plant 78 to 104 incidents on the way home: a third at three corners, most at the end."""
    if school.planted is None:
        return []
    pieces = np.array(school.planted.pieces)
    length = network.length_m[pieces]
    # Where the way ends, at the interchange, bridge or park, most comes together.
    last = len(pieces) - 1 - int(np.argmax(length[::-1][:4]))
    corners = [
        last,
        last,
        *rng.choice(last, 2, replace=False, p=length[:last] / length[:last].sum()),
    ]
    shares = np.array(list(mix.kinds.values()))
    days = teaching_days()
    records = []
    for _ in range(int(rng.integers(78, 105))):
        if rng.random() < 0.33:
            piece, share = int(pieces[rng.choice(corners)]), rng.uniform(0.4, 0.6)
        else:
            piece = int(rng.choice(pieces, p=length / length.sum()))
            share = rng.uniform(0.05, 0.95)
        xy = point_on(network, piece, share, rng.choice([-1, 1]) * rng.uniform(1, 4))
        kind = _BY_SLUG[list(mix.kinds)[int(rng.choice(len(shares), p=shares / shares.sum()))]]
        # Pupils remember when; a quarter know it only to half an hour or so.
        kind = replace(kind, precision=(0.76, 0.16, 0.08), interval_h=0.5)
        when = _after_bell(school, days, mix, rng)
        record = _record(kind, when, xy, f"planted {school.school_id}", rng)
        channel = "School" if rng.random() < 0.35 else record.channel
        records.append(replace(record, channel=channel))
    return records


def _searches(network: Network, school: School, rng: np.random.Generator) -> list[Record]:
    """Draw searches near a school after the bell, where officers were sent and nothing else is."""
    days = teaching_days()
    mix = AimMix("", {}, (1, 1, 1, 1, 1), (2.0, 2.5))
    near = _near(network, school, 160.0)
    return [
        _record(
            _BY_SLUG["stop_and_search"],
            _after_bell(school, days, mix, rng),
            point_on(network, int(rng.choice(near)), rng.uniform(0.1, 0.9), 3.0),
            f"searches {school.school_id}",
            rng,
        )
        for _ in range(58)
    ]


def _late_pub(network: Network, school: School, rng: np.random.Generator) -> list[Record]:
    """Draw the nights of one pub near a school: fights and broken windows after nine."""
    near = _near(network, school, 220.0)
    spot = point_on(network, int(rng.choice(near)), 0.5, 5.0)
    records = []
    for _ in range(52):
        kind = _BY_SLUG[str(rng.choice(["violence", "public_order", "criminal_damage"]))]
        kind = replace(kind, precision=(0.9, 0.03, 0.07), interval_h=0.4)
        when = draw_when(((1.0, 22.6, 1.0),), 2.2, rng)
        xy = spot + rng.normal(0, 5, 2)
        records.append(_record(kind, when, xy, f"pub {school.school_id}", rng))
    return records


def _near(network: Network, school: School, reach_m: float) -> NDArray[np.int64]:
    middle = np.array([line.interpolate(0.5, normalized=True).coords[0] for line in network.lines])
    near = np.hypot(*(middle - np.array(school.gate)).T) < reach_m
    return np.flatnonzero(near & network.walkable)


def _cells(record: Record, number: str) -> list[str]:
    grid = np.round(to_grid(np.array([record.xy])))[0].astype(int)
    end = record.end
    return [
        number,
        record.start.strftime("%d/%m/%Y"),
        record.start.strftime("%H:%M"),
        end.strftime("%d/%m/%Y") if end else "",
        end.strftime("%H:%M") if end else "",
        record.kind.group,
        record.wording,
        record.channel,
        str(grid[0]),
        str(grid[1]),
    ]


def rows_of(year: Year, seed: int) -> list[list[str]]:
    """Turn the year into rows of text, about one in a hundred damaged as real exports are."""
    rng = generator(seed, 30)
    rows = [
        _cells(record, f"HV/{record.start.year % 100}/{7000 + 3 * n:06d}")
        for n, record in enumerate(year.records)
    ]
    background = [
        n
        for n, record in enumerate(year.records)
        if record.origin == "background" and record.end not in (None, record.start)
    ]
    picked = [int(n) for n in rng.choice(background, 36, replace=False)]
    for n in picked[:8]:
        rows[n][0] = ""  # a blank number: the incident counts all the same
    for n in picked[8:13]:
        rows[n][1] = str(rng.choice(["31/02/2026", "31/11/2025", "30/02/2026"]))
    for n in picked[13:19]:
        rows[n][1:5] = [*rows[n][3:5], *rows[n][1:3]]  # ends before it begins
    for n in picked[19:24]:
        rows[n][8:10] = [str(int(rows[n][8]) - 91_000), str(int(rows[n][9]) + 37_000)]
    for n in picked[24:28]:
        rows[n][8:10] = ["", ""]
    for n in picked[28:30]:
        rows[n][1:5] = ["29/03/2026", "01:30", "29/03/2026", "04:00"]  # the hour that was not
    copies = [list(rows[n]) for n in picked[30:]]
    return [*rows, *copies]
