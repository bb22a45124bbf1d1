"""Which aim a corridor's patrols have: proposed by a stated rule, or set by a person."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from corridors.domain.area import AimSetting
    from corridors.domain.plan import Aim

__all__ = ["AimChoice", "amount_words", "choose_aim", "propose_aim", "set_aim"]

_EVEN_SHARE = 0.05  # aims whose shares differ by less are suggested equally
_MOSTLY = 0.5  # of the evidence in an aim's typical minutes: worth saying
_AMOUNTS = (
    (0.75, "nearly all"),
    (0.55, "most"),
    (0.45, "about half"),
    (0.3, "a large part"),
    (0.15, "some"),
    (0.0, "little"),
)


@dataclass(frozen=True, slots=True)
class AimChoice:
    """An aim and the reason for it.

    Parameters
    ----------
    aim
        The aim.
    why
        One sentence for a person. It holds no count and no incident.
    considered
        Aims that the evidence could have suggested with the share of the weight in their
        categories, largest first.
    """

    aim: Aim
    why: str
    considered: tuple[tuple[str, float], ...] = ()
    set_by: str = ""
    """Who set it; empty where the rule proposed it."""
    proposed: Aim | None = None
    """What the rule proposes, where a person set the aim."""


def choose_aim(  # noqa: PLR0913 -- each is one fact of one corridor's aim
    school_id: str,
    settings: Iterable[AimSetting],
    category_weight: Mapping[str, float],
    aims: Mapping[str, Aim] | Iterable[Aim],
    *,
    minute_profile: ArrayLike | None = None,
    before_min: int = 0,
    hours_known: bool = True,
    min_aim_share: float = 0.35,
    category_names: Mapping[str, str] | None = None,
) -> AimChoice:
    """Take the aim that a person set for a school, or propose one: the one call that is needed.

    Parameters
    ----------
    school_id
        The school whose patrols are planned.
    settings
        All of the area's.
    category_weight, aims, minute_profile, before_min, hours_known, min_aim_share, category_names
        As for `propose_aim`.

    Returns
    -------
    AimChoice
        With a setting: its aim and reason, and in `proposed` what the rule says.

    Raises
    ------
    BadInput
        Two settings for the school, an unknown aim, no reason or no name.
    """
    listed = _as_list(aims)
    proposal = propose_aim(
        category_weight,
        listed,
        minute_profile=minute_profile,
        before_min=before_min,
        hours_known=hours_known,
        min_aim_share=min_aim_share,
        category_names=category_names,
    )
    own = [setting for setting in settings if setting.school_id == school_id]
    if not own:
        return proposal
    where = f"aim of school {school_id}"
    if len(own) > 1:
        both = " and ".join(setting.aim_id for setting in own)
        raise BadInput(
            Problem(where, f"It is set {len(own)} times: {both}.", "Keep one of these settings.")
        )
    chosen = set_aim(own[0].aim_id, own[0].reason, own[0].by, listed, where=where)
    return dataclasses.replace(chosen, considered=proposal.considered, proposed=proposal.aim)


def propose_aim(
    category_weight: Mapping[str, float],
    aims: Mapping[str, Aim] | Iterable[Aim],
    *,
    minute_profile: ArrayLike | None = None,
    before_min: int = 0,
    hours_known: bool = True,
    min_aim_share: float = 0.35,
    category_names: Mapping[str, str] | None = None,
) -> AimChoice:
    """Propose the aim that the mix of offences of one corridor suggests.

    The rule: an aim's share is the weight in its categories over all weight. The largest share
    wins if it reaches `min_aim_share`. Aims within 0.05 of it are suggested equally: of these the
    one whose typical minutes hold most of the minute profile wins, then the higher priority, then
    the larger share, then the id. Where no aim reaches the share, where no category is known or no
    hour is known, the aim that suits any category is proposed. Enforcement is never proposed.

    Parameters
    ----------
    category_weight
        Weight by category of the incidents on the corridor. What is not finite or not positive
        counts nothing.
    aims
        The aims, by id or as an iterable.
    minute_profile
        ``(n_minutes,)`` share of the evidence in each minute of the after-school window.
    before_min
        Minutes before the bell at which the profile begins.
    hours_known
        False for month-only data: where does not tell what for, so reassurance is proposed.
    min_aim_share
        See `corridors.domain.parameters.Parameters.min_aim_share`.
    category_names
        Names of categories for people; the category itself otherwise.

    Returns
    -------
    AimChoice

    Raises
    ------
    BadInput
        No aim suits any category.
    """
    open_aims = [aim for aim in _as_list(aims) if not aim.enforcement]
    fallback = _fallback(open_aims)
    if not hours_known:
        return AimChoice(
            fallback, "The reports have no time of day, so no single aim is suggested."
        )
    weight = {c: w for c, w in category_weight.items() if math.isfinite(w) and w > 0}
    total = math.fsum(weight.values())
    shares = {
        aim.aim_id: math.fsum(weight.get(c, 0.0) for c in sorted(set(aim.categories))) / total
        for aim in open_aims
        if total > 0 and aim.categories
    }
    considered = tuple(
        sorted(((a, s) for a, s in shares.items() if s > 0), key=lambda item: (-item[1], item[0]))
    )
    largest = considered[0][1] if considered else 0.0
    if largest < min_aim_share:
        why = "No single kind of incident stands out along this corridor."
        return AimChoice(fallback, why, considered)
    equal = [
        aim
        for aim in open_aims
        if aim.categories and shares[aim.aim_id] > max(largest - _EVEN_SHARE, 0.0)
    ]
    aim = min(
        equal,
        key=lambda aim: (
            -_fit(aim, minute_profile, before_min),
            -aim.priority,
            -shares[aim.aim_id],
            aim.aim_id,
        ),
    )
    why = _sentence(aim, weight, shares[aim.aim_id], category_names or {})
    if _fit(aim, minute_profile, before_min) >= _MOSTLY:
        why += f" {_hours_sentence(aim)}"
    if len(equal) > 1:
        why += " Another aim was suggested about equally; the hours and the order of aims decided."
    return AimChoice(aim, why, considered)


def set_aim(
    aim_id: str,
    reason: str,
    by: str,
    aims: Mapping[str, Aim] | Iterable[Aim],
    *,
    where: str = "aim",
) -> AimChoice:
    """Take the aim that a person set, enforcement included; the reason stays in the plan.

    Parameters
    ----------
    aim_id, reason, by
        What, why, and who answers for it.
    aims
        The aims, by id or as an iterable.
    where
        What a problem is told to be in.

    Raises
    ------
    BadInput
        An unknown aim, no reason or no name; all of them at once.
    """
    by_id = {aim.aim_id: aim for aim in _as_list(aims)}
    problems = []
    if aim_id not in by_id:
        known = ", ".join(sorted(by_id))
        problems.append(Problem(where, "There is no such aim.", f"Choose one of: {known}."))
    if not reason.strip():
        problems.append(Problem(where, "No reason is given.", "Say why this aim is set."))
    if not by.strip():
        problems.append(Problem(where, "Nobody answers for it.", "Give the name of who set it."))
    if problems:
        raise BadInput(problems)
    return AimChoice(by_id[aim_id], f"Set by {by.strip()}: {reason.strip()}", set_by=by.strip())


def amount_words(share: float) -> str:
    """Say a share without a figure: ``nearly all`` down to ``little``."""
    return next(word for least, word in _AMOUNTS if share >= least)


def _as_list(aims: Mapping[str, Aim] | Iterable[Aim]) -> list[Aim]:
    """List the aims of the file; those whose mix a person set are no choice of their own."""
    values = aims.values() if hasattr(aims, "values") else aims
    return sorted((aim for aim in values if not aim.of_school), key=lambda aim: aim.aim_id)


def _fallback(open_aims: Sequence[Aim]) -> Aim:
    for_any = [aim for aim in open_aims if not aim.categories]
    if not for_any:
        raise BadInput(
            Problem(
                "aims",
                "No aim suits any category, so there is none to fall back on.",
                "Give one aim without enforcement an empty list of categories.",
            )
        )
    return min(for_any, key=lambda aim: (-aim.priority, aim.aim_id))


def _fit(aim: Aim, minute_profile: ArrayLike | None, before_min: int) -> float:
    """Share of the profile in the aim's typical minutes; rounded so that noise cannot decide."""
    if minute_profile is None or aim.after_bell_min is None:
        return 0.0
    profile = np.nan_to_num(np.asarray(minute_profile, dtype=np.float64))
    low, high = (minutes + before_min for minutes in aim.after_bell_min)
    total = float(profile.sum())
    if total <= 0:
        return 0.0
    return round(float(profile[max(low, 0) : max(high, 0)].sum()) / total, 2)


def _sentence(aim: Aim, weight: Mapping[str, float], share: float, names: Mapping[str, str]) -> str:
    """Say in words, without a figure, what suggested the aim."""
    amount = amount_words(share)
    present = sorted((c for c in aim.categories if c in weight), key=lambda c: (-weight[c], c))
    words = [names.get(c, c.replace("_", " ")).lower() for c in present]
    kinds = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"{amount.capitalize()} of what was reported along this corridor was {kinds}."


def _hours_sentence(aim: Aim) -> str:
    """Say that the hours are those that suggest the aim."""
    low, high = aim.after_bell_min or (0, 0)
    if low <= 0:
        return f"Most of it came in the first {high} minutes after the bell, as is usual for this."
    return f"Most of it came {low} to {high} minutes after the bell, as is usual for this."
