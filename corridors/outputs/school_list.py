"""The schools of a plan for other software: name, notice and number of patrols."""

from __future__ import annotations

import json
from collections.abc import Mapping

from corridors.domain.released import ReleasedPlan

__all__ = ["schools_json"]


def schools_json(released: ReleasedPlan, file_names: Mapping[str, str]) -> str:
    """Write ``public/schools.json``.

    Parameters
    ----------
    released
        The plan that may leave.
    file_names
        School id to the name of its notice, without its ending.
    """
    schools = [
        {
            "school_id": school.school_id,
            "name": school.name,
            "outcome": school.outcome,
            "file": file_names[school.school_id],
            "patrols": sum(school.school_id in patrol.school_ids for patrol in released.patrols),
        }
        for school in sorted(released.schools, key=lambda one: (one.name, one.school_id))
    ]
    return json.dumps(schools, ensure_ascii=False, indent=1) + "\n"
