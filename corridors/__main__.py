"""The command line. The only module that prints."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from typer.core import TyperGroup

from corridors import __version__
from corridors.errors import BadInput, CorridorsError, OutputError

__all__ = ["ExitCode", "app", "main"]


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
            _stop("Interrupted: nothing was changed.", ExitCode.INTERRUPTED)


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


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str, float | None], None]]:
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


def _say(told: Iterable[RenderableType]) -> None:
    console = Console()
    for one in told:
        # Paths and sentences stay whole, so that they can be copied; tables are laid out.
        console.print(one, soft_wrap=isinstance(one, str), highlight=False)


@app.command()
def check(area_file: AreaFile, as_of: AsOf = None, quiet: Quiet = False) -> None:
    """Read everything the area file names, and report what can be used and what it allows."""
    from corridors.pipeline import check_area
    from corridors.pipeline.stages import Stages
    from corridors.telling import tell_checked

    with _progress(quiet) as tell:
        checked = check_area(area_file, as_of=_day(as_of), today=_today(), stages=Stages(tell))
    if not quiet:
        _say(tell_checked(checked))


@app.command()
def score(area_file: AreaFile, out: Out, as_of: AsOf = None, quiet: Quiet = False) -> None:
    """Score every street segment and write the internal figures."""
    from corridors.pipeline import score_week
    from corridors.pipeline.stages import Stages
    from corridors.telling import tell_scored

    with _progress(quiet) as tell:
        tables, scored = score_week(
            area_file, out, as_of=_day(as_of), today=_today(), stages=Stages(tell)
        )
    if not quiet:
        _say([*tell_scored(tables, scored), f"Exact figures: {escape(str(out / 'internal'))}"])


@app.command()
def plan(
    area_file: AreaFile,
    week: Annotated[
        datetime, typer.Option("--week", formats=["%Y-%m-%d"], help="The Monday of the week.")
    ],
    out: Out,
    as_of: AsOf = None,
    issued_on: Annotated[
        datetime | None,
        typer.Option("--issued-on", formats=["%Y-%m-%d"], help="The day the plan goes out."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Plan one week: scores, corridors, aims, mix, patrols, maps and notices."""
    from corridors.pipeline import plan_week
    from corridors.pipeline.stages import Stages
    from corridors.telling import tell_plan

    with _progress(quiet) as tell:
        tables, _, made = plan_week(
            area_file,
            week.date(),
            out,
            as_of=_day(as_of),
            issued_on=_day(issued_on),
            today=_today(),
            stages=Stages(tell),
        )
    if not quiet:
        _say(tell_plan(tables, made, out))


@app.command()
def evaluate(
    area_file: AreaFile,
    until: Annotated[
        datetime,
        typer.Option("--until", formats=["%Y-%m-%d"], help="Known is what is before this day."),
    ],
    out: Out,
    horizon: Annotated[
        str, typer.Option("--horizon", help="How far to foresee: 4w, 1m, 6m and so on.")
    ] = "1m",
    folds: Annotated[
        int, typer.Option("--folds", min=1, max=60, help="Origins, each a horizon later.")
    ] = 6,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", help="Only incidents of this category; may be repeated."),
    ] = None,
    scattered: Annotated[
        bool,
        typer.Option("--scattered", help="Scatter test incidents around their published point."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure on later incidents what would have been foreseen, against simpler methods."""
    from corridors.pipeline.evaluation import Asked, evaluate_area
    from corridors.pipeline.stages import Stages
    from corridors.telling import tell_evaluation

    asked = Asked(
        until=until.date(),
        horizon=horizon,
        n_folds=folds,
        categories=tuple(category or ()),
        scattered=scattered,
    )
    with _progress(quiet) as tell:
        record = evaluate_area(area_file, out, asked, today=_today(), stages=Stages(tell))
    if not quiet:
        _say(tell_evaluation(record, out))


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make.")] = Path(
        "out/demo"
    ),
    quiet: Quiet = False,
) -> None:
    """Plan a week of the bundled fictional borough, and say what was found against the truth."""
    from corridors.demo import DEMO_ISSUED_ON, DEMO_WEEK, compare_with_truth, demo_area_file
    from corridors.pipeline import plan_week
    from corridors.pipeline.stages import Stages
    from corridors.telling import tell_demo, tell_plan

    area_file, stages = demo_area_file(), Stages()
    with _progress(quiet) as tell:
        stages = Stages(tell)
        tables, _, made = plan_week(
            area_file,
            DEMO_WEEK,
            out,
            as_of=None,
            issued_on=DEMO_ISSUED_ON,
            today=DEMO_ISSUED_ON,
            stages=stages,
        )
    if not quiet:
        findings = compare_with_truth(tables, made, area_file.with_name("truth.json"))
        _say([*tell_plan(tables, made, out), *tell_demo(findings, stages)])


@app.command()
def simulate(  # noqa: PLR0913, PLR0917 -- one for each option
    area_file: AreaFile,
    out: Out,
    planted: Annotated[
        int, typer.Option(min=0, metavar="N", help="Schools, drawn by the seed, to plant at.")
    ] = 0,
    school: Annotated[
        list[str] | None,
        typer.Option("--school", metavar="ID", help="A school to plant at; may be repeated."),
    ] = None,
    strength: Annotated[
        int, typer.Option(min=1, max=10_000, help="Incidents after school on each corridor.")
    ] = 60,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of every draw.")] = 0,
    years: Annotated[int, typer.Option(min=1, max=5, help="Length of the simulated time.")] = 1,
    exact: Annotated[
        bool, typer.Option("--exact", help="Exact places, where the source has coarse ones.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make up incidents on an area's real streets, with corridors of known strength or none."""
    from corridors.pipeline.simulation import Simulation, simulate_area
    from corridors.pipeline.stages import Stages
    from corridors.telling import tell_simulated

    asked = Simulation(planted, tuple(school or ()), strength, seed, years, exact)
    with _progress(quiet) as tell:
        made = simulate_area(area_file, out, asked, today=_today(), stages=Stages(tell))
    if not quiet:
        _say(tell_simulated(made, out))


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan folder.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Show what a plan folder released, over HTTP, read-only."""
    # The service is told of by name: nothing of the library imports it.
    import_module("api.serving").serve(
        folder, host=host, port=port, tell=lambda words: _say([escape(words)])
    )


def main() -> None:
    """Run the command line, and turn errors made on purpose into messages and exit codes."""
    try:
        app()
    except KeyboardInterrupt:
        _stop("Interrupted: nothing was changed.", ExitCode.INTERRUPTED)
    except BadInput as error:
        n = len(error.problems)
        lines = [f"{n} problem{'s' if n != 1 else ''} with what was given:"]
        _stop("\n  ".join([*lines, *map(str, error.problems)]), ExitCode.BAD_INPUT)
    except OutputError as error:
        _stop(str(error), ExitCode.NOT_WRITTEN)
    except CorridorsError as error:
        _stop(str(error), ExitCode.INTERNAL)


def _stop(message: str, code: ExitCode) -> NoReturn:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
