"""Folders for one job each: only this user reads them, and none outlives its job for long."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp

__all__ = ["job_folder", "sweep_folders"]

_PREFIX = "safer-corridors-job-"
_LOCK = ".in-use"


@contextmanager
def job_folder() -> Iterator[Path]:
    """Give an empty folder; it is gone afterwards."""
    folder = Path(mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            inner = folder / "work"
            inner.mkdir()
            yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_folders() -> int:
    """Remove the folders of workers that were killed; tell how many there were."""
    n_removed = 0
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / _LOCK).open("ab") as lock:
                # held by a living worker: refused
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                n_removed += 1
    return n_removed
