"""One table of a reference file, read key by key; every problem is gathered, none is raised."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from corridors.errors import Problem, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["ReferenceTable", "read_toml"]

_MAX_BYTES = 4 << 20
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, or raise `SourceError` with what is wrong and where."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            what = "This is too large for a reference file."
            raise SourceError(Problem(path.name, what, "Name the TOML file."))
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        problem = Problem(path.name, "There is no such file.", "Check the path.")
    except OSError:
        problem = Problem(path.name, "The file cannot be read.", "Check its permissions.")
    except UnicodeDecodeError:
        problem = Problem(path.name, "The file is not UTF-8 text.", "Save it as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        problem = Problem(path.name, f"It is not TOML: {_place(error)}.", "Mend it there.")
    except RecursionError:
        problem = Problem(path.name, "The TOML is nested too deeply.", "Keep to the format.")
    raise SourceError(problem)


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Keep the place of the message only: the rest may quote the file."""
    _, found, place = str(error).rpartition("(at ")
    return place.rstrip(")") if found else "it cannot be read to its end"


class ReferenceTable:
    """A table whose keys are taken one at a time.

    Parameters
    ----------
    where
        File and table, for the messages.
    values
        The table as TOML gave it.
    problems
        Where problems are gathered. A key with a problem gives a harmless value.
    """

    def __init__(self, where: str, values: object, problems: list[Problem]) -> None:
        self.where = where
        self.problems = problems
        self._values: dict[str, Any] = {}
        self._taken: set[str] = set()
        if isinstance(values, dict):
            self._values = values
        else:
            self.report("", "It is not a table.", "Write it as a [table] with keys.")

    def report(self, key: str, what: str, mend: str) -> None:
        """Gather one problem."""
        self.problems.append(Problem(f"{self.where}.{key}" if key else self.where, what, mend))

    def text(self, key: str) -> str:
        """Take a text that is not blank."""
        value = self._take(key, str, "a text")
        if isinstance(value, str) and not value.strip():
            self.report(key, "It is blank.", "Write at least one sentence or word.")
        if isinstance(value, str) and _CONTROL.search(value):
            self.report(key, "It holds control characters.", "Take them out.")
        return value.strip() if isinstance(value, str) else ""

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Take true or false."""
        return bool(self._take(key, bool, "true or false", default=default))

    def integer(self, key: str, *, default: int | None = None) -> int:
        """Take a whole number."""
        value = self._take(key, int, "a whole number", default=default)
        return value if isinstance(value, int) else 0

    def texts(self, key: str, *, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Take a list of texts, each once."""
        value = self._take(key, list, "a list of texts", default=default)
        return self._as_texts(key, value if value is not None else [])

    def groups(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Take a list of lists of texts."""
        value = self._take(key, list, "a list of lists") or []
        return tuple(self._as_texts(key, group) for group in value)

    def pair(self, key: str) -> tuple[int, int] | None:
        """Take two whole numbers, the first smaller, or nothing."""
        if key not in self._values:
            return None
        value = self._take(key, list, "two whole numbers")
        if (
            isinstance(value, list)
            and len(value) == 2
            and all(isinstance(n, int) and not isinstance(n, bool) for n in value)
            and value[0] < value[1]
        ):
            return value[0], value[1]
        self.report(key, "It is not two whole numbers in order.", "Write [from, to].")
        return None

    def tables(self, key: str, *, optional: bool = False) -> dict[str, Any]:
        """Take a table of tables."""
        return self._take(key, dict, "a table", default={} if optional else None) or {}

    def finish(self) -> None:
        """Report the keys that nobody asked for: most are misspelt."""
        for key in sorted(set(self._values) - self._taken):
            known = ", ".join(sorted(self._taken))
            self.report(key, "This key is not known.", f"Remove it or use one of: {known}.")

    def _take(self, key: str, kind: type, kind_name: str, *, default: Any = None) -> Any:
        self._taken.add(key)
        if key not in self._values:
            if default is None:
                self.report(key, "This key is missing.", f"Give {kind_name}.")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.report(key, f"It is not {kind_name}.", f"Give {kind_name}.")
            return default
        return value

    def _as_texts(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            self.report(key, "It holds something else than texts.", "Give a list of texts.")
            return ()
        texts = tuple(item.strip() for item in value if isinstance(item, str) and item.strip())
        if len(texts) < len(value):
            self.report(key, "It holds something else than texts.", "Give a list of texts.")
        if len(set(texts)) < len(texts):
            self.report(key, "Something is listed twice.", "List it once.")
        return tuple(dict.fromkeys(texts))
