"""Small rosters at random, and by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from corridors.domain.area import Pairing, Refusal
from corridors.errors import BadInput
from corridors.planning.posts import Post
from corridors.planning.roster import RosterResult
from corridors.planning.roster_last import LastPlace, LastRoster
from corridors.planning.roster_rules import TeamRules, bind_rules
from corridors.planning.week import PatrolDemand
from corridors.sources.reference import read_aims, read_roles

ROLES = read_roles()
AIMS = read_aims()
ORGANISATIONS = ("Org", "Harbour Youth")
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/London"))


def a_demand(
    demand_id: str = "C1-mon",
    *,
    aim: str = "visible_reassurance",
    day: int = 0,
    at_min: int = 15 * 60,
    length_min: int = 75,
    corridor: str = "C1",
    school: str = "S1",
    weight: float = 1.0,
) -> PatrolDemand:
    starts_at = MONDAY + timedelta(days=day, minutes=at_min)
    ends_at = starts_at + timedelta(minutes=length_min)
    return PatrolDemand(demand_id, corridor, school, starts_at, ends_at, aim, weight)


def a_post(
    post_id: str,
    role: str = "youth_worker",
    *,
    organisation: str = "Org",
    schools: tuple[str, ...] = (),
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4),
    hours: tuple[int, int] = (14 * 60, 19 * 60),
    with_police: bool = True,
    most: int = 5,
    refuses: tuple[str, ...] = (),
    only_with: tuple[str, ...] = (),
) -> Post:
    kind = ROLES[role]
    return Post(
        post_id,
        role,
        organisation,
        kind.police,
        schools,
        weekdays,
        *hours,
        with_police,
        most,
        kind.school_linked,
        refuses,
        only_with,
    )


def teams_of(result: RosterResult) -> tuple[dict[str, tuple[Post, ...]], dict[str, str]]:
    teams = {demand_id: staffing.posts for demand_id, staffing in result.staffed.items()}
    leads = {demand_id: staffing.lead_post_id for demand_id, staffing in result.staffed.items()}
    return teams, leads


@st.composite
def random_demands(draw: st.DrawFn, most: int) -> list[PatrolDemand]:
    n = draw(st.integers(1, most))
    demands = []
    for number in range(n):
        corridor = draw(st.integers(1, 3))
        demands.append(
            a_demand(
                f"D{number}",
                aim=draw(st.sampled_from(sorted(AIMS))),
                day=draw(st.integers(0, 1)),
                at_min=draw(st.sampled_from([885, 900, 945, 970, 980, 990])),
                length_min=draw(st.sampled_from([60, 75])),
                corridor=f"C{corridor}",
                school=f"S{draw(st.integers(1, 3))}",
                # Whole parts of 10 000, so that the solver's steps are exact.
                weight=draw(st.sampled_from([1, 2, 4, 5, 8, 10])),
            )
        )
    return demands


@st.composite
def random_posts(draw: st.DrawFn, most: int) -> list[Post]:
    n = draw(st.integers(0, most))
    return [
        a_post(
            f"P{number}",
            draw(st.sampled_from(sorted(ROLES))),
            schools=draw(st.sampled_from([(), (), ("S1",), ("S1", "S2"), ("S1", "S2", "S3")])),
            weekdays=draw(st.sampled_from([(0, 1, 2, 3, 4), (0,), (1,)])),
            hours=draw(st.sampled_from([(840, 1140), (900, 1080), (840, 1000)])),
            with_police=draw(st.booleans()),
            most=draw(st.integers(0, 3)),
            organisation=draw(st.sampled_from(ORGANISATIONS)),
        )
        for number in range(n)
    ]


WORDS = ["youth_worker", "community_volunteer", "school_staff", *ORGANISATIONS]


@st.composite
def random_rules(draw: st.DrawFn, posts: list[Post]) -> TeamRules:
    """Draw refusals and pairings that mean somebody and do not contradict each other."""
    words = WORDS[:3] + sorted(
        {word for post in posts for word in (post.post_id, post.organisation)}
    )
    who = st.sampled_from(words)
    others = st.lists(st.sampled_from([*words, "police"]), min_size=1, max_size=2, unique=True)
    rules = TeamRules(
        tuple(Refusal(draw(who), tuple(draw(others))) for _ in range(draw(st.integers(0, 3)))),
        tuple(Pairing(draw(who), tuple(draw(others))) for _ in range(draw(st.integers(0, 2)))),
    )
    try:
        bind_rules(posts, ROLES, rules)
    except BadInput:
        assume(condition=False)
    return rules


@st.composite
def random_last(draw: st.DrawFn, demands: list[PatrolDemand], posts: list[Post]) -> LastRoster:
    """Draw a last plan of this week or the one before, with some of these patrols and posts."""
    weeks_ago = draw(st.integers(0, 1))
    ids = [post.post_id for post in posts] + ["gone"]
    places = set()
    for demand in demands:
        for post_id in draw(st.lists(st.sampled_from(ids), max_size=3, unique=True)):
            day = demand.starts_at.date() - timedelta(days=7 * weeks_ago)
            places.add(LastPlace(post_id, demand.corridor_id, demand.school_id, day))
    return LastRoster(MONDAY.date() - timedelta(days=7 * weeks_ago), frozenset(places))
