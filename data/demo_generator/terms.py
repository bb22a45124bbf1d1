"""Terms, INSET days and bells: one truth for the incidents and for the area file."""

from __future__ import annotations

from datetime import date, time, timedelta

__all__ = [
    "BANK_HOLIDAYS",
    "BELLS",
    "DEFAULT_BELL",
    "FIRST_DAY",
    "INSET_DAYS",
    "LAST_DAY",
    "TERMS",
    "bell_of",
    "teaching_days",
]

FIRST_DAY, LAST_DAY = date(2025, 11, 1), date(2026, 10, 31)

TERMS = (
    (date(2025, 9, 2), date(2025, 10, 24)),
    (date(2025, 11, 3), date(2025, 12, 19)),
    (date(2026, 1, 5), date(2026, 2, 13)),
    (date(2026, 2, 23), date(2026, 3, 27)),
    (date(2026, 4, 13), date(2026, 5, 22)),
    (date(2026, 6, 1), date(2026, 7, 21)),
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 4), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 22)),
)
INSET_DAYS = (
    date(2025, 11, 28),
    date(2026, 1, 5),
    date(2026, 6, 26),
    date(2026, 9, 2),
    date(2027, 1, 4),
)
BANK_HOLIDAYS = (
    date(2025, 12, 25),
    date(2025, 12, 26),
    date(2026, 1, 1),
    date(2026, 4, 3),
    date(2026, 4, 6),
    date(2026, 5, 4),
    date(2026, 5, 25),
    date(2026, 8, 31),
)
"""Those of the incident year; the product reads the bundled gov.uk feed."""

DEFAULT_BELL = time(15, 15)
BELLS: dict[str, dict[str, time]] = {
    "H001": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), time(15, 10)),
    "H002": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), time(15, 25)),
    "H003": {**dict.fromkeys(("mon", "tue", "wed", "thu"), time(15, 0)), "fri": time(14, 15)},
    "H004": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), time(14, 50)),
    "H005": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), time(15, 35)),
    "H006": {},
}
"""Bells that differ from the default, which holds at the sixth school."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def bell_of(school_id: str, day: date) -> time:
    """Give a school's bell on a teaching day."""
    return BELLS[school_id].get(_WEEKDAYS[day.weekday()], DEFAULT_BELL)


def teaching_days() -> list[date]:
    """List the teaching days of the incident year."""
    closed = {*INSET_DAYS, *BANK_HOLIDAYS}
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    return [
        day
        for day in days
        if day.weekday() < 5
        and day not in closed
        and any(start <= day <= end for start, end in TERMS)
    ]
