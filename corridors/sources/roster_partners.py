"""The columns of a roster that say beside whom a post walks: ``refuses``, ``walks_only_with``."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from corridors.sources.partners import (
    POLICE,
    Posts,
    Rule,
    fold_word,
    impossible_pairings,
    split_words,
)

__all__ = ["known_words", "of_every_row", "parse_partners", "stuck_posts"]


def known_words(
    text: pd.DataFrame, known_roles: Collection[str] | None
) -> dict[str, tuple[str, ...]]:
    """List what each word stands for when its case is forgotten: as it is written elsewhere."""
    words = {POLICE, *(known_roles or ())}
    words |= {cell for name in ("post_id", "role", "organisation") for cell in text[name] if cell}
    written: dict[str, tuple[str, ...]] = {}
    for word in sorted(words):
        written[fold_word(word)] = (*written.get(fold_word(word), ()), word)
    return written


def parse_partners(cell: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    """Read words such as ``Y1; police``; None where one is not known."""
    found: list[str] = []
    for word in split_words(cell):
        written = words.get(fold_word(word), ())
        if not written:
            return None
        found.extend([word] if word in written else written)
    return ";".join(dict.fromkeys(found))


def of_every_row(post_ids: pd.Series, refuses: list[str | None]) -> pd.Series:
    """Give each row what any row of its post refuses: a refusal is never lost to a repeat."""
    words = pd.Series([cell or "" for cell in refuses], post_ids.index, dtype="str")
    if not words.any():
        return words
    joined = words.groupby(post_ids).transform(lambda cells: ";".join(filter(None, cells)))
    return joined.map(lambda cell: ";".join(dict.fromkeys(split_words(cell)))).astype("str")


def stuck_posts(table: pd.DataFrame, known_roles: Collection[str] | None) -> set[str]:
    """Find the posts that would walk only with posts that refuse them or that they refuse."""
    paired = table[table["walks_only_with"] != ""]
    if paired.empty:
        return set()
    posts = Posts.of(table, _police_roles(known_roles))
    refusals = [
        Rule("", post, split_words(words))
        for post, words in zip(table["post_id"], table["refuses"], strict=True)
        if words
    ]
    refusals += [
        Rule("", post, (POLICE,)) for post in table["post_id"][~table["walks_with_police"]]
    ]
    pairings = [
        Rule("", post, split_words(words))
        for post, words in zip(paired["post_id"], paired["walks_only_with"], strict=True)
    ]
    return {post for *_, stuck in impossible_pairings(posts, pairings, refusals) for post in stuck}


def _police_roles(known_roles: Collection[str] | None) -> set[str]:
    if not isinstance(known_roles, Mapping):
        return set()
    return {name for name, role in known_roles.items() if getattr(role, "police", False)}
