"""What happens in the town: kinds of offence with their places, hours and wording."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AIMS", "KINDS", "AimMix", "Kind"]

Hours = tuple[tuple[float, float, float], ...]
"""Share, middle (hour of the day) and spread (hours) of each bump of the day's profile."""

_NIGHT_OUT: Hours = ((0.30, 14.0, 4.5), (0.45, 21.0, 2.6), (0.25, 0.6, 1.8))
_EVENING: Hours = ((0.40, 14.5, 4.5), (0.60, 20.5, 3.0))
_SHOPS: Hours = ((1.0, 13.6, 2.7),)
_DAY: Hours = ((0.7, 13.0, 4.2), (0.3, 19.0, 3.2))
_DARK: Hours = ((0.25, 11.0, 4.0), (0.75, 22.5, 3.4))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of offence."""

    slug: str
    group: str
    wording: tuple[str, ...]
    n_year: int
    places: dict[str, float]
    hours: Hours
    weekend: float
    """How much busier a Friday, Saturday or Sunday is."""
    precision: tuple[float, float, float]
    """Shares of exact times, intervals and missing ends."""
    interval_h: float
    """Median length of its intervals."""
    found_by_police: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(
        "violence",
        "Violence Against The Person",
        ("Common assault", "Actual bodily harm", "Assault with injury", "Threats to kill"),
        610,
        {"pub": 0.42, "shop": 0.14, "station": 0.08, "home": 0.28, "street": 0.08},
        _NIGHT_OUT,
        1.7,
        (0.80, 0.12, 0.08),
        0.6,
    ),
    Kind(
        "public_order",
        "Public Order Offences",
        ("Public fear alarm or distress", "Affray", "Section 5 public order"),
        300,
        {"pub": 0.35, "shop": 0.30, "station": 0.15, "street": 0.20},
        _NIGHT_OUT,
        1.5,
        (0.85, 0.08, 0.07),
        0.4,
    ),
    Kind(
        "harassment",
        "Stalking And Harassment",
        ("Harassment", "Malicious communications", "Stalking"),
        210,
        {"home": 0.75, "shop": 0.10, "street": 0.15},
        _DAY,
        1.0,
        (0.45, 0.35, 0.20),
        3.0,
    ),
    Kind(
        "robbery",
        "Robbery",
        ("Robbery - personal", "Robbery - business"),
        95,
        {"pub": 0.25, "station": 0.15, "shop": 0.15, "park": 0.15, "street": 0.30},
        _EVENING,
        1.3,
        (0.90, 0.05, 0.05),
        0.3,
    ),
    Kind(
        "theft_from_person",
        "Theft Offences",
        ("Theft from person",),
        140,
        {"shop": 0.50, "pub": 0.25, "station": 0.15, "street": 0.10},
        _EVENING,
        1.4,
        (0.45, 0.48, 0.07),
        1.2,
    ),
    Kind(
        "shoplifting",
        "Theft Offences",
        ("Theft from shop",),
        390,
        {"shop": 0.88, "station": 0.04, "street": 0.08},
        _SHOPS,
        1.0,
        (0.72, 0.22, 0.06),
        1.0,
    ),
    Kind(
        "burglary",
        "Burglary",
        ("Burglary residential", "Burglary - business and community"),
        230,
        {"home": 0.78, "shop": 0.12, "street": 0.10},
        _DARK,
        1.0,
        (0.10, 0.82, 0.08),
        8.0,
    ),
    Kind(
        "vehicle_crime",
        "Vehicle Offences",
        ("Theft from motor vehicle", "Theft of motor vehicle", "Vehicle interference"),
        300,
        {"home": 0.66, "street": 0.28, "station": 0.06},
        _DARK,
        1.0,
        (0.10, 0.80, 0.10),
        9.0,
    ),
    Kind(
        "bicycle_theft",
        "Theft Offences",
        ("Theft of pedal cycle",),
        120,
        {"station": 0.40, "shop": 0.30, "home": 0.20, "park": 0.10},
        _DAY,
        0.8,
        (0.08, 0.84, 0.08),
        5.0,
    ),
    Kind(
        "criminal_damage",
        "Arson And Criminal Damage",
        ("Criminal damage to motor vehicle", "Criminal damage to a dwelling", "Arson"),
        320,
        {"home": 0.58, "pub": 0.10, "street": 0.22, "park": 0.10},
        _DARK,
        1.3,
        (0.28, 0.62, 0.10),
        6.0,
    ),
    Kind(
        "other_theft",
        "Theft Offences",
        ("Theft in a dwelling", "Making off without payment", "Theft other"),
        270,
        {"shop": 0.35, "home": 0.35, "pub": 0.15, "street": 0.15},
        _DAY,
        1.0,
        (0.22, 0.62, 0.16),
        4.0,
    ),
    Kind(
        "anti_social_behaviour",
        "Anti-Social Behaviour",
        ("ASB nuisance", "ASB personal", "ASB environmental"),
        270,
        {"shop": 0.25, "park": 0.20, "home": 0.35, "station": 0.10, "street": 0.10},
        _EVENING,
        1.3,
        (0.74, 0.16, 0.10),
        1.0,
    ),
    Kind(
        "drugs",
        "Drug Offences",
        ("Possession of cannabis", "Possession of controlled drugs", "Drug trafficking"),
        170,
        {"shop": 0.45, "station": 0.30, "park": 0.15, "street": 0.10},
        _EVENING,
        1.1,
        (0.97, 0.0, 0.03),
        0.5,
        found_by_police=True,
    ),
    Kind(
        "weapons_possession",
        "Possession Of Weapons",
        ("Bladed article", "Possession of offensive weapon"),
        55,
        {"shop": 0.40, "station": 0.40, "pub": 0.20},
        _EVENING,
        1.2,
        (0.97, 0.0, 0.03),
        0.5,
        found_by_police=True,
    ),
    Kind(
        "stop_and_search",
        "Stop And Search",
        ("Stop and search",),
        185,
        {"shop": 0.50, "station": 0.35, "street": 0.15},
        _EVENING,
        1.1,
        (1.0, 0.0, 0.0),
        0.5,
        found_by_police=True,
    ),
)
"""The background of a year. Nothing here knows of schools, bells or teaching days."""


@dataclass(frozen=True, slots=True)
class AimMix:
    """What is planted on one way home."""

    aim: str
    kinds: dict[str, float]
    weekdays: tuple[float, float, float, float, float]
    """Relative strength of Monday to Friday."""
    after_min: tuple[float, float]
    """Shape of the beta distribution over 0 to 120 minutes after the bell."""


AIMS: dict[str, AimMix] = {
    "interchange": AimMix(
        "group_disputes",
        {"violence": 0.52, "public_order": 0.34, "anti_social_behaviour": 0.09, "robbery": 0.05},
        (0.35, 0.35, 1.25, 1.4, 1.65),
        (2.2, 3.0),
    ),
    "footbridge": AimMix(
        "robbery_way_home",
        {"robbery": 0.55, "theft_from_person": 0.27, "violence": 0.10, "criminal_damage": 0.08},
        (1.3, 1.0, 0.7, 1.3, 0.7),
        (2.0, 2.8),
    ),
    "park": AimMix(
        "bullying_harassment",
        {
            "harassment": 0.58,
            "anti_social_behaviour": 0.19,
            "violence": 0.13,
            "public_order": 0.10,
        },
        (1.1, 1.2, 1.2, 1.1, 0.4),
        (1.5, 4.2),
    ),
}
