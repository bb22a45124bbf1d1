"""What all tests share: one plan of the bundled borough, and a loud account of what was skipped."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from corridors.demo import DEMO_ISSUED_ON, DEMO_WEEK, demo_area_file
from corridors.pipeline import plan_week
from corridors.pipeline.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# The same examples in every run, so that a red build is a change; HYPOTHESIS_PROFILE=explore looks
# for new ones.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep read streets in a folder of the tests', never in the home of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan the demo week, once in each worker. Tests read it and never change it."""
    out = tmp_path_factory.mktemp("demo") / "plan"
    plan_week(
        demo_area_file(),
        DEMO_WEEK,
        out,
        as_of=None,
        issued_on=DEMO_ISSUED_ON,
        today=DEMO_ISSUED_ON,
        stages=Stages(),
    )
    return out


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last, and counted, what was not tested and why: a skip must not pass for a success."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        if isinstance(report.longrepr, tuple)
        else str(report.longrepr)
        for report in skipped
    )
    terminalreporter.section(f"NOT TESTED: {len(skipped)} skipped", sep="!", red=True, bold=True)
    for reason, n in reasons.most_common():
        terminalreporter.line(f"{n:5d}  {reason}", red=True)
