"""What the documents quote is there: commands, options, files, links, fields and codes."""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from typer.main import get_command

from api.admin import _parser
from corridors.__main__ import ExitCode, app
from corridors.sources.area import read_area
from corridors.sources.reference import read_roles
from corridors.sources.roster import read_roster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CONTRACT = ROOT / "docs" / "output-contract.md"
FOLDERS = ("api", "benchmarks", "corridors", "data", "docs", "notebooks", "tests")
ROOMS = ("analysis", "domain", "outputs", "pipeline", "planning", "sources")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _prose(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _quoted(text: str) -> Iterator[str]:
    """Give what is set as code: spans, and the lines of fenced and indented blocks."""
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL):
        yield from (line.strip() for line in block.splitlines())
    prose = _prose(text)
    yield from (line.strip() for line in prose.splitlines() if line.startswith("    "))
    yield from re.findall(r"`([^`\n]+)`", prose)


def _blocks(text: str, language: str) -> list[str]:
    pattern = rf"^( *)```{language}\n(.*?)^\1```$"
    found = re.findall(pattern, text, flags=re.MULTILINE | re.DOTALL)
    return [block for _, block in found]


def _section(text: str, heading: str) -> str:
    _, found, rest = text.partition(f"\n## {heading}\n")
    assert found, heading
    return rest.split("\n## ", 1)[0]


def _first_column(section: str) -> list[str]:
    """Give the names in the first column of the first table of a section."""
    table = section[section.index("\n|") + 1 :].split("\n\n", 1)[0]
    rows = re.findall(r"^\|([^|]+)\|", table, flags=re.MULTILINE)
    return [name for row in rows[2:] for name in re.findall(r"`([^`]+)`", row)]


def _slugs(text: str) -> set[str]:
    """Give the anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", _prose(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(_text(path))):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), target
        assert not anchor or anchor in _slugs(_text(file)), target


def test_commands_and_options_are_those_of_the_command_line() -> None:
    commands: Mapping[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    quoted = [
        (path.name, line)
        for path in DOCUMENTS
        for line in _quoted(_text(path))
        if re.match(r"(\.venv/bin/)?corridors [a-z-]", line)
    ]
    assert {line.split()[1] for _, line in quoted} >= set(commands)
    for name, line in quoted:
        command, *words = line.split()[1:]
        if command == "--version":
            continue
        assert command in commands, (name, line)
        known = {option for param in commands[command].params for option in param.opts}
        given = {word for word in words if word.startswith("-")}
        assert given <= known, (name, line)


def test_options_named_alone_exist() -> None:
    commands: Mapping[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    known = {o for one in commands.values() for param in one.params for o in param.opts}
    known |= {option for options in _of_the_service().values() for option in options}
    for path in DOCUMENTS:
        named = {q for q in _quoted(_text(path)) if re.fullmatch(r"--[a-z-]+", q)}
        assert named <= known, path.name


def _of_the_service() -> dict[str, set[str]]:
    """Give the options of each command of the service's own command line."""
    (commands,) = (
        one.choices for one in _parser()._actions if isinstance(one, argparse._SubParsersAction)
    )
    return {
        name: {option for action in one._actions for option in action.option_strings}
        for name, one in commands.items()
    }


def test_commands_of_the_service_are_its_own() -> None:
    known = _of_the_service()
    lines = [
        (path.name, line)
        for path in DOCUMENTS
        for line in _quoted(_text(path))
        if "-m api.admin " in line
    ]
    assert len(lines) > 5
    for name, line in lines:
        command, *words = line.split("-m api.admin ")[1].split()
        assert command in known, (name, line)
        given = {word for word in words if word.startswith("-")}
        assert given <= known[command], (name, line)


def test_what_make_is_asked_for_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z-]+):", _text(ROOT / "Makefile"), flags=re.MULTILINE))
    for path in DOCUMENTS:
        asked = {
            match[1] for q in _quoted(_text(path)) if (match := re.match(r"make ([a-z-]+)", q))
        }
        assert asked <= targets, path.name


def test_modules_that_are_run_exist() -> None:
    for path in DOCUMENTS:
        for module in re.findall(r"python -m ([\w.]+)", _text(path)):
            assert importlib.util.find_spec(module) is not None, (path.name, module)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_of_the_project_exist(path: Path) -> None:
    for quoted in _quoted(_text(path)):
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", quoted):
            continue
        first = quoted.split("/", 1)[0]
        if first in ROOMS:
            assert (ROOT / "corridors" / quoted).exists(), quoted
        elif first in FOLDERS:
            assert (ROOT / quoted).exists(), quoted


def test_exit_codes_are_all_told() -> None:
    section = _section(_text(ROOT / "README.md"), "Exit codes")
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", section, flags=re.MULTILINE)]
    assert told == sorted(code.value for code in ExitCode)


