"""The command line: every command, and what becomes of errors made on purpose."""

from __future__ import annotations

from corridors.command_line import planning, proving
from corridors.command_line.shell import ExitCode, app, stop
from corridors.errors import BadInput, CorridorsError, OutputError

__all__ = ["ExitCode", "app", "main"]

COMMANDS = (planning, proving)
"""Importing these gives the application its commands."""


def main() -> None:
    """Run the command line, and turn errors made on purpose into messages and exit codes."""
    try:
        app()
    except KeyboardInterrupt:
        stop("Interrupted: nothing was changed.", ExitCode.INTERRUPTED)
    except BadInput as error:
        n = len(error.problems)
        lines = [f"{n} problem{'s' if n != 1 else ''} with what was given:"]
        stop("\n  ".join([*lines, *map(str, error.problems)]), ExitCode.BAD_INPUT)
    except OutputError as error:
        stop(str(error), ExitCode.NOT_WRITTEN)
    except CorridorsError as error:
        stop(str(error), ExitCode.INTERNAL)


if __name__ == "__main__":
    main()
