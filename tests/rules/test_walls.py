"""The walls of the house: what each room may import, call and hold. A broken wall fails here."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from importlinter.cli import lint_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for package in ("corridors", "api")
    for path in sorted((ROOT / package).rglob("*.py"))
}
PURE = [
    name for name in MODULES if name.startswith(tuple(f"corridors/{room}/" for room in
    ("domain", "analysis", "planning")))
]  # fmt: skip

MAX_LINES = 330
MAX_FUNCTION_LINES = 60
LONG_MODULES: dict[str, str] = {
    "corridors/domain/parameters.py": "a list: every constant that changes a result, in one place"
}
"""Exceptions, each with its reason."""
LONG_FUNCTIONS: dict[str, str] = {
    "corridors/pipeline/reading.py:read_tables": "every input, one after the other",
    "corridors/outputs/release.py:release_plan": "one document, field by field",
}


def where(name: str, node: ast.AST) -> str:
    return f"{name}:{getattr(node, 'lineno', 0)}"


def runtime_imports(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Give every import that runs: those for the type checker alone do not."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(one for part in node.body for one in ast.walk(part))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node


# --- imports between the rooms


def test_the_contracts_hold(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    told = capfd.readouterr().out
    assert code == 0, told
    kept = re.search(r"(\d+) kept, 0 broken", told)
    assert kept is not None
    assert int(kept[1]) >= 5


def test_a_broken_contract_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The rooms in the wrong order: the checker has to say so."""
    monkeypatch.chdir(ROOT)
    config = tmp_path / "contracts.ini"
    config.write_text(
        "[importlinter]\nroot_package = corridors\n[importlinter:contract:1]\nname = wrong\n"
        "type = layers\nlayers =\n  corridors.domain\n  corridors.analysis\n"
    )
    assert lint_imports(config_filename=str(config), no_cache=True) == 1
    assert "wrong BROKEN" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("osmnx", r"corridors/sources/streets\w*\.py"),
        ("osmium", r"corridors/sources/streets\w*\.py"),
        ("folium", r"corridors/outputs/maps\.py"),
        ("fastapi", r"api/.*"),
        ("uvicorn", r"api/serving\.py"),
        ("ortools", r"corridors/planning/roster\w*\.py"),
        ("typer", r"corridors/command_line/\w+\.py"),
        ("rich", r"corridors/command_line/\w+\.py"),
        ("requests", r"nowhere"),
        ("pickle", r"nowhere"),
        ("xml.etree", r"nowhere"),
    ],
)
def test_only_one_room_knows_a_library(library: str, allowed: str) -> None:
    found = [
        where(name, node)
        for name, tree in MODULES.items()
        for module, node in runtime_imports(tree)
        if f"{module}.".startswith(f"{library}.") and not re.fullmatch(allowed, name)
    ]
    assert found == []


# --- the pure rooms

FORBIDDEN_NAMES = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
FORBIDDEN_CALLS = re.compile(
    r"""(?x)
    .*\b(datetime|date)\.(now|utcnow|today)
    | time\.\w+ | os\.\w+ | random\.\w+ | secrets\.\w+ | uuid\.\w+ | logging\.\w+
    | (np|numpy)\.random\.(?!default_rng|Generator|SeedSequence|PCG64)\w+
    | .*\.(read_csv|read_parquet|read_file|to_csv|to_parquet|to_file|read_text|write_text)
    | .*\.(read_bytes|write_bytes|loadtxt|savetxt|fromfile|tofile|memmap)
    """
)


def broken_purity(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        is_unseeded = called.endswith("default_rng") and not (node.args or node.keywords)
        if called in FORBIDDEN_NAMES or FORBIDDEN_CALLS.fullmatch(called) or is_unseeded:
            yield node


@pytest.mark.parametrize("name", PURE)
def test_a_pure_room_asks_nobody(name: str) -> None:
    """No file, clock, environment, console or luck: what it needs is given to it."""
    assert [where(name, node) for node in broken_purity(MODULES[name])] == []


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "print(1)",
        "datetime.now()",
        "dt.datetime.now(UTC)",
        "date.today()",
        "np.random.seed(1)",
        "np.random.rand(3)",
        "np.random.default_rng()",
        "random.random()",
        "time.time()",
        "os.getenv('X')",
        "pd.read_csv('x')",
        "path.read_text()",
    ],
)
def test_an_impure_line_would_be_seen(line: str) -> None:
    assert list(broken_purity(ast.parse(line)))
    assert not list(broken_purity(ast.parse("np.random.default_rng([1, 2]); rng.random(3)")))


