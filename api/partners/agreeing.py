"""Who agrees to a plan by its protocols and by what was answered since it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.errors import Conflict
from api.store.partner_records import Answer, AnswerWord, plain_party

__all__ = ["check_agreement", "lacking_parties", "protocols_of"]


def protocols_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give a plan's protocols."""
    return [one for one in document.get("protocols") or () if isinstance(one, Mapping)]


def lacking_parties(
    document: Mapping[str, Any], standing: Iterable[Answer]
) -> tuple[tuple[str, str], ...]:
    """List which party does not agree to which protocol, as things stand now.

    Parameters
    ----------
    document
        ``plan.json``.
    standing
        The newest answers; each comes before what the plan itself says of its party.

    Returns
    -------
    tuple of (str, str)
        Protocol and party.
    """
    said = {(one.protocol_id, plain_party(one.party)): one.word for one in standing}
    lacking = []
    for protocol in protocols_of(document):
        agreed = {plain_party(one["by"]) for one in protocol["agreed_by"]}
        for party in protocol["needed_from"]:
            word = said.get((protocol["protocol_id"], plain_party(party)))
            is_agreed = plain_party(party) in agreed if word is None else word == AnswerWord.AGREES
            if not is_agreed:
                lacking.append((protocol["protocol_id"], party))
    return tuple(lacking)


def check_agreement(document: Mapping[str, Any], standing: Iterable[Answer]) -> None:
    """Refuse to publish a plan to which somebody who has to agree does not agree any more.

    The pipeline calls a plan agreed when it is made; who takes their word back afterwards is heard
    even before the next plan is there.

    Raises
    ------
    Conflict
        Naming the parties.
    """
    lacking = lacking_parties(document, standing)
    if lacking:
        parties = ", ".join(dict.fromkeys(party for _, party in lacking))
        raise Conflict(
            f"The plan is not agreed by everybody who has to agree: {parties}.",
            "Talk with them, and make the plan again once they agree.",
        )
