"""Runs of the command line in this process, and what they gave back."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from corridors.__main__ import main
from tests.checks.plan_checker import check_plan_folder
from tests.small_area import SECRET, WEEK, SmallArea

__all__ = ["Answer", "Planned", "plan_area", "run_corridors"]


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

    @cached_property
    def plan(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.read("internal/plan.json"))
        return loaded

    @property
    def outcomes(self) -> dict[str, str]:
        return {school["school_id"]: school["outcome"] for school in self.plan["schools"]}

    @property
    def notes(self) -> str:
        return " ".join(self.plan["notes"])

    @property
    def posts(self) -> dict[str, list[str]]:
        """Give the posts of each patrol, by its date."""
        return {
            patrol["starts_at"][:10]: sorted(post["post_id"] for post in patrol["posts"])
            for patrol in self.plan["patrols"]
        }

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


def run_corridors(*arguments: object) -> Answer:
    """Run ``corridors`` with arguments, as somebody would; a plan is checked by every rule."""
    out, err = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        patch.setattr(sys, "argv", ["corridors", *map(str, arguments)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as stopped:
                code = stopped.code
    told = Answer(int(code or 0), out.getvalue(), err.getvalue())
    assert "Traceback" not in told.out + told.err
    if arguments[:1] == ("plan",) and told.code == 0 and "--out" in arguments:
        area_file = next(one for one in arguments if str(one).endswith(".toml"))
        folder = arguments[arguments.index("--out") + 1]
        check_plan_folder(Path(str(area_file)), Path(str(folder)))
    return told


def plan_area(
    area: SmallArea, folder: Path, *more: object, week: object = WEEK, code: int = 0
) -> Planned:
    """Plan the small area's week, and account for its rows."""
    issued = ("--issued-on", "2026-07-01")
    answer = run_corridors("plan", area.file, "--week", week, "--out", folder, *issued, *more)
    assert answer.code == code, answer.err
    planned = Planned(folder, answer)
    if code == 0:
        planned.check_account()
    return planned
