"""How long each stage took and how much memory it needed; told to whoever listens."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

if sys.platform != "win32":
    import resource

__all__ = ["Stages"]


class Stages:
    """Time the stages of a run.

    Parameters
    ----------
    tell
        Called with the words of each stage as it begins, and again with how much of it is done,
        as a share, where that is known.
    """

    def __init__(self, tell: Callable[[str, float | None], object] | None = None) -> None:
        self._tell = tell or (lambda _words, _share: None)
        self._words = ""
        self.seconds: dict[str, float] = {}
        self.peak_mb: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, words: str) -> Iterator[None]:
        """Time what happens inside, under a name that stays the same between versions."""
        self._words = words
        self._tell(words, None)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
            self.peak_mb[name] = _peak_mb()

    def advance(self, done: int, total: int) -> None:
        """Tell how much of the stage that runs is done."""
        self._tell(self._words, done / max(total, 1))

    def as_record(self) -> dict[str, object]:
        """Give what ``timings.json`` holds."""
        return {
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "total_seconds": round(sum(self.seconds.values()), 3),
            "peak_memory_mb": {name: round(value, 1) for name, value in self.peak_mb.items()},
        }


def _peak_mb() -> float:
    if sys.platform == "win32":
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
