"""Which state of a row an edit starts from: `If-Match`, as every route that edits asks for it."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from api.errors import BadRequest, MissingCondition

__all__ = ["IfMatch", "row_version_of"]

IfMatch = Annotated[
    str | None,
    Header(description="The `row_version` that was looked at, in quotes.", examples=['"1"']),
]


def row_version_of(if_match: str | None) -> int:
    """Read a row version.

    Raises
    ------
    MissingCondition
        When none was sent.
    BadRequest
        When it is none.
    """
    mend = 'Send the row_version that you looked at, as If-Match: "3".'
    if if_match is None:
        raise MissingCondition("It is not said which state this starts from.", mend)
    found = re.fullmatch(r'"?([1-9][0-9]{0,8})"?', if_match.strip())
    if found is None:
        raise BadRequest("If-Match is not a row version.", mend, where="If-Match")
    return int(found[1])
