"""Ctrl-C in the middle: exit code 130, the old folder as it was, nothing half-written."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from corridors.outputs.folder import OutputFolder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run, RunArea
    from tests.small_area import SmallArea

# A process started in the background may have been told to ignore Ctrl-C.
_START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from corridors.__main__ import main; main()"
)
DEADLINE_S = 120


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_signal_while_the_folder_is_written(plan: RunArea, area: SmallArea) -> None:
    """A real process, a real signal, in the moment in which files are being written."""
    before = plan(area).folder
    was = digest(before)
    process = subprocess.Popen(
        [sys.executable, "-c", _START, "demo", "--out", before],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    given_up_at = time.monotonic() + DEADLINE_S
    while not _is_writing(before) and process.poll() is None:
        assert time.monotonic() < given_up_at
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130, err
    assert out == ""
    assert err.strip() == "Interrupted: nothing was changed."
    assert digest(before) == was
    assert {path.name for path in before.parent.iterdir()} == {"area", "out"}


def _is_writing(out: Path) -> bool:
    staged = out.parent.glob(f".corridors-writing-{out.name}-*/internal/*")
    return any(staged)


@pytest.mark.parametrize(
    "where",
    [
        "corridors.pipeline.reading.read_streets",
        "corridors.pipeline.assessing.assess_school",
        "corridors.pipeline.staffing.staff_patrols",
        "corridors.pipeline.writing.draw_public_map",
        "corridors.pipeline.writing.draw_calendar",
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_an_interrupt_in_each_stage(
    run: Run,
    plan: RunArea,
    area: SmallArea,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    *,
    is_new: bool,
) -> None:
    out = tmp_path / "out"
    was = {} if is_new else digest(plan(area).folder)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, interrupt)
    told = run("plan", area.file, "--week", "2026-07-06", "--out", out)
    assert told.code == 130
    assert (told.out, told.err.strip()) == ("", "Interrupted: nothing was changed.")
    assert (digest(out) if out.exists() else {}) == was
    left = {path.name for path in tmp_path.iterdir()}
    assert left == ({"area"} if is_new else {"area", "out"})


def test_a_full_disk(
    run: Run, plan: RunArea, area: SmallArea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing that fails half-way says so, with its own exit code, and changes nothing."""
    was = digest(plan(area).folder)
    write = OutputFolder.write_bytes
    written: list[str] = []

    def fail_on_the_fifth(folder: OutputFolder, relative: str, content: bytes) -> None:
        written.append(relative)
        # the path of a file below a file cannot be made: an OSError of the system's own
        write(folder, relative if len(written) < 5 else f"{written[0]}/{relative}", content)

    monkeypatch.setattr(OutputFolder, "write_bytes", fail_on_the_fifth)
    told = run("plan", area.file, "--week", "2026-07-06", "--out", tmp_path / "out")
    assert told.code == 3
    assert "--out" in told.err
    assert digest(tmp_path / "out") == was
    assert {path.name for path in tmp_path.iterdir()} == {"area", "out"}
