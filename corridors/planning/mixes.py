"""The mix of one school as a person set it: the same aim, with other people on it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from corridors.domain.vocabulary import PolicePresence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corridors.domain.area import MixSetting
    from corridors.domain.plan import Aim

__all__ = ["mixed_aim_id", "with_mixes"]


def mixed_aim_id(aim_id: str, school_id: str) -> str:
    """Name an aim with the mix that a person set for one school."""
    return f"{aim_id}@{school_id}"


def with_mixes(aims: Mapping[str, Aim], mixes: Iterable[MixSetting]) -> dict[str, Aim]:
    """Add, for each school whose mix is set, every aim with that mix.

    Parameters
    ----------
    aims
        By id, as the aims file has them.
    mixes
        At most one for a school.

    Returns
    -------
    dict
        The aims, then those with a set mix under `mixed_aim_id`. What is needed is no longer
        unsuitable, and who may lead stays as the aim says: police lead enforcement only. A mix
        without police makes no enforcement, so enforcement is left out there.
    """
    found = dict(aims)
    for mix in mixes:
        police = PolicePresence(mix.police)
        needed = {role for group in mix.needed for role in group}
        for aim in aims.values():
            if aim.enforcement and police is not PolicePresence.NEEDED:
                continue
            aim_id = mixed_aim_id(aim.aim_id, mix.school_id)
            found[aim_id] = dataclasses.replace(
                aim,
                aim_id=aim_id,
                needed=mix.needed,
                unsuitable=tuple(role for role in aim.unsuitable if role not in needed),
                min_posts=mix.min_posts,
                police=police,
                police_why=aim.police_why if police is aim.police else _POLICE_WHY[police],
                of_school=mix.school_id,
            )
    return found


_POLICE_WHY = {
    PolicePresence.NEEDED: "The team decided that police are needed on these patrols.",
    PolicePresence.ON_CALL: "The team decided that police stay away and can be called.",
    PolicePresence.ABSENT: "The team decided that these patrols need no police.",
}
"""For parents: the words of whoever decided stay inside."""
