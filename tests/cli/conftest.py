"""The command line, run in this process as somebody would run it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from corridors.__main__ import main
from tests.small_area import SECRET, WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., "Answer"]
    RunArea = Callable[..., "Planned"]


@dataclass(frozen=True)
class Answer:
    """What a run of the command line gave back."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Planned:
    """A run that wrote a folder."""

    folder: Path
    answer: Answer

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.read("internal/report.json"))
        return loaded

    @property
    def plan(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.read("internal/plan.json"))
        return loaded

    @property
    def outcomes(self) -> dict[str, str]:
        return {school["school_id"]: school["outcome"] for school in self.plan["schools"]}

    def input(self, path: str = "incidents.csv") -> dict[str, Any]:
        (found,) = (one for one in self.report["inputs"] if one["path"] == path)
        return dict(found)

    def check_account(self) -> None:
        """Every row is used or set aside, and what was set aside is listed without its content."""
        for one in self.report["inputs"]:
            assert one["rows_in"] == one["used"] + sum(one["set_aside"].values())
        header, *lines = self.read("internal/set-aside.csv").splitlines()
        assert header == "file,line,reason"
        assert all(len(line.split(",")) == 3 and line.split(",")[1].isdecimal() for line in lines)
        assert len(lines) == sum(sum(one["set_aside"].values()) for one in self.report["inputs"])
        for path in self.folder.rglob("*"):
            if path.is_file():
                assert SECRET.encode() not in path.read_bytes(), path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs ``corridors`` with arguments."""
    monkeypatch.setenv("COLUMNS", "200")

    def run_it(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["corridors", *map(str, arguments)])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Answer(int(code or 0), told.out, told.err)

    return run_it


@pytest.fixture
def area(tmp_path: Path) -> SmallArea:
    """Write the small area."""
    return write_small_area(tmp_path / "area")


@pytest.fixture
def plan(run: Run, tmp_path: Path) -> RunArea:
    """Give a function that plans the small area's week, and checks the account of its rows."""

    def plan_it(area: SmallArea, *more: object, week: object = WEEK, code: int = 0) -> Planned:
        folder = tmp_path / "out"
        issued = ("--issued-on", "2026-07-01")
        answer = run("plan", area.file, "--week", week, "--out", folder, *issued, *more)
        assert answer.code == code, answer.err
        planned = Planned(folder, answer)
        if code == 0:
            planned.check_account()
        return planned

    return plan_it
