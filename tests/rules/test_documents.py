"""What a project must have beside its code, and an image whose recipe is clean.

What the documents quote is checked in `tests.rules.test_readme`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs/area-file.md"]
)
def test_there_is_something_to_read(name: str) -> None:
    assert (ROOT / name).stat().st_size > 200


def test_the_recipe_of_the_image_is_clean() -> None:
    beside = str(Path(sys.executable).parent)
    hadolint = shutil.which("hadolint", path=beside) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("no hadolint here")
    done = subprocess.run(
        [hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_recipe_copies_what_is_there_and_all_that_is_installed() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *(path.split("/")[0] for path in wheel["force-include"])}
    needed |= {"pyproject.toml", "constraints.txt", project["project"]["readme"]}
    assert needed <= copied
    # not as root, and watched
    assert re.search(r"^USER (?!root|0$)", recipe, re.MULTILINE)
    assert "HEALTHCHECK" in recipe
