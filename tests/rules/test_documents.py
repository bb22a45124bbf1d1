"""What the documents say can be done can be done: commands, targets, links, the image's recipe."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from corridors.__main__ import ExitCode, app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
_COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
_FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def code_of(document: Path) -> str:
    """Give what stands as code in a document: blocks and words between backquotes."""
    text = document.read_text(encoding="utf-8")
    blocks = _FENCE.findall(text)
    words = re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))
    return "\n".join([*blocks, *words])


def test_there_is_something_to_read() -> None:
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs/area-file.md"):
        assert (ROOT / name).is_file(), name
        assert (ROOT / name).stat().st_size > 200, f"{name} is not written yet"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_options_exist(document: Path) -> None:
    lines = [
        line.split("#")[0]
        for line in code_of(document).splitlines()
        if re.match(r"(\$ )?(\S*/)?corridors( |$)", line)
    ]
    for line in lines:
        words = line.removeprefix("$ ").split()[1:]
        if not words or words[0].startswith("-"):
            continue
        assert words[0] in _COMMANDS, line
        known = {name for option in _COMMANDS[words[0]].params for name in option.opts}
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= (
            known | {"--help"}
        ), line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"^(?:\$ )?make ([a-z-]+)", code_of(document), re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    local = [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_the_readme_names_the_two_commands() -> None:
    code = code_of(ROOT / "README.md")
    assert "make demo" in code
    assert "make test" in code
    for command in ("check", "plan"):
        assert re.search(rf"\bcorridors {command}\b", code)


def test_every_exit_code_is_told_by_help() -> None:
    told = str(app.info.epilog)
    assert {int(number) for number in re.findall(r"\b\d+\b", told)} == {int(c) for c in ExitCode}


def test_the_recipe_of_the_image_is_clean() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which(
        "hadolint"
    )
    if hadolint is None:
        pytest.skip("no hadolint here")
    done = subprocess.run(
        [hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_recipe_copies_what_is_there_and_installs_what_is_tested() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    # what the wheel is made of
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *(path.split("/")[0] for path in wheel["force-include"])}
    assert needed | {"pyproject.toml", "constraints.txt", "README.md"} <= copied
    assert "USER" in recipe
    assert "HEALTHCHECK" in recipe
