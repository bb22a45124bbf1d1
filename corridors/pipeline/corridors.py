"""Which corridors a week proposes: searched for, changed by hand, shared between neighbours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from corridors.analysis.corridor_sharing import SharedPair
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.vocabulary import Outcome
from corridors.pipeline.proposing import corridor_of, result_of
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.settling import (
    Settled,
    search_work,
    settle_corridor,
    tested_corridor,
)
from corridors.pipeline.sharing import Sharing

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
    sharing = Sharing(tables, scored, week, results, settled)
    pairs = sharing.pairs()
    corridors = {
        result.school_id: corridor_of(tables, scored, row, settled[result.school_id], result)
        for row, result in enumerate(results)
        if result.school_id in settled
    }
    rows = {result.school_id: row for row, result in enumerate(results)}
    for pair in pairs:
        schools = " and ".join(pair.school_ids)
        if pair.joint is None:
            _name_shared(tables, corridors, pair)
            notes.append(f"The corridors of {schools} share streets. {pair.why}")
            continue
        joint = sharing.joints[pair.school_ids]
        settled[pair.school_ids[0]] = joint.settled
        for school_id in pair.school_ids:
            corridors[school_id] = joint.corridor
            at = rows[school_id]
            # What leaves is looked at by what lies on the corridor that is walked.
            results[at] = dataclasses.replace(
                results[at], corridor_id=joint.corridor.corridor_id, n=joint.result.n
            )
        notes.append(f"{schools} share a corridor. {pair.why}")
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


def _name_shared(tables: Tables, corridors: dict[str, Corridor], pair: SharedPair) -> None:
    """Name in each corridor what another one holds too."""
    ids = tables.network.segment_ids
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
