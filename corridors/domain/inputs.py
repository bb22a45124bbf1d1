"""What became of the rows of one input: rows in = rows used + rows set aside, always."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["InputRecord"]


@dataclass(frozen=True, slots=True)
class InputRecord:
    """The account of one input file.

    Parameters
    ----------
    path
        As written in the area file; of a glob, the file that it matched.
    sha256
        Hexadecimal digest of the file's bytes.
    rows_in
        Data rows of the file: neither header nor blank lines.
    used
        Rows that went on.
    set_aside
        Rows that did not, by reason code. Reasons without rows may be left out.
    notes
        What a reader of the report should know: plain sentences, without any value of a row.

    Raises
    ------
    ValueError
        When the rows do not add up: a fault of ours, not of the input.
    """

    path: str
    sha256: str
    rows_in: int
    used: int
    set_aside: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that every row is accounted for, once."""
        n_set_aside = sum(self.set_aside.values())
        if self.used < 0 or any(n < 0 for n in self.set_aside.values()):
            raise ValueError("a count of rows is negative")
        if self.rows_in != self.used + n_set_aside:
            raise ValueError(
                f"{self.rows_in} rows in are not {self.used} used and {n_set_aside} set aside"
            )

    @property
    def n_set_aside(self) -> int:
        """Number of rows set aside, for whatever reason."""
        return sum(self.set_aside.values())
