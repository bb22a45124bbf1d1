"""The notebook that tells the method runs from top to bottom, as committed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "method.ipynb"
TIMEOUT_S = 300

# In a process of its own: the client needs an event loop, and the browser tests keep one here.
_RUN = """
import json, sys
import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    KernelSpecManager().get_kernel_spec("python3")
except NoSuchKernel:
    print(json.dumps({"skip": "no Jupyter kernel here"})); sys.exit()
client = NotebookClient(
    notebook, timeout=int(sys.argv[2]), kernel_name="python3",
    resources={"metadata": {"path": sys.argv[3]}},
)
try:
    client.execute()
except DeadKernelError as error:
    print(json.dumps({"skip": f"the kernel does not start here: {error}"})); sys.exit()
except CellExecutionError as error:
    print(json.dumps({"error": str(error)})); sys.exit()
cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
stderr = [
    output["text"] for cell in cells for output in cell.outputs
    if output.get("name") == "stderr"
]
print(json.dumps({"cells": len(cells), "run": sum(bool(c.execution_count) for c in cells),
                  "stderr": stderr}))
"""


def test_it_was_run_before_it_was_committed() -> None:
    notebook = nbformat.reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]


def test_it_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(NOTEBOOK), str(TIMEOUT_S), str(NOTEBOOK.parent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    if "skip" in told:
        pytest.skip(told["skip"])
    assert "error" not in told, told.get("error")
    assert told["run"] == told["cells"] > 5
    assert told["stderr"] == []
