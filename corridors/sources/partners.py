"""Who walks with whom: words that stand for posts, and rules between them that contradict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pandas as pd

__all__ = ["POLICE", "Posts", "Rule", "fold_word", "impossible_pairings", "split_words"]

POLICE = "police"
"""Stands for every police role where somebody is refused."""


def fold_word(word: str) -> str:
    """Give a word without case and spare blanks, as words are compared."""
    return " ".join(word.split()).casefold()


def split_words(cell: str) -> tuple[str, ...]:
    """Split a cell such as ``Y1; Harbour Youth`` into its words."""
    return tuple(word.strip() for word in cell.split(";") if word.strip())


@dataclass(frozen=True, slots=True)
class Rule:
    """A refusal or a pairing: who, and the words for the others."""

    where: str
    """How messages call it."""
    who: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts of a roster, by which words are understood.

    Parameters
    ----------
    post_id, role, organisation
        Of each post.
    police_roles
        Ids of the roles that are police.
    """

    post_id: Sequence[str]
    role: Sequence[str]
    organisation: Sequence[str]
    police_roles: Collection[str]

    @classmethod
    def of(cls, table: pd.DataFrame, police_roles: Collection[str]) -> Posts:
        """Take the posts of a roster's table."""
        columns = [table[name].tolist() for name in ("post_id", "role", "organisation")]
        return cls(columns[0], columns[1], columns[2], police_roles)

    def matching(self, words: Iterable[str]) -> frozenset[int]:
        """Give the rows of the posts that any of the words stands for."""
        known = {fold_word(word) for word in words}
        roles = known | {fold_word(r) for r in self.police_roles} if POLICE in known else known
        return frozenset(
            row
            for row, (post, role, organisation) in enumerate(
                zip(self.post_id, self.role, self.organisation, strict=True)
            )
            if fold_word(role) in roles or {fold_word(post), fold_word(organisation)} & known
        )


def impossible_pairings(
    posts: Posts, pairings: Sequence[Rule], refusals: Sequence[Rule]
) -> list[tuple[Rule, tuple[Rule, ...], tuple[str, ...]]]:
    """Find the pairings that refusals make impossible.

    A post that must walk beside one of others is stuck when there are such others and every one
    of them refuses it or is refused by it. A pairing is impossible when all posts are stuck that
    have anybody to walk beside.

    Parameters
    ----------
    posts
        Of the roster.
    pairings, refusals
        The rules; a refusal binds both sides.

    Returns
    -------
    list of tuple
        The impossible pairings, each with the refusals that make it so and the ids of the posts.
    """
    bound = [(rule, posts.matching([rule.who]), posts.matching(rule.words)) for rule in refusals]
    found = []
    for pairing in pairings:
        others = posts.matching(pairing.words)
        stuck: list[str] = []
        n_paired = 0
        causes: dict[int, Rule] = {}
        for row in sorted(posts.matching([pairing.who])):
            partners = others - {row}
            by_rule = {
                n: (theirs if row in ours else set()) | (ours if row in theirs else set())
                for n, (_, ours, theirs) in enumerate(bound)
            }
            refused: set[int] = set().union(*by_rule.values())
            n_paired += bool(partners)
            if partners and partners <= refused:
                stuck.append(posts.post_id[row])
                causes |= {n: bound[n][0] for n, rows in by_rule.items() if rows & partners}
        if stuck and len(stuck) == n_paired:
            found.append((pairing, tuple(causes[n] for n in sorted(causes)), tuple(stuck)))
    return found
