"""The feedback loop: twenty weeks of plans, each made from a record that the last ones changed.

The chain is the real one: scores, null runs, grades, the demands of the week. Every corridor that
the evidence carries is walked on every day that asks for it, as it was tested: no roster stands in
the way. What patrols do to the record is simulated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corridors.analysis.feedback import (
    PatrolEffect,
    Walked,
    draw_discovered,
    is_recorded,
    length_overlap,
    near_patrols,
    ranking_tau,
)
from corridors.analysis.weighting import middle_ns
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.vocabulary import Origin, Outcome
from corridors.pipeline.feedback_world import World, begins
from corridors.pipeline.proposing import result_of
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored, score_tables
from corridors.pipeline.stages import Stages
from corridors.planning.week import patrol_demands

__all__ = ["Arm", "Drift", "run_arm"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way in which the twenty weeks can go.

    Parameters
    ----------
    effect
        What patrols add to the record; nothing where both rates are 0.
    score_discovered
        As the parameter of that name.
    """

    effect: PatrolEffect
    score_discovered: bool


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """One week's plan, held against the truth and against the first week's plan.

    Parameters
    ----------
    week, n_patrolled
        The Monday, and the number of schools with patrols.
    n_false
        Of these, schools whose corridor holds no street on which harm is planted.
    n_ended
        Schools with patrols of those where all harm has ended.
    patrolled_m, patrol_h
        Distinct length of the patrolled corridors, and hours walked.
    planted_share
        Share of that length on streets with planted harm; NaN without patrols.
    overlap
        With the first week's patrolled streets, by length.
    made_share
        Share of the patrolled corridors' weight that patrols recorded: discovered by them, or
        reported because of them.
    tau
        Kendall's tau of the segments' scores against the first week's.
    patrolled, score
        ``(n_segments,)`` the streets of the patrols, and what each scores a day: to be held against
        the same week of another arm.
    """

    week: date
    n_patrolled: int
    n_false: int
    n_ended: int
    patrolled_m: float
    patrol_h: float
    planted_share: float
    overlap: float
    made_share: float
    tau: float
    patrolled: BoolArray
    score: FloatArray


def run_arm(world: World, arm: Arm) -> list[Drift]:
    """Plan, walk and record, week after week.

    Parameters
    ----------
    world
        From `make_world`; the same for every arm, so that arms differ by what patrols do alone.
    arm
        What patrols do to the record, and what is scored of it.

    Returns
    -------
    list of Drift
        One for each week.
    """
    truth, network = world.truth, world.tables.network
    xy, middle = truth[["x", "y"]].to_numpy(np.float64), middle_ns(truth)
    is_reported = (truth["origin"] == Origin.REPORTED).to_numpy()
    without = is_recorded(world.luck, is_reported, np.zeros(len(truth), bool), arm.effect)
    is_near = np.zeros(len(truth), bool)
    found = truth.iloc[:0]
    first: tuple[BoolArray, FloatArray] | None = None
    drifts = []
    for number, week in enumerate(world.weeks):
        is_known = is_recorded(world.luck, is_reported, is_near, arm.effect)
        is_known &= (truth["ends_at"] < begins(week, world.tables)).to_numpy()
        incidents = pd.concat([truth[is_known], found], ignore_index=True)
        is_made = np.concatenate([~without[is_known], np.ones(len(found), bool)])
        tables = _tables_of(world, arm, incidents, week)
        scored = score_tables(tables, Stages())
        walked = _walk_week(tables, scored, week)
        patrolled = _marked((one[0].segments for one in walked.values()), network.n_segments)
        first = first or (patrolled, scored.scores.mass_per_day)
        drifts.append(_drift(world, scored, walked, is_made, week, first))
        every = [one for patrols in walked.values() for one in patrols]
        is_near |= near_patrols(network, every, xy, middle, arm.effect.near_m)
        rng = np.random.default_rng([world.seed, 6, number])
        new = draw_discovered(
            network,
            every,
            arm.effect.discovered_per_h,
            world.kinds,
            world.tables.area.timezone,
            world.coarse,
            rng,
        )
        found = pd.concat([found, new], ignore_index=True)
    return drifts


