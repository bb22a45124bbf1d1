"""Who has to agree to a plan, who did, and what is waited for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from api.store.partner_records import plain_party
from api.team.names import Names
from api.team.words import day_words

__all__ = ["AnswerLike", "PartyRow", "ProtocolRow", "missing_parties", "view_agreements"]


class AnswerLike(Protocol):
    """What is needed of an answer."""

    @property
    def protocol_id(self) -> str:
        """Of what."""

    @property
    def party(self) -> str:
        """Whose word it is."""

    @property
    def word(self) -> str:
        """``agrees``, ``declines`` or ``proposes``."""

    @property
    def text(self) -> str:
        """What they say."""

    @property
    def on(self) -> date:
        """When."""


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One party of one protocol."""

    party: str
    state: str
    """``agreed``, ``declined``, ``proposes``, ``asked`` or ``missing``."""
    words: str
    on: str
    """The day, in words; empty where there was no answer."""
    text: str


@dataclass(frozen=True, slots=True)
class ProtocolRow:
    """What has to be agreed for the patrols without police of one school."""

    protocol_id: str
    school: str
    aim: str
    leads: str
    call_police_when: tuple[str, ...]
    call_police_how: str
    not_for_police: tuple[str, ...]
    withdraw_to: str
    contacts: tuple[str, ...]
    parties: tuple[PartyRow, ...]

    @property
    def is_agreed(self) -> bool:
        """Tell whether every party agreed."""
        return all(one.state == "agreed" for one in self.parties)

    @property
    def words(self) -> str:
        """Say how far it is."""
        waits = [one.party for one in self.parties if one.state != "agreed"]
        return f"Waits for {', '.join(waits)}" if waits else "Agreed by all"


def view_agreements(
    document: Mapping[str, Any],
    names: Names,
    answers: Iterable[AnswerLike],
    asked: Collection[str],
) -> tuple[ProtocolRow, ...]:
    """Lay the protocols of a plan out with who agreed.

    Parameters
    ----------
    document
        ``plan.json``.
    names
        Of roles and aims.
    answers
        The newest answer of each party to each protocol. One that is newer than the plan counts.
    asked
        Parties that were asked for this version.
    """
    given = {(one.protocol_id, plain_party(one.party)): one for one in answers}
    was_asked = {plain_party(one) for one in asked}
    schools = {one["school_id"]: one["name"] for one in document.get("schools", ())}
    return tuple(
        ProtocolRow(
            protocol_id=one["protocol_id"],
            school=schools.get(one["school_id"], one["school_id"]),
            aim=names.aim(one["aim"]),
            leads=one["leads"],
            call_police_when=tuple(one["call_police_when"]),
            call_police_how=one["call_police_how"],
            not_for_police=tuple(one["not_for_police"]),
            withdraw_to=one["withdraw_to"],
            contacts=tuple(one["contacts"]),
            parties=tuple(
                _party_row(
                    party,
                    one,
                    given.get((one["protocol_id"], plain_party(party))),
                    was_asked=plain_party(party) in was_asked,
                )
                for party in one["needed_from"]
            ),
        )
        for one in document.get("protocols", ())
    )


def missing_parties(rows: Iterable[ProtocolRow]) -> tuple[str, ...]:
    """List the parties that were not asked and have not answered, each once."""
    found = (party.party for row in rows for party in row.parties if party.state == "missing")
    return tuple(dict.fromkeys(found))


def _party_row(
    party: str,
    protocol: Mapping[str, Any],
    answer: AnswerLike | None,
    *,
    was_asked: bool,
) -> PartyRow:
    agreed = {plain_party(one["by"]): one["on"] for one in protocol["agreed_by"]}
    if answer is not None and answer.word != "agrees":
        state = "declined" if answer.word == "declines" else "proposes"
        words = "Declined" if state == "declined" else "Proposes a change"
        return PartyRow(party, state, words, day_words(answer.on), answer.text)
    if plain_party(party) in agreed:
        on = date.fromisoformat(str(agreed[plain_party(party)]))
        return PartyRow(party, "agreed", "Agreed", day_words(on), "")
    if answer is not None:
        return PartyRow(party, "agreed", "Agreed", day_words(answer.on), answer.text)
    if was_asked:
        return PartyRow(party, "asked", "No answer yet", "", "")
    return PartyRow(party, "missing", "Not asked yet", "", "")
