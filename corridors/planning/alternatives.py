"""What else was considered for a corridor's patrols, no patrol among it, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corridors.domain.plan_parts import (
    Alternative,
)
from corridors.domain.vocabulary import PolicePresence
from corridors.planning.aims import amount_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from corridors.domain.plan import Aim, SchoolResult
    from corridors.planning.aims import AimChoice
    from corridors.planning.week import PatrolDemand

__all__ = ["alternatives_for"]

_MOST_AIMS = 2
_OTHER_HOUR_MIN = 30  # a start that is nearer is the same hour
_WITH_POLICE = {
    PolicePresence.NEEDED: "The same patrol without police",
    PolicePresence.ON_CALL: "Police walking along",
    PolicePresence.ABSENT: "Police walking along, or on call for this patrol",
}


def alternatives_for(
    choice: AimChoice,
    result: SchoolResult,
    demands: Sequence[PatrolDemand],
    aims: Mapping[str, Aim],
    *,
    bell_to_start_min: int | None = None,
    minute_profile: ArrayLike | None = None,
    before_min: int = 0,
) -> tuple[Alternative, ...]:
    """List what else was considered for the patrols of one corridor.

    Parameters
    ----------
    choice
        The aim, proposed or set.
    result
        What the plan says of the school: its grade and the reasons for it.
    demands
        The corridor's patrols of the week.
    aims
        By id.
    bell_to_start_min
        Minutes from the bell to the start of these patrols; None where not known.
    minute_profile
        ``(n_minutes,)`` share of the evidence in each minute of the window; None for month-only
        data.
    before_min
        Minutes before the bell at which the profile begins.

    Returns
    -------
    tuple of Alternative
        No patrol first, then other aims, then more or fewer police, then another hour.
    """
    found = [_no_patrol(result), *_other_aims(choice, aims), _other_police(choice.aim)]
    if minute_profile is not None and bell_to_start_min is not None and demands:
        length_min = round((demands[0].ends_at - demands[0].starts_at).total_seconds() / 60)
        other = _other_hour(minute_profile, bell_to_start_min, length_min, before_min)
        found += [other] if other is not None else []
    return tuple(found)


def _no_patrol(result: SchoolResult) -> Alternative:
    reasons = " ".join(result.reasons)
    return Alternative("No patrol", f"The evidence is {result.grade}. {reasons}".strip())


def _other_aims(choice: AimChoice, aims: Mapping[str, Aim]) -> list[Alternative]:
    """Give the rule's own proposal where a person set another, then the next aims by share."""
    found = []
    if choice.proposed is not None and choice.proposed.aim_id != choice.aim.file_id:
        found.append(
            Alternative(f"The aim {_quoted(choice.proposed)}, which the rule proposes", choice.why)
        )
    named = {choice.aim.file_id, choice.proposed.aim_id if choice.proposed else ""}
    others = [(a, s) for a, s in choice.considered if a not in named and a in aims]
    for aim_id, share in others[:_MOST_AIMS]:
        why = f"{amount_words(share).capitalize()} of what was reported was of its kind"
        own = dict(choice.considered).get(choice.aim.file_id)
        if own is None:
            why += ": not enough to suggest it."
        elif own > share:
            why += f", and {_more(own, share)} of the kind of the chosen aim."
        else:
            why += ", about as much as of the chosen aim's kind; hours and order of aims decided."
        found.append(Alternative(f"The aim {_quoted(aims[aim_id])}", why))
    return found


def _more(own: float, share: float) -> str:
    return "more" if amount_words(own) == amount_words(share) else amount_words(own)


def _quoted(aim: Aim) -> str:
    return f"\u201c{aim.name}\u201d"


def _other_police(aim: Aim) -> Alternative:
    return Alternative(_WITH_POLICE[aim.police], aim.police_why)


def _other_hour(
    minute_profile: ArrayLike, start_min: int, length_min: int, before_min: int
) -> Alternative | None:
    """Find the best start that is not about the same; None where the window holds no other."""
    profile = np.nan_to_num(np.asarray(minute_profile, dtype=np.float64))
    total = float(profile.sum())
    summed = np.concatenate([[0.0], np.cumsum(profile)])
    starts = np.arange(max(profile.size - length_min + 1, 0))
    own = start_min + before_min
    others = starts[(np.abs(starts - own) >= _OTHER_HOUR_MIN) & ((starts - before_min) % 5 == 0)]
    if total <= 0 or not others.size or not 0 <= own <= profile.size - length_min:
        return None
    held = (summed[starts + length_min] - summed[starts]) / total
    best = int(others[np.flatnonzero(held[others] >= held[others].max() - 1e-9)[0]])
    minutes = best - before_min
    when = "at the bell" if minutes == 0 else f"{abs(minutes)} minutes {_side(minutes)} the bell"
    here, there = _percent(held[own]), _percent(held[best])
    if here == there:
        why = f"It would meet no more of the evidence: about {there} % as well."
    else:
        why = f"It would meet about {there} % of the evidence; the chosen hour meets {here} %."
    return Alternative(f"Starting {when}", why)


def _side(minutes: int) -> str:
    return "after" if minutes > 0 else "before"


def _percent(share: float) -> int:
    """Give a share in steps of five per cent."""
    return 5 * round(20 * float(share))
