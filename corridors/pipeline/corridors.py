"""Which corridors a week proposes: searched for, changed by hand, shared between neighbours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from corridors.analysis.corridor_sharing import SchoolCorridor, SharedPair, share_corridors
from corridors.analysis.tracing import TraceRule
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.vocabulary import Outcome
from corridors.pipeline.proposing import corridor_of, result_of
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.settling import (
    Settled,
    search_work,
    settle_corridor,
    settle_on,
    tested_corridor,
)
from corridors.planning.week import common_span_min

__all__ = ["Proposed", "propose_corridors"]


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """What a week proposes, before anybody is asked to walk.

    Parameters
    ----------
    results
        Of each school, in the order of the table.
    corridors
        The corridor of each school that has one, proposed or not; two schools may have the same.
    settled
        What lies on it; of a shared one, for the school at whose gate its walk begins.
    notes
        Sentences for the plan.
    """

    results: tuple[SchoolResult, ...]
    corridors: Mapping[str, Corridor]
    settled: Mapping[str, Settled]
    notes: tuple[str, ...]


def propose_corridors(tables: Tables, scored: Scored, week: date) -> Proposed:
    """Settle the corridors of the schools whose evidence carries a patrol.

    Parameters
    ----------
    tables, scored
        The area's.
    week
        The Monday.

    Raises
    ------
    BadInput
        A person's change to a corridor cannot be kept.
    """
    results, settled, notes = _settle(tables, scored, week)
    pairs = _share(tables, scored, results, settled, week)
    corridors = {
        result.school_id: corridor_of(tables, scored, row, settled[result.school_id], result)
        for row, result in enumerate(results)
        if result.school_id in settled
    }
    joined = [
        pair.joint is not None and _join(tables, scored, results, settled, corridors, pair, week)
        for pair in pairs
    ]
    for pair, is_joined in zip(pairs, joined, strict=True):
        schools = " and ".join(pair.school_ids)
        if is_joined:
            notes.append(f"{schools} share a corridor. {pair.why}")
            continue
        _name_shared(tables, corridors, pair)
        why = pair.why if pair.joint is None else "By itself a joint one rests on too little."
        notes.append(f"The corridors of {schools} share streets. {why}")
    return Proposed(tuple(results), corridors, settled, tuple(notes))


def _settle(
    tables: Tables, scored: Scored, week: date
) -> tuple[list[SchoolResult], dict[str, Settled], list[str]]:
    parameters = scored.base.parameters
    first = [result_of(tables, scored, row, week) for row in range(len(scored.schools))]
    n_proposed = sum(one.outcome is Outcome.PATROL for one in first)
    work = search_work(parameters, n_proposed)
    results: list[SchoolResult] = []
    settled: dict[str, Settled] = {}
    notes: list[str] = []
    for row, (evidence, before) in enumerate(zip(scored.schools, first, strict=True)):
        result = before
        edits = [edit for edit in tables.area.edits if edit.school_id == result.school_id]
        found = tested_corridor(evidence, parameters)
        if result.outcome is Outcome.PATROL:
            found = settle_corridor(scored.around, row, result.school_id, evidence, edits, work)
            result = result_of(tables, scored, row, week, found)
            if found is not None and found.traced.note:
                notes.append(f"{result.school_id}: {found.traced.note}")
        elif edits:
            notes.append(f"{result.school_id}: no patrol, so what was changed by hand is not used.")
        results.append(result)
        if found is not None:
            settled[result.school_id] = found
    return results, settled, notes


def _share(
    tables: Tables,
    scored: Scored,
    results: list[SchoolResult],
    settled: Mapping[str, Settled],
    week: date,
) -> list[SharedPair]:
    """Find neighbours whose corridors overlap, and whether one corridor serves both."""
    network, parameters = tables.network, scored.base.parameters
    # What a person changed is not changed again.
    by_hand = {edit.school_id for edit in tables.area.edits}
    asked = [
        SchoolCorridor(
            school_id=result.school_id,
            gate=int(scored.gates.segment[row]),
            rows=np.sort(found.tree.segment[found.traced.chosen]).astype(np.int64),
            around=found.tree.segment.astype(np.int64),
            prize=scored.schools[row].need,
        )
        for row, result in enumerate(results)
        if result.corridor_id is not None and (found := settled.get(result.school_id))
    ]
    pairs = share_corridors(
        network.u,
        network.v,
        network.length_m,
        asked,
        parameters.corridor_length_m,
        parameters.shared_keep_share,
        TraceRule.of(parameters),
        search_work(parameters, len(asked)),
    )
    return [
        pair
        if pair.joint is None
        or (not by_hand.intersection(pair.school_ids) and _hours_meet(tables, pair, week))
        else dataclasses.replace(pair, joint=None, why="They stay apart.")
        for pair in pairs
    ]


def _hours_meet(tables: Tables, pair: SharedPair, week: date) -> bool:
    """Tell whether one patrol can lie in the windows of both schools."""
    area = tables.area
    timetables = [area.calendar.timetable(school_id) for school_id in pair.school_ids]
    span = common_span_min(timetables[0], timetables[1:], week, area.timezone, area.parameters)
    return span[1] - span[0] >= area.parameters.patrol_min


def _join(
    tables: Tables,
    scored: Scored,
    results: list[SchoolResult],
    settled: dict[str, Settled],
    corridors: dict[str, Corridor],
    pair: SharedPair,
    week: date,
) -> bool:
    """Put the joint corridor in the place of the two, if the evidence on it carries a patrol."""
    host, guest = pair.school_ids
    rows = {result.school_id: row for row, result in enumerate(results)}
    row, evidence = rows[host], scored.schools[rows[host]]
    if pair.joint is None or pair.traced is None or evidence.tree is None:
        raise ValueError("only a joint corridor joins")
    chosen = np.isin(evidence.tree.segment, pair.joint)
    traced = dataclasses.replace(pair.traced, chosen=chosen)
    found = settle_on(scored.around, row, host, evidence, traced, ())
    joint_result = result_of(tables, scored, row, week, found)
    if joint_result.outcome is not Outcome.PATROL:
        return False
    settled[host] = found
    corridor_id = f"corridor-{host}-and-{guest}"
    joint = dataclasses.replace(
        corridor_of(tables, scored, row, settled[host], results[row]),
        corridor_id=corridor_id,
        school_ids=pair.school_ids,
    )
    for school_id in pair.school_ids:
        corridors[school_id] = joint
        at = rows[school_id]
        # What leaves is looked at by what lies on the corridor that is walked.
        n = joint_result.n
        results[at] = dataclasses.replace(results[at], corridor_id=corridor_id, n=n)
    return True


def _name_shared(tables: Tables, corridors: dict[str, Corridor], pair: SharedPair) -> None:
    """Name in each corridor what another one holds too."""
    ids = tables.network.segments["segment_id"].to_numpy(object)
    shared = {str(ids[row]) for row in pair.shared}
    for school_id, other in (pair.school_ids, pair.school_ids[::-1]):
        own, theirs = corridors[school_id], corridors[other]
        both = tuple(s for s in own.segment_ids if s in shared and s in theirs.segment_ids)
        if not both or own.corridor_id == theirs.corridor_id:
            continue
        told = dataclasses.replace(
            own,
            shared_segment_ids=tuple(dict.fromkeys((*own.shared_segment_ids, *both))),
            shared_with=tuple(dict.fromkeys((*own.shared_with, theirs.corridor_id))),
        )
        # A joint corridor is the same for each of its schools.
        corridors.update(dict.fromkeys(own.school_ids, told))
