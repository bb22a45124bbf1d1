"""Who walks beside whom: refusals and pairings, post by post. They are never overruled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corridors.errors import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from corridors.domain.area import Pairing, Refusal
    from corridors.domain.plan import Role
    from corridors.planning.posts import Post

__all__ = ["Bonds", "BoundRule", "TeamRules", "bind_rules", "narrow_joins", "role_words"]

_POLICE = "police"


@dataclass(frozen=True, slots=True)
class TeamRules:
    """The rules of an area between posts; those of single posts are on the roster."""

    refusals: tuple[Refusal, ...] = ()
    pairings: tuple[Pairing, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class BoundRule:
    """One rule, put on the posts of one roster."""

    words: str
    """The rule as a sentence, for the plan's own readers."""
    where: str
    """Where it is written."""
    who: NDArray[np.bool_]
    """``(n_posts,)``"""
    others: NDArray[np.bool_]
    """``(n_posts,)`` whom they refuse, or one of whom must be there."""
    is_pairing: bool

    def apart(self) -> NDArray[np.bool_]:
        """Give the pairs that a refusal keeps apart: ``(n_posts, n_posts)``, symmetric."""
        pairs = self.who[:, None] & self.others[None, :]
        pairs |= pairs.T
        np.fill_diagonal(pairs, val=False)
        return pairs


@dataclass(frozen=True, slots=True, eq=False)
class Bonds:
    """All rules between the posts of one roster."""

    rules: tuple[BoundRule, ...]
    apart: NDArray[np.bool_]
    """``(n_posts, n_posts)`` never on one patrol; symmetric, False on the diagonal."""
    mates: tuple[tuple[NDArray[np.bool_], ...], ...]
    """For each post: sets of posts, one of each of which must be there; itself is in none."""

    def allow(self, members: Sequence[int]) -> bool:
        """Tell whether these posts, by number, may walk together."""
        here = np.zeros(len(self.mates), dtype=np.bool_)
        here[list(members)] = True
        if self.apart[np.ix_(members, members)].any():
            return False
        return all((beside & here).any() for column in members for beside in self.mates[column])


def bind_rules(
    posts: Sequence[Post], roles: Mapping[str, Role], rules: TeamRules | None = None
) -> Bonds:
    """Put every rule on the posts that it means.

    Parameters
    ----------
    posts
        In the order of the roster's columns; their own ``walks_with_police``, ``refuses`` and
        ``walks_only_with`` count too.
    roles
        By id.
    rules
        The area's.

    Raises
    ------
    BadInput
        A word that is no post, role or organisation (a rule that cannot be kept must not be passed
        over), or two rules that contradict each other: all of them at once.
    """
    bound: list[BoundRule] = []
    problems: list[Problem] = []
    known = _known_words(posts, roles)
    for written in _written(posts, rules or TeamRules()):
        odd = [
            Problem(
                f"{written.where}.{key}",
                "It is no post, role or organisation of the roster.",
                "Write the id of a post or role, the name of an organisation, or police; or take "
                "the rule out.",
            )
            for key, words in ((written.who_key, (written.who,)), (written.key, written.others))
            if not {_fold(word) for word in words} <= known or not words
        ]
        problems += odd
        if not odd:
            bound.append(_bind(written, posts))
    apart = np.zeros((len(posts), len(posts)), dtype=np.bool_)
    for rule in bound:
        if not rule.is_pairing:
            apart |= rule.apart()
    problems += _contradictions(bound, apart)
    if problems:
        raise BadInput(problems)
    return Bonds(tuple(bound), apart, _mates(bound, len(posts)))


