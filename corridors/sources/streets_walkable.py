"""Which OSM ways anybody may walk along: one table of rules, the first that matches decides.

A corridor is proposed to parents, so a street counts only where the public may walk. Where a map
says nothing (``highway=road``, no ``access`` tag) the street is kept: leaving it out would cut
the network at places that everybody uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RULES", "RULE_KEYS", "Rule", "left_out_because"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Parameters
    ----------
    key
        The OSM key that is looked at.
    values
        The values that make the rule match. Of a list such as ``no;yes`` the first counts.
    keep
        Whether a way that matches is kept.
    code
        Reason code under which a way left out is counted; empty for ways kept.
    reason
        Why, for a person.
    """

    key: str
    values: frozenset[str]
    keep: bool
    code: str
    reason: str


def _out(key: str, values: str, code: str, reason: str) -> Rule:
    return Rule(key, frozenset(values.split()), keep=False, code=code, reason=reason)


def _keep(key: str, values: str, reason: str) -> Rule:
    return Rule(key, frozenset(values.split()), keep=True, code="", reason=reason)


RULES: tuple[Rule, ...] = (
    _out("area", "yes", "area", "the outline of a surface, not a line to walk along"),
    _out(
        "highway",
        "abandoned construction demolished disused no planned proposed razed removed",
        "not_built",
        "not there: planned, being built or gone",
    ),
    _out(
        "highway",
        "elevator platform corridor rest_area services raceway via_ferrata escape",
        "not_a_street",
        "inside a building or a station, or not a public way",
    ),
    _out("indoor", "yes corridor room area", "not_a_street", "inside a building"),
    _out(
        "conveying",
        "yes forward backward reversible",
        "not_a_street",
        "an escalator, mostly behind a ticket gate",
    ),
    _out(
        "foot",
        "no private use_sidepath agricultural forestry customers delivery permit residents",
        "closed_on_foot",
        "closed to the public on foot, or its footpath is mapped beside it",
    ),
    _keep(
        "foot",
        "yes designated permissive public official destination",
        "the map says that people may walk here, whatever else it says",
    ),
    _out(
        "highway",
        "motorway motorway_link bus_guideway busway",
        "vehicles_only",
        "people on foot are forbidden unless the map says otherwise",
    ),
    _out("motorroad", "yes", "vehicles_only", "motorway rules hold: no people on foot"),
    _out(
        "access",
        "no private customers permit residents delivery military agricultural forestry "
        "employees staff authorized emergency",
        "private",
        "not open to the public",
    ),
    _out(
        "service",
        "driveway parking_aisle drive-through private emergency_access slipway",
        "service_only",
        "leads to a house or a parking place: not where pupils walk together",
    ),
    _keep(
        "highway",
        "footway path steps pedestrian living_street track bridleway",
        "made for walking, or open to it by default",
    ),
    _keep("highway", "cycleway", "walkable in Britain unless foot=no, which is ruled out above"),
    _keep(
        "highway",
        "residential unclassified tertiary tertiary_link secondary secondary_link primary "
        "primary_link trunk trunk_link",
        "a street: its pavements belong to it, also where they are mapped once more beside it",
    ),
    _keep("highway", "service", "alleys and ways to public buildings; driveways are out above"),
    _keep("highway", "road", "of unknown kind: kept, because leaving it out would cut streets"),
)
"""The first rule that matches decides; a way that none matches is left out."""

NO_RULE = "unknown_class"

RULE_KEYS: tuple[str, ...] = tuple(dict.fromkeys(rule.key for rule in RULES))
"""The OSM keys that the rules look at."""


def left_out_because(tags: Mapping[str, str]) -> str:
    """Give the reason code for leaving a way out, or an empty string if it is kept.

    Parameters
    ----------
    tags
        The tags of one OSM way.

    Returns
    -------
    str
        A code of `RULES`, ``unknown_class`` where no rule matches, or ``""`` (kept).
    """
    return _decide(tuple(tags.get(key, "") for key in RULE_KEYS))


@lru_cache(maxsize=4096)
def _decide(values: tuple[str, ...]) -> str:
    first = {
        key: value.split(";")[0].strip().lower()
        for key, value in zip(RULE_KEYS, values, strict=True)
    }
    for rule in RULES:
        if first[rule.key] in rule.values:
            return rule.code
    return NO_RULE