def test_the_area_file_of_the_readme_is_complete(tmp_path: Path) -> None:
    """Each further block is one more part of it, and belongs to it without a problem."""
    whole, *parts = _blocks(_text(ROOT / "README.md"), "toml")
    for name in ("streets.osm.bz2", "schools.csv", "export.csv", "roster.csv"):
        (tmp_path / name).touch()
    file = tmp_path / "area.toml"
    file.write_text(whole, encoding="utf-8")
    assert read_area(file).notes == ()
    file.write_text("\n".join([whole, *parts]), encoding="utf-8")
    area = read_area(file)
    assert area.month_only is not None
    assert {one.by for one in area.agreements} > {"Harbour Youth Trust"}


def test_the_roster_of_the_readme_is_a_roster(tmp_path: Path) -> None:
    text = _text(ROOT / "README.md")
    rows = [line.strip() for line in text.splitlines() if re.match(r" {4}[\w-]+(,[^,]*){8}$", line)]
    file = tmp_path / "roster.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    roles = read_roles()
    read = read_roster(file, roles, school_ids={"P001"})
    assert read.record.used == len(rows) - 1 == 3
    assert {role for role in roles if f"`{role}`" in text} == set(roles)


def test_every_file_of_a_plan_is_in_the_contract(demo_folder: Path) -> None:
    tree = _text(CONTRACT).split("```")[1]
    made = {one.relative_to(demo_folder) for one in demo_folder.rglob("*") if one.is_file()}
    named = set(re.findall(r"^ +([\w.<>-]+(?:/[\w.<>-]+)*[^/\s])(?:\s|$)", tree, re.MULTILINE))
    names = {"<file>" + one.suffix if one.parent.name == "notices" else one.name for one in made}
    assert {one.removeprefix("notices/") for one in named} == names


def test_the_fields_of_a_plan_are_those_of_the_contract(demo_folder: Path) -> None:
    plan = json.loads(_text(demo_folder / "internal" / "plan.json"))
    section = _section(_text(CONTRACT), "`internal/plan.json`")
    assert _first_column(section) == list(plan)
    for name, heading in (("schools", "`schools[]`"), ("patrols", "`patrols[]`")):
        assert _first_column(section.split(f"\n{heading}\n")[1]) == list(plan[name][0])
    of_corridor = section.split("\n`corridors[]` and `candidates[]`\n")[1]
    assert _first_column(of_corridor) == list(plan["corridors"][0]) == list(plan["candidates"][0])
    for name in ("unmet", "protocols"):
        told = section.split(f"\n`{name}[]`: ")[1].split("\n\n")[0]
        assert set(plan[name][0]) <= set(re.findall(r"`(\w+)`", told)), name


def test_the_fields_of_the_report_are_in_the_contract(demo_folder: Path) -> None:
    report = json.loads(_text(demo_folder / "internal" / "report.json"))
    section = _section(_text(CONTRACT), "`internal/report.json`")
    told = set(re.findall(r"`([\w.]+)(?:\[\])?`", section))
    assert set(report) - told == {"incidents"}
    assert {f"incidents.{name}" for name in report["incidents"]} <= told
    for part in (report["inputs"][0], report["schools"][0], report["streets"]):
        assert set(part) <= told
    public = json.loads(_text(demo_folder / "public" / "schools.json"))
    assert _first_column(_section(_text(CONTRACT), "`public/schools.json`")) == list(public[0])
    timings = json.loads(_text(demo_folder / "internal" / "timings.json"))
    section = _section(_text(CONTRACT), "`internal/timings.json`")
    assert {*timings, *timings["seconds"]} == set(re.findall(r"`(\w+)`", section))


def test_the_columns_of_the_tables_are_those_of_the_contract(demo_folder: Path) -> None:
    text = _text(CONTRACT)
    segments = gpd.read_parquet(demo_folder / "internal" / "segments.parquet")
    section = _section(text, "`internal/segments.parquet`")
    assert _first_column(section) == list(segments.columns)
    school_segments = pd.read_parquet(demo_folder / "internal" / "school_segments.parquet")
    section = _section(text, "`internal/school_segments.parquet`")
    assert _first_column(section) == list(school_segments.columns)
    header = _text(demo_folder / "internal" / "set-aside.csv").splitlines()[0]
    section = _section(text, "`internal/set-aside.csv`")
    assert re.findall(r"`(\w+)`", section)[:3] == header.split(",")
    geojson = json.loads(_text(demo_folder / "public" / "corridors.geojson"))
    section = _section(text, "`public/corridors.geojson`")
    assert re.findall(r"`(\w+)`", section) == list(geojson["features"][0]["properties"])


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    assert f"\n## [{project['version']}]" in _text(ROOT / "CHANGELOG.md")
