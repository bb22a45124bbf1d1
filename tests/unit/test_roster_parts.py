from __future__ import annotations

import numpy as np

from corridors.domain.parameters import Parameters
from corridors.planning.roster_blocks import relax_roster
from corridors.planning.roster_case import make_case, part_of
from corridors.planning.roster_measures import Stage
from corridors.planning.roster_model import clash_cliques
from corridors.planning.roster_stages import improve_need
from corridors.planning.roster_teams import free_posts, staff_greedily
from tests.checks.rosters import AIMS, ROLES, a_demand, a_post


def test_a_part_knows_what_others_walk() -> None:
    demands = [
        a_demand("a"),
        a_demand("b", at_min=960, corridor="C2", school="S2"),
        a_demand("c", day=1, corridor="C3", school="S3"),
    ]
    posts = [
        a_post("o", "school_staff"),  # untied: one school
        a_post("v", "community_volunteer", most=1),
        a_post("y1"),
        a_post("y2"),
    ]
    case = make_case(demands, posts, AIMS, ROLES, Parameters())
    chosen = np.zeros((3, 4), dtype=np.bool_)
    chosen[0] = [True, True, True, False]
    part = part_of(case, chosen, np.array([1, 2]))
    # b overlaps a, so nobody who walks a can join it.
    assert part.joins.tolist() == [[False, False, False, True], [True, True, True, True]]
    assert part.base_load.tolist() == [1, 1, 1, 0]
    assert part.base_visits.sum(axis=1).tolist() == [1, 1, 1, 0]
    nobody = np.zeros((2, 4), dtype=np.bool_)
    # On c the staff member would visit a second school, and the volunteer's week is full.
    assert free_posts(part, nobody, 1).tolist() == [False, False, True, True]
    found = improve_need(part, nobody, 0, 1.0, [[0, 1]])
    assert found.tolist() == [[False] * 4, [False, False, True, True]]


def test_cliques_hold_every_clash_and_nothing_else() -> None:
    demands = [
        a_demand(f"D{n}", day=n % 2, at_min=900 + 20 * (n % 5), length_min=50, corridor=f"C{n % 3}")
        for n in range(14)
    ]
    case = make_case(demands, [], AIMS, ROLES, Parameters())
    start = np.array([demand.starts_at.timestamp() for demand in case.demands])
    covered = np.zeros_like(case.clash)
    for clique in clash_cliques(case.clash, start):
        covered[np.ix_(clique, clique)] = True
    np.fill_diagonal(covered, val=False)
    assert (covered == case.clash).all()
    # Slow twin: pair by pair from the records.
    for one, a in enumerate(case.demands):
        for two, b in enumerate(case.demands):
            first, then = sorted((a, b), key=lambda d: d.starts_at)
            slack = 0 if a.corridor_id == b.corridor_id else 15
            gap_min = (then.starts_at - first.ends_at).total_seconds() / 60
            assert case.clash[one, two] == (one != two and gap_min < slack)


def test_the_relaxation_by_hand() -> None:
    # Two equal patrols at one time, three people: one and a half teams of two.
    demands = [a_demand("a"), a_demand("b", corridor="C2")]
    posts = [a_post("y1"), a_post("y2"), a_post("y3")]
    case = make_case(demands, posts, AIMS, ROLES, Parameters())
    bound, share = relax_roster(case, [[0, 1]])
    assert bound == 15_000
    assert share.sum() == 1.5
    assert staff_greedily(case).any(axis=1).sum() == 1
    nobody = make_case(demands, [], AIMS, ROLES, Parameters())
    assert relax_roster(nobody, [])[0] == 0


def test_the_gap_of_a_stage() -> None:
    assert Stage("need", 90, 100).gap == 0.1
    assert Stage("spread", 50, 40).gap == 0.2
    assert Stage("police_min", 0, 0).is_optimal