def _tables_of(world: World, arm: Arm, incidents: pd.DataFrame, week: date) -> Tables:
    """Give the tables as they are on the Sunday before the week."""
    parameters = dataclasses.replace(
        world.tables.area.parameters,
        as_of=week - timedelta(days=1),
        score_discovered=arm.score_discovered,
    )
    area = dataclasses.replace(world.tables.area, parameters=parameters)
    return dataclasses.replace(world.tables, area=area, incidents=incidents)


def _walk_week(tables: Tables, scored: Scored, week: date) -> dict[int, list[Walked]]:
    """Walk every patrol that the week asks for, by school; schools without any are left out."""
    walked: dict[int, list[Walked]] = {}
    area = tables.area
    for row, evidence in enumerate(scored.schools):
        result, tree, test = result_of(tables, scored, row, week), evidence.tree, evidence.test
        facts = evidence.facts
        is_proposed = result.outcome is Outcome.PATROL
        if not is_proposed or tree is None or test is None or facts is None:
            continue
        demands = patrol_demands(
            _tested_corridor(result, float(tree.length_m[test.chosen].sum())),
            result.school_id,
            area.calendar.timetable(result.school_id),
            week,
            facts.weekday_share,
            facts.minute_profile,
            area.parameters,
            area.timezone,
            "",
        )
        segments = tree.segment[test.chosen].astype(np.int32)
        if demands:
            walked[row] = [
                Walked(segments, _ns(one.starts_at), _ns(one.ends_at)) for one in demands
            ]
    return walked


def _tested_corridor(result: SchoolResult, length_m: float) -> Corridor:
    """Give what the demands of a week ask of a corridor; its walk is there and back at most."""
    return Corridor(
        corridor_id=f"corridor-{result.school_id}",
        school_ids=(result.school_id,),
        segment_ids=(),
        walk=(),
        length_m=length_m,
        walk_m=2.0 * length_m,
        need=1.0,
        bound=1.0,
        grade=result.grade,
        streets=(),
        why=(),
    )


def _ns(moment: datetime) -> int:
    return int(pd.Timestamp(moment).as_unit("ns").value)


def _marked(groups: Iterable[NDArray[np.int32]], n: int) -> BoolArray:
    marked = np.zeros(n, bool)
    for rows in groups:
        marked[rows] = True
    return marked


def _drift(
    world: World,
    scored: Scored,
    walked: Mapping[int, Sequence[Walked]],
    is_made: BoolArray,
    week: date,
    first: tuple[BoolArray, FloatArray],
) -> Drift:
    length_m = world.tables.network.length_m
    patrolled = _marked((one[0].segments for one in walked.values()), length_m.size)
    planted = _marked(world.planted.values(), length_m.size)
    patrolled_m = float(length_m[patrolled].sum())
    return Drift(
        week=week,
        n_patrolled=len(walked),
        n_false=sum(not planted[one[0].segments].any() for one in walked.values()),
        n_ended=sum(row in walked for row in world.ended),
        patrolled_m=patrolled_m,
        patrol_h=sum(one.hours for patrols in walked.values() for one in patrols),
        planted_share=(
            float(length_m[patrolled & planted].sum()) / patrolled_m if walked else float("nan")
        ),
        overlap=length_overlap(patrolled, first[0], length_m),
        made_share=_made_share(scored, walked, is_made),
        tau=ranking_tau(scored.scores.mass_per_day, first[1]),
        patrolled=patrolled,
        score=scored.scores.mass_per_day,
    )


def _made_share(
    scored: Scored, walked: Mapping[int, Sequence[Walked]], is_made: BoolArray
) -> float:
    """Divide the corridors' weight that patrols recorded by all of their weight."""
    base, total, made = scored.base, 0.0, 0.0
    for row, patrols in walked.items():
        share = base.times[int(base.timetable_of_school[row])].share
        weight = scored.scores.weight * share
        here = base.located.footprint[patrols[0].segments]
        total += float((here @ base.located.sum_by_anchor(weight)).sum())
        made += float((here @ base.located.sum_by_anchor(weight * is_made)).sum())
    return made / total if total > 0 else 0.0
