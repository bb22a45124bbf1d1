"""File names made of ids that somebody else chose."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["file_names"]

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """Give each id a file name (without ending) that is safe on every system and its own.

    A plain id (letters, digits, ``.``, ``_``, ``-``) is its own name. Any other, and ids that
    differ only by case, become their plain characters, ``~`` and a hash of the id; a plain id
    holds no ``~``, so the two kinds never meet.

    Examples
    --------
    >>> file_names(["../../x", "137042"])
    {'../../x': 'x~9cdf6a50', '137042': '137042'}
    """
    wanted = sorted(set(ids))
    folded = [one.casefold() for one in wanted]
    names = {}
    for one, lower in zip(wanted, folded, strict=True):
        is_plain = _PLAIN.fullmatch(one) and not _RESERVED.fullmatch(one)
        names[one] = one if is_plain and folded.count(lower) == 1 else _hashed(one)
    return names


def _hashed(one: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", one).strip("-")[:40]
    digest = hashlib.sha256(one.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'school'}~{digest}"
