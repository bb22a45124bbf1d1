"""From the words of a source to our categories and origins."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from corridors.domain.vocabulary import Origin
from corridors.errors import Problem, SourceError
from corridors.sources.bundled import bundled_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from corridors.domain.area import IncidentsInput

__all__ = [
    "ANY_WORD",
    "Categories",
    "Category",
    "Named",
    "check_words",
    "name_incidents",
    "plain_word",
    "read_categories",
]

ANY_WORD = "*"
"""In an area file's ``categories``: what every word that is not listed stands for."""

_WORD_LISTS = ("police_uk", "police_uk_api", "force", "other")


@dataclass(frozen=True, slots=True)
class Category:
    """One category of incidents (data/reference/categories.toml)."""

    slug: str
    name: str
    """In plain English, for people."""
    origin: Origin
    """Who brings it to light, unless the source says otherwise."""
    words: tuple[str, ...]
    """What known sources call it."""


@dataclass(frozen=True, slots=True)
class Categories:
    """All categories, and the plain words that lead to them."""

    by_slug: Mapping[str, Category]
    slug_of_word: Mapping[str, str]
    """Plain word (`plain_word`) to slug."""
    origin_of_word: Mapping[str, str]
    """Plain word of an origin column to ``reported`` or ``discovered``."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """Categories and origins of a table's rows, with what could not be told."""

    category: pd.Series
    origin: pd.Series
    n_unknown_words: int
    """Rows whose category word is not known."""
    n_without_word: int
    """Rows that have no category word."""
    n_unknown_origins: int
    """Rows whose origin word is not known or blank, where a column was mapped."""


def plain_word(text: str) -> str:
    """Take case, punctuation and a leading "attempted" off a word.

    Examples
    --------
    >>> plain_word("Violence-and  sexual OFFENCES")
    'violence and sexual offences'
    >>> plain_word("Attempted robbery (personal)")
    'robbery personal'
    """
    letters = "".join(char if char.isalnum() else " " for char in text.casefold())
    words = letters.split()
    if len(words) > 1 and words[0] in {"attempt", "attempted"}:
        words = words[1:]
    return " ".join(words)


@lru_cache(maxsize=4)
def read_categories(path: Path | None = None) -> Categories:
    """Read the list of categories.

    Parameters
    ----------
    path
        A TOML file like the bundled one; by default that one.

    Raises
    ------
    SourceError
        When a word stands for two categories.
    """
    path = path or bundled_path("reference/categories.toml")
    with path.open("rb") as file:
        content = tomllib.load(file)
    by_slug: dict[str, Category] = {}
    slug_of_word: dict[str, str] = {}
    for slug, entry in content["category"].items():
        words = tuple(word for key in _WORD_LISTS for word in entry.get(key, ()))
        by_slug[slug] = Category(slug, entry["name"], Origin(entry["origin"]), words)
        for word in (slug, *words):
            if slug_of_word.setdefault(plain_word(word), slug) != slug:
                raise SourceError(
                    Problem(path.name, f"{word!r} stands for two categories.", "Keep one.")
                )
    origin_of_word = {
        plain_word(word): origin.value
        for origin in Origin
        for word in (origin.value, *content["origin_words"][origin.value])
    }
    return Categories(by_slug, slug_of_word, origin_of_word)


def check_words(spec: IncidentsInput, where: str) -> list[Problem]:
    """Find what is wrong with the categories that an area file maps words to."""
    known = read_categories().by_slug
    problems = []
    for slug in sorted(set(spec.categories.values()) - known.keys()):
        near = get_close_matches(slug, known, n=1)
        mend = f"Did you mean {near[0]!r}? " if near else ""
        problems.append(
            Problem(
                f"{where}.categories",
                f"{slug!r} is not one of our categories.",
                f"{mend}They are: {', '.join(sorted(known))}.",
            )
        )
    return problems


def name_incidents(words: pd.Series, origins: pd.Series | None, spec: IncidentsInput) -> Named:
    """Give every row its category and origin.

    The area file's own words come first, then the bundled ones; a word that is neither is
    ``other``. The origin is what the file's origin column says, else ``discovered`` where the
    area file lists the row's word or category so, else what the category is by default.

    Parameters
    ----------
    words
        The file's category words, text; blank where it has none.
    origins
        The file's origin words, or None where no column is mapped.
    spec
        The input's own words.
    """
    known = read_categories()
    own = {plain_word(word): slug for word, slug in spec.categories.items() if word != ANY_WORD}
    any_word = spec.categories.get(ANY_WORD)
    discovered = {plain_word(word) for word in spec.discovered}
    # A file has few different words: each is looked up once.
    category_of: dict[str, str] = {}
    origin_of: dict[str, str] = {}
    unknown: set[str] = set()
    for text in words.unique():
        word = plain_word(text)
        slug = own.get(word) or (known.slug_of_word.get(word) if word else None) or any_word or ""
        if not slug and word:
            unknown.add(text)
        if slug not in known.by_slug:  # `check_words` tells a slug that is none of ours
            slug = "other"
        category_of[text] = slug
        is_discovered = word in discovered or plain_word(slug) in discovered
        default = known.by_slug[slug].origin
        origin_of[text] = Origin.DISCOVERED.value if is_discovered else default.value
    category = words.map(category_of).astype("str")
    origin = words.map(origin_of).astype("str")
    n_unknown_origins = 0
    if origins is not None:
        said_of = {text: known.origin_of_word.get(plain_word(text)) for text in origins.unique()}
        said = origins.map(said_of)
        n_unknown_origins = int(said.isna().sum())
        origin = said.where(said.notna(), origin).astype("str")
    return Named(
        category,
        origin,
        int(words.isin(unknown).sum()),
        0 if any_word else int((words == "").sum()),
        n_unknown_origins,
    )
