"""Names that try to run, and a toy release that holds them in every place that shows a name."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING

from corridors.domain.network import StreetNetwork
from tests.toy import toy_network, toy_plan
from tests.toy_release import toy_released

if TYPE_CHECKING:
    from corridors.domain.plan import Plan
    from corridors.domain.released import ReleasedPlan

__all__ = ["PAYLOADS", "payload_network", "payload_plan", "payload_released"]

PAYLOADS = (
    "<script>alert(1)</script>",
    "${alert(1)}",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "'];alert(1);//",
    "--><!--<script>",
    "\u2028alert(1)\u2029</title></style></svg>",
)


def payload_network(*payloads: str) -> StreetNetwork:
    """Give the toy town with a payload for the name of its High Street."""
    network = toy_network()
    segments = network.segments.copy()
    segments["name"] = segments["name"].replace("High Street", payloads[0])
    return dataclasses.replace(network, segments=segments)


def payload_plan(*payloads: str) -> Plan:
    """Give the toy plan with payloads, in turn, for every name that somebody else chose."""
    plan = toy_plan()
    street, area, note, *more = payloads * 9
    corridor = replace(plan.corridors[0], streets=("Mill Lane", street), why=(note,))
    schools = tuple(
        replace(school, name=f"{school.name} {payload}")
        for school, payload in zip(plan.schools, more, strict=False)
    )
    patrols = tuple(
        replace(
            patrol,
            posts=tuple(
                replace(post, organisation=payload)
                for post, payload in zip(patrol.posts, more[3:], strict=False)
            ),
        )
        for patrol in plan.patrols
    )
    return replace(
        plan, area=area, schools=schools, corridors=(corridor,), patrols=patrols, notes=(note,)
    )


def payload_released(*payloads: str) -> ReleasedPlan:
    """Release the payload plan on the payload town."""
    return toy_released(plan=payload_plan(*payloads), network=payload_network(*payloads))
