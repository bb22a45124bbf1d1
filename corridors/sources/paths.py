"""Files that the area file names, relative to it; a glob may match several."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["expand_glob", "resolve"]


def resolve(base_dir: Path, written: str) -> Path:
    """Give the path of a file that the area file names; an absolute path stays as it is."""
    return base_dir / written


def expand_glob(base_dir: Path, written: str) -> list[Path]:
    """List the files that a path or glob matches, sorted by name; none is an empty list.

    Parameters
    ----------
    base_dir
        Folder of the area file.
    written
        Path as written, with ``*``, ``?``, ``[...]`` and ``**``. A file of exactly this name comes
        before any reading of it as a glob.
    """
    try:
        exact = resolve(base_dir, written)
        if exact.is_file():
            return [exact]
        found = glob.glob(written, root_dir=base_dir, recursive=True)  # noqa: PTH207 -- root_dir
        return sorted(path for name in found if (path := base_dir / name).is_file())
    except (OSError, ValueError):  # too long, or with a NUL: no file has such a name
        return []
