"""What a form sent, and what is wrong with it: each error belongs to a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Errors", "Fields", "Option"]

_MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    text: str
    hint: str = ""


class Fields(Mapping[str, Sequence[str]]):
    """The text fields of a form, each with all its values, blanks around them taken off."""

    def __init__(self, values: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in values:
            self._values.setdefault(name, []).append(value.strip())

    def __getitem__(self, name: str) -> Sequence[str]:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str, otherwise: str = "") -> str:
        """Give a field's first value; what is not there as `otherwise`."""
        values = self._values.get(name)
        return values[0] if values else otherwise

    def texts(self, name: str) -> list[str]:
        """Give a field's values that are not blank, each once."""
        return list(dict.fromkeys(one for one in self._values.get(name, ()) if one))

    def number(self, name: str) -> int | None:
        """Give a whole number; None where there is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@dataclass
class Errors:
    """What is wrong with a form, by field."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, what: str) -> None:
        """Note an error; the first of a field stays."""
        if not self.get(name):
            self.found.append((name, what))

    def also(self, name: str, what: str) -> None:
        """Note an error beside others of the field."""
        self.found.append((name, what))

    def reason(self, fields: Fields, name: str = "reason") -> str:
        """Take a reason: a sentence, at most 500 characters, no control characters."""
        text = " ".join(fields.text(name).split())
        if len(text) < 3:
            self.add(name, "Say why, in a sentence.")
        elif len(text) > _MOST_CHARACTERS:
            self.add(name, f"The reason is too long: at most {_MOST_CHARACTERS} characters.")
        elif not text.isprintable():
            self.add(name, "The reason holds characters that cannot be shown.")
        return text

    def __bool__(self) -> bool:
        """Tell whether anything is wrong."""
        return bool(self.found)

    def get(self, name: str) -> str:
        """Give what is wrong with a field; empty where nothing is."""
        return " ".join(what for one, what in self.found if one == name)
