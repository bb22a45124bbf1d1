"""The posts of a roster, by id: enough to choose one, and no more."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from api.team.names import Names

__all__ = ["RosterView", "view_roster"]


class RosterView:
    """Posts and organisations of a roster."""

    def __init__(self, posts: dict[str, str], organisations: list[str]) -> None:
        self.posts = posts
        self.organisations = organisations


def view_roster(content: bytes | None, names: Names) -> RosterView:
    """Read the posts of a roster that the reader of area files has checked already.

    Parameters
    ----------
    content
        The roster as CSV; None where there is none. What cannot be read so has no posts here.
    names
        Of roles.
    """
    posts: dict[str, str] = {}
    organisations: list[str] = []
    for row in _rows(content or b""):
        post, organisation = row.get("post_id", ""), row.get("organisation", "")
        if post and organisation:
            posts.setdefault(post, f"{names.role(row.get('role', ''))}, {organisation}")
            if organisation not in organisations:
                organisations.append(organisation)
    return RosterView(posts, sorted(organisations))


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    text = content.decode("utf-8-sig", "replace")
    try:
        for row in csv.DictReader(StringIO(text, newline="")):
            yield {
                key.strip().casefold(): value.strip()
                for key, value in row.items()
                if isinstance(key, str) and isinstance(value, str)
            }
    except csv.Error:
        return
