"""A clash in words: which patrols need whom, and which rules stand against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.planning.roster_rules import role_words
from corridors.planning.week import DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.plan import Role
    from corridors.planning.posts import Mix
    from corridors.planning.roster_case import RosterCase

__all__ = ["Demanded", "kind_of_clash", "say_clash", "say_many", "wants_of"]

_MOST_NAMES = 4


@dataclass(frozen=True, slots=True, order=True)
class Demanded:
    """One rule of a week that can be left out to see what it does."""

    kind: str
    """``want``, ``count`` and ``police`` of a patrol; ``week`` and ``schools`` of a post;
    ``refusal`` and ``pairing``; ``once``, ``travel``, ``rest``, ``day`` and ``cap`` of all."""
    place: int = -1
    """Number of the patrol, post or rule."""
    want: int = -1
    """Number of the set of roles, of `wants_of`."""


def wants_of(mix: Mix) -> list[frozenset[str]]:
    """List the sets of roles one of each of which must be there, those who lead last."""
    return list(dict.fromkeys((*mix.groups, frozenset(mix.leads))))


def kind_of_clash(case: RosterCase, one: int, other: int) -> str:
    """Tell why nobody can walk two patrols that clash: ``once``, ``travel`` or ``rest``."""
    if case.day[one] != case.day[other]:
        return "rest"
    a, b = case.demands[one], case.demands[other]
    return "once" if a.starts_at < b.ends_at and b.starts_at < a.ends_at else "travel"


def say_clash(
    part: RosterCase, rules: Sequence[Demanded], roles: Mapping[str, Role]
) -> tuple[str, ...]:
    """Say a clash in sentences.

    Parameters
    ----------
    part
        The patrols that clash, and no other.
    rules
        The rules that clash with them, none to spare.
    roles
        For their names.

    Returns
    -------
    tuple of str
        Where the same few posts are all that several patrols need, this first; then what each
        patrol needs and who could come; then the rules.
    """
    needs = sorted((rule for rule in rules if rule.kind in {"want", "count"}), key=_by_patrol)
    said = [_say_need(part, rule, roles) for rule in needs]
    said += dict.fromkeys(
        _say_rule(part, rule) for rule in rules if rule.kind not in {"want", "count"}
    )
    return (*_headline(part, needs, roles), *said)


def say_many(part: RosterCase) -> tuple[str, ...]:
    """Say that many patrols clash, too many to name their rules."""
    days = list(dict.fromkeys(d.starts_at.weekday() for d in part.demands))
    when = DAY_NAMES[days[0]] if len(days) == 1 else "the week"
    return (f"{len(part.demands)} patrols of {when} share their posts, who are too few for all.",)


def _by_patrol(rule: Demanded) -> tuple[int, str, int]:
    return rule.place, rule.kind, rule.want


def _headline(
    part: RosterCase, needs: Sequence[Demanded], roles: Mapping[str, Role]
) -> tuple[str, ...]:
    """Say it in one sentence where several patrols need the same few posts."""
    rows = sorted({rule.place for rule in needs})
    if len(rows) < 2:
        return ()
    could = np.zeros(len(part.posts), dtype=np.bool_)
    n_needed = 0
    for rule in needs:
        could |= _could(part, rule.place, _roles_of(part, rule))
        n_needed += part.mixes[rule.place].min_posts if rule.kind == "count" else 1
    n_could = int(could.sum())
    if n_could == 0 or n_could >= n_needed:
        return ()
    patrols = _listed([_patrol(part, row) for row in rows])
    wanted = {_roles_of(part, rule) for rule in needs}
    names = f" ({role_words(next(iter(wanted)), roles)})" if len(wanted) == 1 else ""
    if n_could == 1:
        return (f"{patrols} need the same post{names}: only {_names(part, could)} could come.",)
    among = f"of whom there are {n_could}: {_names(part, could)}"
    return (f"{patrols} need {n_needed} posts{names} {among}.",)


def _say_need(part: RosterCase, rule: Demanded, roles: Mapping[str, Role]) -> str:
    mix, wanted = part.mixes[rule.place], _roles_of(part, rule)
    who = role_words(wanted, roles)
    if rule.kind == "count":
        what = f"at least {mix.min_posts} posts ({who})"
    elif wanted == frozenset(mix.leads) and wanted not in mix.groups:
        what = f"somebody to lead ({who})"
    else:
        what = f"a {who}"
    could = _could(part, rule.place, wanted)
    day = f"{part.demands[rule.place].starts_at:%H:%M} to {part.demands[rule.place].ends_at:%H:%M}"
    return f"{_patrol(part, rule.place)} ({day}) needs {what}: {_who_could(part, could)}."


def _say_rule(part: RosterCase, rule: Demanded) -> str:
    if rule.kind in {"refusal", "pairing"}:
        return part.bonds.rules[rule.place].words
    if rule.kind == "week":
        name, most = part.posts[rule.place].post_id, int(part.max_patrols[rule.place])
        elsewhere = int(part.base_load[rule.place])
        others = f", {elsewhere} of them on other days as planned" if elsewhere else ""
        return f"{name} walks at most {_patrols(most)} a week{others}."
    if rule.kind == "schools":
        most = int(part.max_schools[rule.place])
        schools = "one school" if most == 1 else f"{most} schools"
        return f"{part.posts[rule.place].post_id} keeps to {schools}."
    if rule.kind == "police":
        most = part.mixes[rule.place].max_police
        return f"{_patrol(part, rule.place)} has at most {most} police."
    return {
        "once": "Nobody walks two patrols at once.",
        "travel": "Nobody walks two patrols without time for the way between their corridors.",
        "rest": "Nobody walks on two days without the rest between them.",
        "day": f"Nobody walks more than {_patrols(part.max_patrols_day)} a day.",
        "cap": f"Police walk at most {part.police_cap} minutes in the week.",
    }[rule.kind]


def _roles_of(part: RosterCase, rule: Demanded) -> frozenset[str]:
    mix = part.mixes[rule.place]
    return mix.counted if rule.kind == "count" else wants_of(mix)[rule.want]


def _could(part: RosterCase, row: int, wanted: Collection[str]) -> NDArray[np.bool_]:
    has_role = np.array([post.role in wanted for post in part.posts], dtype=np.bool_)
    return part.able[row] & has_role


def _who_could(part: RosterCase, could: NDArray[np.bool_]) -> str:
    n_could = int(could.sum())
    if n_could == 0:
        return "nobody could come"
    if n_could > _MOST_NAMES:
        return f"{n_could} posts could come"
    return f"{'only ' if n_could == 1 else ''}{_names(part, could)} could come"


def _names(part: RosterCase, could: NDArray[np.bool_]) -> str:
    names = [part.posts[column].post_id for column in np.flatnonzero(could)]
    shown = names if len(names) <= 2 * _MOST_NAMES else [*names[:_MOST_NAMES], "others"]
    return _listed(shown)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _patrol(part: RosterCase, row: int) -> str:
    demand = part.demands[row]
    return f"{DAY_NAMES[demand.starts_at.weekday()]}'s patrol of {demand.corridor_id}"


def _patrols(n: int) -> str:
    return "one patrol" if n == 1 else f"{n} patrols"