# --- the one door

# what stays inside, and the door itself
INSIDE = re.compile(
    r"corridors/outputs/(release\w*|internal|plan_json|folder|picture_internal)\.py"
)
PUBLIC_WRITERS = [
    name for name in MODULES if name.startswith("corridors/outputs/") and not INSIDE.fullmatch(name)
]


@pytest.mark.parametrize("name", PUBLIC_WRITERS)
def test_a_public_writer_does_not_know_the_exact_plan(name: str) -> None:
    exact = ("corridors.domain.plan", "corridors.domain.network", "corridors.domain.tables")
    found = [
        where(name, node)
        for module, node in runtime_imports(MODULES[name])
        if f"{module}.".startswith(tuple(f"{one}." for one in exact))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("corridors/outputs/maps.py", "draw_public_map"),
        ("corridors/outputs/notices.py", "draw_notice"),
        ("corridors/outputs/calendars.py", "draw_calendar"),
        ("corridors/outputs/geojson.py", "corridors_geojson"),
        ("corridors/outputs/school_list.py", "schools_json"),
    ],
)
def test_what_leaves_is_made_of_released_types(name: str, function: str) -> None:
    (found,) = (
        node
        for node in MODULES[name].body
        if isinstance(node, ast.FunctionDef) and node.name == function
    )
    kinds = [ast.unparse(one.annotation) for one in found.args.args if one.annotation is not None]
    assert kinds[0] == "ReleasedPlan"
    assert not {"Plan", "StreetNetwork", "DataFrame"} & {
        word for kind in kinds for word in re.findall(r"\w+", kind)
    }


# --- every module


def public_names(tree: ast.Module) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {
        node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")
    }


def listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def _order(name: str) -> tuple[int, str]:
    """Order as ruff does: constants, then classes, then the rest."""
    bare = name.lstrip("_")
    if bare.isupper():
        return (0, name)
    return (1 if bare[:1].isupper() else 2, name)


@pytest.mark.parametrize("name", MODULES)
def test_all_lists_what_is_public(name: str) -> None:
    tree, names = MODULES[name], listed(MODULES[name])
    if names is None:
        assert not public_names(tree), "the module has public names and no __all__"
        return
    assert names == sorted(set(names), key=_order)
    if not name.endswith(("__main__.py", "routes/corridors.py", "health.py", "pages.py")):
        # commands and routes are reached by their framework, not by import
        assert public_names(tree) - set(names) == set()


def test_only_the_command_line_prints() -> None:
    found = [
        where(name, node)
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) == "print"
            or re.fullmatch(r"(console|Console\(.*\)|sys\.std(out|err))\.(print|write)",
                            ast.unparse(node.func))
        )
        and not name.startswith("corridors/command_line/")
    ]  # fmt: skip
    assert found == []
    waived = [
        name
        for name in MODULES
        if "T201" in (ROOT / name).read_text(encoding="utf-8")
        and not name.startswith("corridors/command_line/")
    ]
    assert waived == []


@pytest.mark.parametrize("name", MODULES)
def test_a_module_can_be_read_in_five_minutes(name: str) -> None:
    n_lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_LINES or name in LONG_MODULES, f"{n_lines} lines"
    long = [
        f"{where(name, node)} {node.name}: {length} lines"
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := code_lines(node)) > MAX_FUNCTION_LINES
        and f"{name}:{node.name}" not in LONG_FUNCTIONS
    ]
    assert long == []


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring, which describes and is not to be short."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_exceptions_are_still_needed() -> None:
    for name in LONG_MODULES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > MAX_LINES, name
    for key in LONG_FUNCTIONS:
        name, function = key.split(":")
        lengths = [
            code_lines(node)
            for node in ast.walk(MODULES[name])
            if isinstance(node, ast.FunctionDef) and node.name == function
        ]
        assert max(lengths) > MAX_FUNCTION_LINES, key


# --- starting


def test_help_is_quick_to_come() -> None:
    """Help loads no library that takes a second to load; and importing the service does nothing."""
    code = (
        "import sys; from corridors.__main__ import main; sys.argv = ['corridors', '--help']\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'pandas', 'numpy', 'geopandas', 'osmnx', 'numba', 'ortools', 'fastapi'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "[]"