def narrow_joins(
    able: NDArray[np.bool_],
    wants: Sequence[Sequence[NDArray[np.bool_]]],
    bonds: Bonds,
    least_police: NDArray[np.int64],
    police: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Take posts off patrols that no team can hold them on, by the rules between posts.

    Parameters
    ----------
    able
        ``(n_demands, n_posts)`` who could come.
    wants
        For each demand, sets of posts (``(n_posts,)`` bool) one of each of which must be there.
    bonds
        The rules.
    least_police
        ``(n_demands,)`` fewest police posts of any team.
    police
        ``(n_posts,)``

    Returns
    -------
    ``(n_demands, n_posts)`` bool
    """
    joins = able.copy()
    if police.any():
        refuses_all = bonds.apart[:, police].all(axis=1) & ~police
        joins &= ~((least_police > 0)[:, None] & refuses_all[None, :])
    paired = [column for column, sets in enumerate(bonds.mates) if sets]
    if not bonds.apart.any() and not paired:
        return joins
    for row in range(len(joins)):
        # Where nobody at all could come, that is what is missing, not the rule.
        sought = [want for want in wants[row] if (want & joins[row]).any()]
        here = _with_partners(joins[row], sought, bonds, paired)
        # Where no team is left, who could come stays, so that it can be said what is missing.
        if all((want & here).any() for want in sought):
            joins[row] = here
    return joins


def _with_partners(
    start: NDArray[np.bool_],
    sought: Sequence[NDArray[np.bool_]],
    bonds: Bonds,
    paired: Sequence[int],
) -> NDArray[np.bool_]:
    """Keep those who find somebody of each set, and their mates, among those who are kept."""
    here, together = start, ~bonds.apart
    while True:
        kept = here.copy()
        for want in sought:
            kept &= (together & (want & here)[None, :]).any(axis=1)
        for column in paired:
            mates = [beside & here & together[column] for beside in bonds.mates[column]]
            kept[column] &= all(found.any() for found in mates)
        if (kept == here).all():
            return here
        here = kept


@dataclass(frozen=True, slots=True)
class _Written:
    """One rule as it is written, before it is put on posts."""

    where: str
    who: str
    others: tuple[str, ...]
    reason: str
    is_pairing: bool
    post_id: str | None = None
    """The post whose own row says it."""

    @property
    def key(self) -> str:
        if self.post_id is not None:
            return "walks_only_with" if self.is_pairing else "refuses"
        return "beside" if self.is_pairing else "refuses"

    @property
    def who_key(self) -> str:
        return "post_id" if self.post_id is not None else "who"


def _written(posts: Sequence[Post], rules: TeamRules) -> Iterator[_Written]:
    for number, refusal in enumerate(rules.refusals, start=1):
        yield _Written(
            f"refusals[{number}]", refusal.who, refusal.refuses, refusal.reason, is_pairing=False
        )
    for number, pairing in enumerate(rules.pairings, start=1):
        yield _Written(
            f"pairings[{number}]", pairing.who, pairing.beside, pairing.reason, is_pairing=True
        )
    for post in posts:
        own = (*post.refuses, *(() if post.walks_with_police else (_POLICE,)))
        if own:
            yield _Written("roster", post.post_id, own, "", is_pairing=False, post_id=post.post_id)
        if post.walks_only_with:
            yield _Written(
                "roster",
                post.post_id,
                post.walks_only_with,
                "",
                is_pairing=True,
                post_id=post.post_id,
            )


def _bind(written: _Written, posts: Sequence[Post]) -> BoundRule:
    if written.post_id is None:
        who = np.array([_means(written.who, post) for post in posts], dtype=np.bool_)
    else:
        who = np.array([post.post_id == written.post_id for post in posts], dtype=np.bool_)
    others = np.array(
        [any(_means(word, post) for word in written.others) for post in posts], dtype=np.bool_
    )
    verb = "walks only beside" if written.is_pairing else "does not walk beside"
    reason = f" ({written.reason.rstrip('.')})" if written.reason else ""
    words = f"{written.who} {verb} {' or '.join(written.others)}{reason}; {written.where}."
    return BoundRule(words, written.where, who, others, written.is_pairing)


def _means(word: str, post: Post) -> bool:
    """Tell whether a word means a post: its id, role or organisation, or police."""
    folded = _fold(word)
    return folded in {_fold(post.post_id), _fold(post.role), _fold(post.organisation)} or (
        folded == _POLICE and post.police
    )


def _known_words(posts: Sequence[Post], roles: Mapping[str, Role]) -> set[str]:
    words = {_POLICE, *(_fold(role) for role in roles)}
    for post in posts:
        words |= {_fold(post.post_id), _fold(post.role), _fold(post.organisation)}
    return words


def _fold(word: str) -> str:
    return " ".join(word.split()).casefold()


def _mates(bound: Sequence[BoundRule], n_posts: int) -> tuple[tuple[NDArray[np.bool_], ...], ...]:
    sets: list[list[NDArray[np.bool_]]] = [[] for _ in range(n_posts)]
    for rule in bound:
        for column in np.flatnonzero(rule.who) if rule.is_pairing else ():
            beside = rule.others.copy()
            beside[column] = False
            sets[column].append(beside)
    return tuple(tuple(found) for found in sets)


def _contradictions(bound: Sequence[BoundRule], apart: NDArray[np.bool_]) -> list[Problem]:
    """Find pairings that refusals leave nobody for: both are named."""
    problems = []
    for rule in bound:
        if not rule.is_pairing or not rule.who.any():
            continue
        beside = rule.who[:, None] & rule.others[None, :]
        np.fill_diagonal(beside, val=False)
        # A pairing with nobody on the roster is no contradiction: it is told where it is felt.
        if not beside.any() or (beside & ~apart).any():
            continue
        against = [one for one in bound if not one.is_pairing and (one.apart() & beside).any()]
        problems.append(
            Problem(
                " and ".join(dict.fromkeys(_place(one) for one in (rule, *against))),
                "These rules contradict each other: who walks only beside others is kept apart "
                "from all of them.",
                "Take one of them out, or name somebody else to walk beside.",
            )
        )
    return problems


def _place(rule: BoundRule) -> str:
    if rule.where != "roster":
        return rule.where
    return "roster.walks_only_with" if rule.is_pairing else "roster.refuses or walks_with_police"


def role_words(wanted: Collection[str], roles: Mapping[str, Role]) -> str:
    """Name roles in words, in the order of the roles file."""
    names = [roles[role].name for role in sorted(wanted, key=list(roles).index)]
    plain = [name[:1].lower() + name[1:] for name in names]
    return " or ".join([", ".join(plain[:-1]), plain[-1]] if len(plain) > 1 else plain)
