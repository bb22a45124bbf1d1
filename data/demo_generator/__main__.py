"""``python -m data.demo_generator --seed 1 --out data/demo``."""

from __future__ import annotations

import argparse
from pathlib import Path

from data.demo_generator.files import make_files


def main() -> None:
    """Make a borough and write it."""
    parser = argparse.ArgumentParser(prog="python -m data.demo_generator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("data/demo"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in make_files(arguments.seed).items():
        (arguments.out / name).write_bytes(content)
        print(f"{arguments.out / name}: {len(content):,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
