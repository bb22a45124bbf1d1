"""The errors this software raises on purpose.

::

    CorridorsError
    ├── BadInput            something a person gave cannot be used: a list of problems
    │   ├── AreaFileError   the area file itself
    │   └── SourceError     a file the area file names
    ├── OutputError         the result cannot be written where it was asked for
    └── ReleaseError        an internal value was about to leave without disclosure control

A message names what is wrong, where, and the mend. It never quotes the content of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AreaFileError",
    "BadInput",
    "CorridorsError",
    "OutputError",
    "Problem",
    "ReleaseError",
    "SourceError",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was given.

    Parameters
    ----------
    where
        The key of the area file, or the file and column, that holds the problem.
    what
        What is wrong, in one sentence.
    mend
        What the reader can do about it.
    """

    where: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.mend}".rstrip()


class CorridorsError(Exception):
    """The root of the tree: every error raised on purpose is one of these."""


class BadInput(CorridorsError):  # noqa: N818 -- the name says what it is
    """Something a person gave cannot be used.

    Parameters
    ----------
    problems
        Every problem that was found, so that all can be mended at once.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class AreaFileError(BadInput):
    """The area file is missing, malformed or contradicts itself."""


class SourceError(BadInput):
    """A file that the area file names cannot be used as a whole."""


class OutputError(CorridorsError):
    """The result cannot be written where it was asked for."""


class ReleaseError(CorridorsError):
    """An internal value was about to leave without disclosure control."""
