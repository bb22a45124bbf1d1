"""What the page of an upload shows: the account of its rows, its words, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.store.work_records import InputKind, Upload, UploadStatus
from api.team.names import Category
from api.team.words import day_words

__all__ = [
    "KINDS",
    "AccountView",
    "AsideRow",
    "WordRow",
    "state_of",
    "view_account",
    "view_words",
]

KINDS: Mapping[InputKind, tuple[str, str]] = {
    InputKind.INCIDENTS: ("Incidents", "A force's export as CSV, or street files of police.uk"),
    InputKind.ROSTER: ("Roster", "A row for each post, never for a person"),
    InputKind.SCHOOLS: ("Schools", "Each school with its gate"),
    InputKind.STREETS: ("Streets", "OpenStreetMap: .osm, .osm.bz2, .osm.gz or .osm.pbf"),
    InputKind.OTHER: ("Another file", ""),
}
"""What can be brought in, its name and a hint; others are loaded by a command."""

_STATES: Mapping[UploadStatus, tuple[str, str]] = {
    UploadStatus.RECEIVED: ("Not looked at yet", "grey"),
    UploadStatus.CHECKED: ("Read: can be used", "green"),
    UploadStatus.REFUSED: ("Cannot be read so", "red"),
    UploadStatus.TAKEN: ("In use", "blue"),
    UploadStatus.DISCARDED: ("Discarded", "grey"),
}


def state_of(upload: Upload) -> tuple[str, str]:
    """Say how far an upload is, and in which colour."""
    if upload.status is UploadStatus.RECEIVED and upload.report.get("columns"):
        return "Its columns are to be named", "yellow"
    return _STATES[upload.status]


@dataclass(frozen=True, slots=True)
class AsideRow:
    """Rows that were set aside for one reason."""

    reason: str
    n: int
    lines: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """What became of a file's rows."""

    n_in: int
    n_used: int
    n_aside: int
    aside: tuple[AsideRow, ...]
    notes: tuple[str, ...]
    problems: tuple[Mapping[str, str], ...]
    span: str

    @property
    def is_whole(self) -> bool:
        """Tell whether every row is accounted for."""
        return self.n_in == self.n_used + self.n_aside


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word of the file's for a kind of incident."""

    place: int
    """Of its fields in the form."""
    word: str
    n: str
    category: str
    """Our category as chosen or known; blank where it is not known."""
    is_known: bool
    is_discovered: bool
    why: str


def view_account(upload: Upload) -> AccountView | None:
    """Lay the account out; None where the file was not read yet."""
    report = upload.report
    if "n_used" not in report:
        return None
    aside = tuple(
        AsideRow(
            one.get("words") or one["reason"].replace("_", " "),
            one["n"],
            _lines(one.get("lines", ()), one["n"]),
        )
        for one in sorted(report.get("set_aside", ()), key=lambda one: (-one["n"], one["reason"]))
    )
    span = [str(one) for one in report.get("span") or () if one]
    return AccountView(
        n_in=report["n_in"],
        n_used=report.get("n_used", 0),
        n_aside=sum(one.n for one in aside),
        aside=aside,
        notes=tuple(report.get("notes", ())),
        problems=tuple(report.get("problems", ())),
        span=" to ".join(_day(one) for one in span),
    )


def view_words(upload: Upload, categories: Mapping[str, Category]) -> tuple[WordRow, ...]:
    """Lay out the words of the file's category column, the most frequent first."""
    chosen = upload.settings.get("categories") or {}
    discovered = set(upload.settings.get("discovered") or ())
    rows = []
    for place, one in enumerate(upload.report.get("categories", ())):
        word = str(one["word"])
        slug = str(chosen.get(word) or one.get("category") or "")
        category = categories.get(slug)
        by_default = category is not None and category.is_discovered
        why = ""
        if category is not None and by_default:
            why = category.why or "Counted where police looked, so it scores nothing."
        rows.append(
            WordRow(
                place=place,
                word=word,
                n=str(one["n"]),
                category=slug,
                is_known=bool(slug),
                is_discovered=by_default or word in discovered,
                why=why,
            )
        )
    return tuple(rows)


def _day(text: str) -> str:
    try:
        return day_words(date.fromisoformat(text))
    except ValueError:
        return text


def _lines(lines: Sequence[int], n: int) -> str:
    """Say on which lines rows were set aside: the first ones."""
    shown = ", ".join(str(one) for one in lines)
    if not shown:
        return ""
    more = f" and {n - len(lines)} more" if n > len(lines) else ""
    return f"{'line' if n == 1 else 'lines'} {shown}{more}"
