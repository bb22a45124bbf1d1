"""What the web process loads before it answers: nothing that plans, and little that is slow."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "geopandas", "pandas", "numba", "ortools", "scipy", "numpy", "shapely", "pyogrio", "pyproj",
    "folium", "osmnx", "networkx", "pyarrow", "icalendar", "alembic", "authlib", "matplotlib",
    "corridors.pipeline", "corridors.analysis", "corridors.planning",
}  # fmt: skip


def test_the_web_process_loads_nothing_that_plans() -> None:
    code = f"import sys, api.serving; print(sorted({HEAVY!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
