"""The commands that show what the method and an area's data can do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from corridors.command_line.shell import AreaFile, Out, Quiet, app, say, show_progress, today

__all__ = ["compare", "evaluate", "simulate"]


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
    from corridors.command_line.telling_proofs import tell_evaluation
    from corridors.pipeline.evaluation import Asked, evaluate_area
    from corridors.pipeline.stages import Stages

    asked = Asked(
        until=until.date(),
        horizon=horizon,
        n_folds=folds,
        categories=tuple(category or ()),
        scattered=scattered,
    )
    with show_progress(quiet) as tell:
        record = evaluate_area(area_file, out, asked, today=today(), stages=Stages(tell))
    if not quiet:
        say(tell_evaluation(record, out))


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
    anchors: Annotated[
        bool, typer.Option("--anchors", help="Places as police.uk publishes them.")
    ] = False,
    missing_months: Annotated[
        int, typer.Option(min=0, metavar="N", help="Months that the source does not hold.")
    ] = 0,
    quiet_share: Annotated[
        float,
        typer.Option(
            "--quiet-places",
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Share of the area in which half of what happens is not reported.",
        ),
    ] = 0.0,
    quiet: Quiet = False,
) -> None:
    """Make up incidents on an area's real streets, with corridors of known strength or none."""
    from corridors.command_line.telling_proofs import tell_simulated
    from corridors.pipeline.simulation import Simulation, simulate_area
    from corridors.pipeline.stages import Stages

    asked = Simulation(
        planted,
        tuple(school or ()),
        strength,
        seed,
        years,
        exact,
        is_anchored=anchors,
        n_missing_months=missing_months,
        quiet_share=quiet_share,
    )
    with show_progress(quiet) as tell:
        made = simulate_area(area_file, out, asked, today=today(), stages=Stages(tell))
    if not quiet:
        say(tell_simulated(made, out))


@app.command()
def compare(
    simulated: Annotated[
        Path, typer.Argument(metavar="SIMULATED", help="A folder that `simulate` wrote.")
    ],
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan made of it.")],
) -> None:
    """Hold a plan of simulated incidents against what was planted."""
    from corridors.pipeline.comparing import compare_lines, compare_plan

    say([escape(line) for line in compare_lines(compare_plan(simulated, plan))])
