"""The commands that lead from an area file to a week's plan."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from corridors.command_line.shell import (
    AreaFile,
    AsOf,
    Out,
    Quiet,
    app,
    as_day,
    say,
    show_progress,
    today,
)

__all__ = ["check", "demo", "explain", "plan", "score", "serve"]


@app.command()
def check(area_file: AreaFile, as_of: AsOf = None, quiet: Quiet = False) -> None:
    """Read everything the area file names, and report what can be used and what it allows."""
    from corridors.command_line.telling import tell_checked
    from corridors.pipeline import check_area
    from corridors.pipeline.stages import Stages

    with show_progress(quiet) as tell:
        checked = check_area(area_file, as_of=as_day(as_of), today=today(), stages=Stages(tell))
    if not quiet:
        say(tell_checked(checked))


@app.command()
def score(area_file: AreaFile, out: Out, as_of: AsOf = None, quiet: Quiet = False) -> None:
    """Score every street segment and write the internal figures."""
    from corridors.command_line.telling import tell_scored
    from corridors.pipeline import score_week
    from corridors.pipeline.stages import Stages

    with show_progress(quiet) as tell:
        tables, scored = score_week(
            area_file, out, as_of=as_day(as_of), today=today(), stages=Stages(tell)
        )
    if not quiet:
        say([*tell_scored(tables, scored), f"Exact figures: {escape(str(out / 'internal'))}"])


@app.command()
def explain(
    area_file: AreaFile,
    school: Annotated[
        str | None, typer.Option("--school", metavar="ID", help="Explain its tested corridor.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="ID", help="Explain one street segment.")
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Say why one school's corridor or one street scores as it does. Internal: exact figures."""
    from corridors.pipeline.stages import Stages
    from corridors.pipeline.week import explain_place

    with show_progress(False) as tell:
        told = explain_place(
            area_file,
            school_id=school,
            segment_id=segment,
            as_of=as_day(as_of),
            today=today(),
            stages=Stages(tell),
        )
    say([escape(told)])


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
    last_plan: Annotated[
        Path | None,
        typer.Option(
            "--last-plan",
            metavar="PLAN",
            help="The plan that this one follows or replaces: as little as possible changes.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Plan one week: scores, corridors, aims, mix, patrols, maps and notices."""
    from corridors.command_line.telling import tell_plan
    from corridors.pipeline import plan_week
    from corridors.pipeline.stages import Stages

    with show_progress(quiet) as tell:
        tables, _, made = plan_week(
            area_file,
            week.date(),
            out,
            as_of=as_day(as_of),
            issued_on=as_day(issued_on),
            today=today(),
            stages=Stages(tell),
            last_plan=last_plan,
        )
    if not quiet:
        say(tell_plan(tables, made, out))


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make.")] = Path(
        "out/demo"
    ),
    quiet: Quiet = False,
) -> None:
    """Plan a week of the bundled fictional borough, and say what was found against the truth."""
    from corridors.command_line.telling import tell_demo, tell_plan
    from corridors.demo import DEMO_ISSUED_ON, DEMO_WEEK, compare_with_truth, demo_area_file
    from corridors.pipeline import plan_week
    from corridors.pipeline.stages import Stages

    area_file, stages = demo_area_file(), Stages()
    with show_progress(quiet) as tell:
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
        say([*tell_plan(tables, made, out), *tell_demo(findings, stages)])


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A plan folder.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Show what a plan folder released, over HTTP, read-only."""
    # The service is told of by name: nothing of the library imports it.
    import_module("api.serving").serve(
        folder, host=host, port=port, tell=lambda words: say([escape(words)])
    )
