"""The same inputs and seed give the same bytes, in another process and with other hashes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TIMINGS = "internal/timings.json"


def plan_demo(out: Path, hash_seed: str) -> dict[str, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "corridors", "demo", "--quiet", "--out", out],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "XDG_CACHE_HOME": str(out.parent / "c")},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def test_two_runs_give_the_same_bytes(demo_folder: Path, tmp_path: Path) -> None:
    """One run reads the streets from their file, one from the cache; one in this process."""
    first = plan_demo(tmp_path / "first", "1")
    second = plan_demo(tmp_path / "second", "31337")
    third = {
        path.relative_to(demo_folder).as_posix(): path.read_bytes()
        for path in demo_folder.rglob("*")
        if path.is_file()
    }
    assert len(first) > 15
    for other in (second, third):
        assert other.keys() == first.keys()
        differ = [name for name in first if first[name] != other[name] and name != TIMINGS]
        assert differ == []
