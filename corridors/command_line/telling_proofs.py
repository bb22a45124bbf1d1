"""What the command line tells of an evaluation and of a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.markup import escape

from corridors.command_line.telling import plain_table
from corridors.pipeline.simulation import Simulated

__all__ = ["tell_evaluation", "tell_simulated"]


def tell_evaluation(record: Mapping[str, Any], out: Path) -> list[RenderableType]:
    """Tell what `corridors evaluate` found, and where to look."""
    asked, n_folds = record["asked"], len(record["folds"])
    folds = f"{n_folds} fold{'s' if n_folds != 1 else ''}"
    first = (
        f"[bold]{escape(record['area'])}[/bold]: {folds} from {asked['until']}, "
        f"horizon {asked['horizon']}. Hit rates, all folds together:"
    )
    told: list[RenderableType] = [first]
    by_what: dict[str, list[Mapping[str, Any]]] = {}
    for row in record["against_best_baseline"]:
        what = f"{row['unit']}, {row['basis']}, {row['places']}".replace("_", " ")
        by_what.setdefault(what, []).append(row)
    for what, rows in by_what.items():
        table = plain_table(what.capitalize(), "length", "ours", "best", "which is", "difference")
        for row in rows:
            table.add_row(
                f"{row['length_share']:.0%}",
                f"{row['ours']:.3f}",
                f"{row['best']:.3f}",
                row["best_baseline"].replace("_", " "),
                f"{row['difference']:+.3f} ({row['lo']:+.3f} to {row['hi']:+.3f})",
            )
        told.append(table)
    if not by_what:
        told.append("Not enough incidents: no figure is given.")
    told += [f"Note: {escape(note)}" for note in record["notes"]]
    told.append(f"Page (internal): {escape(str(out / 'evaluation.html'))}")
    return told


def tell_simulated(made: Simulated, out: Path) -> list[RenderableType]:
    """Tell what `corridors simulate` made."""
    area, noise = made.tables.area, made.noise
    table = plain_table("Planted", "school", "recorded after school", "length")
    for one in made.planted:
        length_m = float(made.tables.network.length_m[one.way].sum())
        school = str(made.tables.schools["school_id"].iloc[one.row])
        table.add_row(escape(school), str(len(one.incidents)), f"{length_m:.0f} m")
    return [
        (
            f"[bold]{escape(area.name)}[/bold], SIMULATED: {len(made.incidents)} incidents from "
            f"{noise.day[0]} to {noise.day[-1]}. None of them happened."
        ),
        table if made.planted else "Nothing is planted: no school has an after-school excess.",
        f"Plan on it:  corridors plan {escape(str(out / 'area.toml'))} --week MONDAY --out OUT",
        f"Then:        corridors compare {escape(str(out))} OUT",
        f"The truth:   {escape(str(out / 'truth.json'))}",
    ]
