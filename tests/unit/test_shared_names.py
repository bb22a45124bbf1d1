"""What the plan names of streets that the corridors of several schools hold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from corridors.analysis.corridor_sharing import SharedPair
from corridors.domain.plan import Corridor
from corridors.domain.vocabulary import Grade
from corridors.pipeline.corridors import _name_shared
from corridors.pipeline.reading import Tables


def tables_of(*segments: str) -> Tables:
    network = SimpleNamespace(segment_ids=np.array(segments, object))
    return cast("Tables", SimpleNamespace(network=network))


def corridor(name: str, schools: tuple[str, ...], *segments: str) -> Corridor:
    return Corridor(name, schools, segments, segments, 1.0, 1.0, 1.0, 1.0, Grade.STRONG, (), ())


def test_a_joint_corridor_names_a_third_school_for_both_of_its_own() -> None:
    """A and B walk one corridor; it shares street s2 with C's, which was found with A's."""
    tables = tables_of("s0", "s1", "s2", "s3")
    joint = corridor("A-and-B", ("A", "B"), "s0", "s1", "s2")
    corridors: dict[str, Any] = {"A": joint, "B": joint, "C": corridor("C", ("C",), "s2", "s3")}
    for one in ("A", "B"):
        pair = SharedPair((one, "C"), np.array([2, 3]), None, 0.0, 1.0, None, "They stay apart.")
        _name_shared(tables, corridors, pair)
    assert corridors["A"] is corridors["B"]
    # s3 is no longer of A's corridor, and what is found twice is named once
    assert corridors["A"].shared_segment_ids == corridors["C"].shared_segment_ids == ("s2",)
    assert corridors["A"].shared_with == ("C",)
    assert corridors["C"].shared_with == ("A-and-B",)


def test_what_is_no_longer_common_is_not_named() -> None:
    tables = tables_of("s0", "s1")
    corridors = {"A": corridor("A", ("A",), "s0"), "C": corridor("C", ("C",), "s1")}
    pair = SharedPair(("A", "C"), np.array([1]), None, 0.0, 1.0, None, "They stay apart.")
    _name_shared(tables, corridors, pair)
    assert corridors["A"].shared_with == corridors["C"].shared_with == ()
