"""What an area file names and other files hold: schools, posts, roles, aims, streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.errors import Problem
from corridors.sources.area_table import suggest
from corridors.sources.partners import (
    POLICE,
    Posts,
    Rule,
    fold_word,
    impossible_pairings,
    split_words,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pandas as pd

    from corridors.domain.area import Area
    from corridors.domain.plan import Aim, Role

__all__ = ["check_references"]

_SHOWN = 5


def check_references(
    area: Area,
    school_ids: Collection[str],
    roster: pd.DataFrame,
    roles: Mapping[str, Role],
    aims: Mapping[str, Aim],
    segments: pd.DataFrame | None = None,
) -> list[Problem]:
    """Check what the area file names against the tables that hold it.

    Parameters
    ----------
    area
        The area file, read.
    school_ids
        Ids of the schools that were read.
    roster
        `corridors.domain.tables.ROSTER`; empty where there is none.
    roles, aims
        By id, bundled or a borough's own.
    segments
        `corridors.domain.tables.SEGMENTS`; None leaves streets and segments unchecked.

    Returns
    -------
    list of Problem
        Every one: a school, aim, post, role, organisation, street or segment that is not there,
        and a pairing that refusals make impossible, with both named. Keys are counted from 1.
    """
    return [
        *_unknown_schools(area, school_ids),
        *_unknown_aims(area, aims),
        *_unfit_mixes(area, roles),
        *_unknown_posts(area, roster),
        *_unknown_words(area, roster, roles),
        *_contradictions(area, roster, roles),
        *(() if segments is None else _unknown_places(area, segments)),
    ]


def _unknown_schools(area: Area, school_ids: Collection[str]) -> Iterator[Problem]:
    known = set(school_ids)
    named = [
        *((f"corridors[{n}]", edit.school_id) for n, edit in enumerate(area.edits, start=1)),
        *((f"aims[{n}]", setting.school_id) for n, setting in enumerate(area.aims_set, start=1)),
        *((f"mixes[{n}]", mix.school_id) for n, mix in enumerate(area.mixes, start=1)),
        *((f"cancellations[{n}]", one.school_id) for n, one in enumerate(area.cancellations, 1)),
    ]
    for where, school_id in named:
        if school_id not in known:
            what = f"There is no school {school_id!r} among those read."
            mend = suggest(school_id, known) + "Correct it, or take the table out."
            yield Problem(f"{where}.school", what, mend)


def _unknown_aims(area: Area, aims: Mapping[str, Aim]) -> Iterator[Problem]:
    for n, entry in enumerate(area.aims_set, start=1):
        if entry.aim_id not in aims:
            mend = f"{suggest(entry.aim_id, aims)}Choose one of {', '.join(aims)}."
            yield Problem(f"aims[{n}].aim", f"There is no aim {entry.aim_id!r}.", mend)


def _unfit_mixes(area: Area, roles: Mapping[str, Role]) -> Iterator[Problem]:
    """Tell roles that are not there, and police that stand in for others or are not wanted."""
    police = {role_id for role_id, role in roles.items() if role.police}
    for n, mix in enumerate(area.mixes, start=1):
        where = f"mixes[{n}].needed"
        for role_id in sorted({role for group in mix.needed for role in group} - set(roles)):
            mend = suggest(role_id, roles) + "Use a role of the roles file."
            yield Problem(where, f"There is no role {role_id!r}.", mend)
        groups = [group for group in mix.needed if set(group) & police]
        for group in groups:
            if not set(group) <= police:
                what = f"The group {', '.join(group)} mixes police and other roles."
                mend = "Police never stand in for another role: make two groups."
                yield Problem(where, what, mend)
        if bool(groups) != (mix.police == "needed"):
            what = f"Police is {mix.police}, and needed says otherwise: the two contradict."
            mend = 'Name a group of police roles with police = "needed", and none without.'
            yield Problem(where, what, mend)


def _unknown_posts(area: Area, roster: pd.DataFrame) -> Iterator[Problem]:
    known = set(roster["post_id"])
    for n, entry in enumerate(area.absences, start=1):
        if entry.post_id not in known:
            what = f"There is no post {entry.post_id!r} that can be used in the roster."
            mend = suggest(entry.post_id, known) + "Correct it, or take the line out."
            yield Problem(f"absences[{n}].post", what, mend)


def _unknown_words(
    area: Area, roster: pd.DataFrame, roles: Mapping[str, Role]
) -> Iterator[Problem]:
    """Tell words that stand for nobody: a misspelt refusal would silently refuse nobody."""
    posts = {fold_word(post) for post in roster["post_id"]}
    written = {*roster["post_id"], *roles, *roster["organisation"]}
    known = {fold_word(word) for word in written}
    rules = [
        *((f"refusals[{n}]", "refuses", r.who, r.refuses) for n, r in enumerate(area.refusals, 1)),
        *((f"pairings[{n}]", "beside", r.who, r.beside) for n, r in enumerate(area.pairings, 1)),
    ]
    for where, key, who, others in rules:
        for name, words in (("who", (who,)), (key, others)):
            for word in words:
                if fold_word(word) in known or (name == "refuses" and fold_word(word) == POLICE):
                    continue
                what = f"There is no post, role or organisation {word!r}."
                mend = suggest(word, written) + "Write it as the roster or the roles file does."
                yield Problem(f"{where}.{name}", what, mend)
        if fold_word(who) in posts & {fold_word(word) for word in others}:
            what = "The same post is named on both sides."
            yield Problem(f"{where}.{key}", what, "Name other posts, roles or organisations.")


def _contradictions(
    area: Area, roster: pd.DataFrame, roles: Mapping[str, Role]
) -> Iterator[Problem]:
    """Name each pairing that nobody can keep, with the refusals against it."""
    posts = Posts.of(roster, {role_id for role_id, role in roles.items() if role.police})
    refusals = [Rule(f"refusals[{n}]", r.who, r.refuses) for n, r in enumerate(area.refusals, 1)]
    pairings = [Rule(f"pairings[{n}]", r.who, r.beside) for n, r in enumerate(area.pairings, 1)]
    refusals += _roster_rules(roster, "refuses")
    refusals += [
        Rule("walks_with_police of the roster", post, (POLICE,))
        for post in roster["post_id"][~roster["walks_with_police"].astype(bool)]
    ]
    pairings += _roster_rules(roster, "walks_only_with")
    for pairing, causes, stuck in impossible_pairings(posts, pairings, refusals):
        named = list(dict.fromkeys(cause.where for cause in causes))
        against = ", ".join(named[:_SHOWN]) + (", ..." if len(named) > _SHOWN else "")
        shown = ", ".join(stuck[:_SHOWN]) + (", ..." if len(stuck) > _SHOWN else "")
        yield Problem(
            pairing.where,
            f"It contradicts {against}: {shown} must walk beside somebody, and each of those "
            "refuses or is refused.",
            "Take one of the two rules back, or name somebody else to walk beside.",
        )


def _roster_rules(roster: pd.DataFrame, column: str) -> list[Rule]:
    if column not in roster:
        return []
    return [
        Rule(f"{column} of the roster", post, split_words(words))
        for post, words in zip(roster["post_id"], roster[column], strict=True)
        if words
    ]


def _unknown_places(area: Area, segments: pd.DataFrame) -> Iterator[Problem]:
    if not area.edits:
        return
    ids = set(segments["segment_id"])
    names = [name for name in segments["name"].unique() if name]
    known = {name.casefold() for name in names}
    for n, edit in enumerate(area.edits, start=1):
        where = f"corridors[{n}].{edit.kind}"
        for segment in edit.segment_ids:
            if segment not in ids:
                mend = "Take the ids from segments.parquet of the same streets file."
                yield Problem(where, f"There is no segment {segment!r}.", mend)
        for street in edit.streets:
            if street.casefold() not in known:
                mend = suggest(street, names) + "Write it as the streets file does."
                yield Problem(where, f"There is no street called {street!r}.", mend)
