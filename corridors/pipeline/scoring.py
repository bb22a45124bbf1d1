"""From checked tables to the evidence of every segment and school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corridors.analysis.footfall import Footfall, footfall_of
from corridors.analysis.locating import Located, locate_incidents
from corridors.analysis.scoring import (
    AreaScores,
    EvidenceBase,
    choose_basis,
    moments_of,
    observed_period,
    score_area,
    window_times,
)
from corridors.analysis.segment_index import SegmentIndex
from corridors.analysis.surroundings import Gates, place_gates, walk_trees
from corridors.domain.bandwidth import BandwidthChoice
from corridors.domain.vocabulary import Basis
from corridors.pipeline.assessing import SchoolEvidence, Surroundings, assess_schools
from corridors.pipeline.bandwidth import settle_bandwidth
from corridors.pipeline.reading import Tables
from corridors.pipeline.stages import Stages

__all__ = ["Scored", "place_schools", "score_tables"]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The evidence of an area.

    Parameters
    ----------
    around
        What the scores and the tests rest on.
    gates
        Where the gates are, in the order of the schools.
    schools
        One for each school, in the order of the table.
    bandwidth
        How the kernel's reach was chosen; None where it was given.
    """

    around: Surroundings
    gates: Gates
    schools: tuple[SchoolEvidence, ...]
    bandwidth: BandwidthChoice | None

    @property
    def base(self) -> EvidenceBase:
        """What the scores rest on."""
        return self.around.base

    @property
    def scores(self) -> AreaScores:
        """The score of every segment."""
        return self.around.scores

    @property
    def footfall(self) -> Footfall:
        """Who walks where."""
        return self.around.footfall

    @property
    def n_scored(self) -> int:
        """Incidents that count."""
        return self.around.n_scored


def place_schools(tables: Tables, index: SegmentIndex) -> Gates:
    """Put the gates of all schools on the network."""
    return place_gates(tables.network, index, tables.schools, tables.area.parameters)


def score_tables(tables: Tables, stages: Stages) -> Scored:
    """Score every segment and test one corridor for each school.

    Parameters
    ----------
    tables
        From `corridors.pipeline.reading.read_tables`.
    stages
        Times the work.
    """
    with stages.stage("match", "Matching incidents to streets"):
        index = SegmentIndex.build(tables.network.segments.geometry.to_numpy())
        tables, bandwidth = settle_bandwidth(tables, index)
        parameters = tables.area.parameters
        located = locate_incidents(tables.network, index, tables.incidents, parameters)
    with stages.stage("walk", "Walking from the gates"):
        gates = place_schools(tables, index)
        trees = walk_trees(tables.network, gates, parameters)
        footfall = footfall_of(tables.network, index, gates, tables.destinations, parameters)
    with stages.stage("score", "Scoring the streets"):
        base = _evidence_base(tables, located)
        scores = score_area(base)
    with stages.stage("test", "Testing one corridor a school"):
        school_ids = tables.schools["school_id"].to_numpy(str)
        around = Surroundings.build(base, scores, index, trees, footfall)
        schools = assess_schools(around, school_ids, stages.advance)
    return Scored(around, gates, schools, bandwidth)


def _evidence_base(tables: Tables, located: Located) -> EvidenceBase:
    area, incidents = tables.area, tables.incidents
    timetables = [area.calendar.timetable(school) for school in tables.schools["school_id"]]
    distinct = list(dict.fromkeys(timetables))
    number = {timetable: row for row, timetable in enumerate(distinct)}
    moments = moments_of(incidents)
    basis = choose_basis(incidents, area.parameters)
    period = observed_period(incidents, area.timezone, tables.as_of)
    times = (
        window_times(distinct, moments, period, area.timezone, tables.as_of, area.parameters)
        if basis is Basis.WINDOW
        else []
    )
    return EvidenceBase(
        network=tables.network,
        located=located,
        incidents=incidents,
        moments=moments,
        period=period,
        as_of=tables.as_of,
        timezone=area.timezone,
        basis=basis,
        times=times,
        timetable_of_school=np.array([number[t] for t in timetables], np.int64),
        school_xy=tables.schools[["x", "y"]].to_numpy(np.float64),
        is_covered=tables.is_covered,
        severity=tables.reference.severity,
        parameters=area.parameters,
    )
