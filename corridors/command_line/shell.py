"""What every command shares: the application, its options, progress and printing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from typer.core import TyperGroup

from corridors import __version__

__all__ = [
    "AreaFile",
    "AsOf",
    "ExitCode",
    "Out",
    "Quiet",
    "app",
    "as_day",
    "say",
    "show_progress",
    "stop",
    "today",
]


class ExitCode(IntEnum):
    """What the process says to whoever called it."""

    OK = 0
    """Done; also a plan without patrols."""
    INTERNAL = 1
    """A fault of ours."""
    BAD_INPUT = 2
    """Something given cannot be used; nothing was written."""
    NOT_WRITTEN = 3
    """The output folder cannot be written; what was there before is untouched."""
    INTERRUPTED = 130
    """Ctrl-C; what was there before is untouched."""


class _Commands(TyperGroup):
    """The commands; Ctrl-C in one of them has an exit code and a message of its own."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # Typer's answer to it has changed between versions.
            stop("Interrupted: nothing was changed.", ExitCode.INTERRUPTED)


app = typer.Typer(
    name="corridors",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="After-school walking corridors: from incidents and streets to a week's patrol plan, "
    "maps and notices.",
    epilog="Exit codes: 0 done (also with no patrol), 2 bad input, 3 folder not writable, "
    "130 interrupted, 1 a fault of ours.",
)

AreaFile = Annotated[
    Path, typer.Argument(metavar="AREA.toml", help="The area file: see docs/area-file.md.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make or replace.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Use incidents up to this day."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")]


def as_day(moment: datetime | None) -> date | None:
    """Give the day of an option; None where it was not given."""
    return moment.date() if moment else None


def today() -> date:
    """Give today, where the program runs."""
    return datetime.now(UTC).astimezone().date()


@contextlib.contextmanager
def show_progress(quiet: bool) -> Iterator[Callable[[str, float | None], None]]:
    """Show which stage runs and how far it is, on standard error, where somebody is watching."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _words, _share: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Starting", total=None)

        def tell(words: str, share: float | None) -> None:
            progress.update(task, description=words, total=None if share is None else 1.0,
                            completed=share or 0.0)  # fmt: skip

        yield tell


def _print_version(value: bool) -> None:
    if value:
        print(f"corridors {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Plan after-school corridors."""


def say(told: Iterable[RenderableType]) -> None:
    """Print sentences and tables."""
    console = Console()
    for one in told:
        # Paths and sentences stay whole, so that they can be copied; tables are laid out.
        console.print(one, soft_wrap=isinstance(one, str), highlight=False)


def stop(message: str, code: ExitCode) -> NoReturn:
    """Say what is wrong, on standard error, and leave."""
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)
