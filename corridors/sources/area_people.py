"""What an area file says of who walks with whom, and of who is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.area import Absence, Pairing, Refusal
from corridors.sources.area_incidents import take_texts
from corridors.sources.partners import POLICE

if TYPE_CHECKING:
    from corridors.sources.area_table import TableReader

__all__ = ["take_absences", "take_pairings", "take_refusals"]

_WHO_MEND = "Give the id of a post or a role, or the name of an organisation."


def take_refusals(root: TableReader) -> tuple[Refusal, ...]:
    """Take every ``[[refusals]]``: who does not walk beside whom."""
    found = []
    for entry in root.tables("refusals"):
        who = entry.text("who", _WHO_MEND)
        if who is not None and who.casefold() == POLICE:
            what = "police is a word for whom somebody refuses."
            entry.add("who", what, "A refusal binds both: write it from the other side.")
        refuses = _take_words(entry, "refuses", f'{_WHO_MEND} Or "{POLICE}".')
        reason = entry.text("reason") or ""
        entry.finish()
        if who is not None and refuses:
            found.append(Refusal(who, refuses, reason))
    return tuple(found)


def take_pairings(root: TableReader) -> tuple[Pairing, ...]:
    """Take every ``[[pairings]]``: who walks only where one of others walks too."""
    found = []
    for entry in root.tables("pairings"):
        who = entry.text("who", _WHO_MEND)
        beside = _take_words(entry, "beside", _WHO_MEND)
        for key, words in (("who", (who or "",)), ("beside", beside)):
            if POLICE in {word.casefold() for word in words}:
                what = "Nobody is tied to police at large: they walk where the aim needs them."
                entry.add(key, what, "Name posts, roles or organisations.")
        reason = entry.text("reason") or ""
        entry.finish()
        if who is not None and beside:
            found.append(Pairing(who, beside, reason))
    return tuple(found)


def _take_words(entry: TableReader, key: str, mend: str) -> tuple[str, ...]:
    """Take a text or a list of texts; there must be one."""
    if isinstance(entry.raw(key), list):
        words = take_texts(entry, key)
        if not words and not entry.raw(key):
            entry.add(key, "The list is empty.", mend)
    else:
        word = entry.text(key, mend)
        words = () if word is None else (word,)
    return tuple(dict.fromkeys(words))


def take_absences(root: TableReader) -> tuple[Absence, ...]:
    """Take every ``[[absences]]``: a post that is away, both days included."""
    found = []
    for entry in root.tables("absences"):
        post = entry.text("post", "Give the id of the post.")
        first = entry.day("from", "Give the first day on which it is away.")
        last = entry.day("to", "Give the last day on which it is away; it may be the first.")
        entry.finish()
        if post is None or first is None or last is None:
            continue
        if last < first:
            entry.add("to", "The absence ends before it starts.", "Exchange or correct the dates.")
        else:
            found.append(Absence(post, first, last))
    return tuple(found)
