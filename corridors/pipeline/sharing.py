"""Which neighbours share a corridor: where one serves both, in what it holds and in its hours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from corridors.analysis.corridor_sharing import SchoolCorridor, SharedPair, share_corridors
from corridors.analysis.tracing import TraceRule
from corridors.domain.plan import Corridor, SchoolResult
from corridors.domain.vocabulary import Outcome
from corridors.pipeline.proposing import corridor_of, result_of
from corridors.pipeline.reading import Tables
from corridors.pipeline.scoring import Scored
from corridors.pipeline.settling import Settled, search_work, settle_on
from corridors.planning.week import common_span_min, patrol_length_min

__all__ = ["Joint", "Sharing"]


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """One corridor for two schools.

    Parameters
    ----------
    settled
        What lies on it, for the school at whose gate its walk begins.
    result
        Of that school, by what lies on it.
    corridor
        The corridor.
    """

    settled: Settled
    result: SchoolResult
    corridor: Corridor


@dataclass(frozen=True, slots=True, eq=False)
class Sharing:
    """Neighbours whose corridors overlap.

    Parameters
    ----------
    tables, scored, week
        The area's, and the Monday.
    results
        Of each school, in the order of the table.
    settled
        The corridor of each school that has one.
    """

    tables: Tables
    scored: Scored
    week: date
    results: Sequence[SchoolResult]
    settled: Mapping[str, Settled]
    joints: dict[tuple[str, str], Joint] = field(default_factory=dict)
    """Those that were found to serve both schools, by their ids."""

    def pairs(self) -> list[SharedPair]:
        """Find the neighbours whose corridors overlap, and whether one corridor serves both."""
        network, parameters = self.tables.network, self.scored.base.parameters
        asked = [
            SchoolCorridor(
                school_id=result.school_id,
                gate=int(self.scored.gates.segment[row]),
                rows=np.sort(found.tree.segment[found.traced.chosen]).astype(np.int64),
                around=found.tree.segment.astype(np.int64),
                prize=self.scored.schools[row].need,
            )
            for row, result in enumerate(self.results)
            if result.corridor_id is not None and (found := self.settled.get(result.school_id))
        ]
        return share_corridors(
            network.u,
            network.v,
            network.length_m,
            asked,
            parameters.corridor_length_m,
            parameters.shared_keep_share,
            TraceRule.of(parameters),
            search_work(parameters, len(asked)),
            why_apart=self._why_apart,
        )

    def _why_apart(self, pair: SharedPair) -> str:
        """Say what stands against one corridor for both; nothing where nothing does."""
        by_hand = {edit.school_id for edit in self.tables.area.edits}
        if by_hand.intersection(pair.school_ids):
            return "What a person changed on one of them is not changed again."
        joint = self._joint(pair)
        if joint.result.outcome is not Outcome.PATROL:
            return "By itself a joint one rests on too little."
        why = self._why_not_at_once(pair, joint.corridor)
        if not why:
            self.joints[pair.school_ids] = joint
        return why

    def _joint(self, pair: SharedPair) -> Joint:
        """Describe the joint corridor, from the first school's gate."""
        host, guest = pair.school_ids
        row = next(at for at, one in enumerate(self.results) if one.school_id == host)
        evidence = self.scored.schools[row]
        if pair.joint is None or pair.traced is None or evidence.tree is None:
            raise ValueError("only a joint corridor joins")
        chosen = np.isin(evidence.tree.segment, pair.joint)
        traced = dataclasses.replace(pair.traced, chosen=chosen)
        settled = settle_on(self.scored.around, row, host, evidence, traced, ())
        corridor = dataclasses.replace(
            corridor_of(self.tables, self.scored, row, settled, self.results[row]),
            corridor_id=f"corridor-{host}-and-{guest}",
            school_ids=pair.school_ids,
        )
        result = result_of(self.tables, self.scored, row, self.week, settled)
        return Joint(settled, result, corridor)

    def _why_not_at_once(self, pair: SharedPair, corridor: Corridor) -> str:
        """Say why no patrol lies in the windows of both schools; nothing where one does."""
        area = self.tables.area
        one, other = (area.calendar.timetable(school_id) for school_id in pair.school_ids)
        low, high = common_span_min(one, [other], self.week, area.timezone, area.parameters)
        length_min = patrol_length_min(corridor, area.parameters)
        if length_min is None:
            return "The walk of a joint one does not fit the after-school window."
        if high - low >= length_min:
            return ""
        return (
            f"Their windows meet for {high - low} minutes, and a joint patrol takes {length_min}."
        )
