"""Where things are: read once, at the edge, and passed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["FolderSettings"]


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """What the service needs to know.

    Parameters
    ----------
    folder
        A folder that `corridors plan` wrote. Only its ``public`` part is ever read.
    """

    folder: Path
