"""What is agreed for patrols without police, who has agreed, and what stands against publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corridors.domain.plan import Protocol
from corridors.domain.vocabulary import PlanStatus, PolicePresence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from corridors.domain.area import Agreement
    from corridors.domain.plan import Aim, Patrol, Plan, ProtocolTemplate, Role

__all__ = ["all_agreed", "make_protocol", "make_protocols", "may_publish", "protocol_id_of"]

_LEAST_POSTS = 2  # nobody walks alone
_SAYS = {
    "leads": "who leads",
    "call_police_when": "when police are called",
    "call_police_how": "how police are called",
    "not_for_police": "what is not for police",
    "withdraw_to": "where to withdraw to",
    "contacts": "whom to contact",
    "needed_from": "who must agree",
}


def protocol_id_of(aim: Aim, school_id: str) -> str | None:
    """Give the protocol of an aim's patrols at a school; None where police walk along.

    The same from week to week, so that what was agreed stays agreed.
    """
    if aim.police is PolicePresence.NEEDED:
        return None
    return f"no-police-{aim.file_id}-{school_id}"


def make_protocol(
    aim: Aim,
    school_id: str,
    patrols: Iterable[Patrol],
    roles: Mapping[str, Role],
    template: ProtocolTemplate,
    agreements: Iterable[Agreement],
    *,
    issued_on: date | None = None,
) -> Protocol:
    """Write the protocol of one aim at one school.

    Parameters
    ----------
    aim
        Police are on call or absent.
    school_id
        The school.
    patrols
        Those of this aim and school; their organisations and the neighbourhood police must agree.
    roles
        For the name of the lead.
    template
        The text to start from; the aim may add to it.
    agreements
        All of the area's; those of this protocol are taken. Case and spaces of a party's name do
        not matter.
    issued_on
        An agreement given later does not count yet.

    Raises
    ------
    ValueError
        The aim needs police, so there is nothing to agree: a fault of the caller.
    """
    protocol_id = protocol_id_of(aim, school_id)
    if protocol_id is None:
        raise ValueError("an aim that needs police has no protocol without police")
    own = list(patrols)
    organisations = {post.organisation for patrol in own for post in patrol.posts}
    needed_from = tuple(sorted(organisations | {template.police_party}))
    leads = sorted({patrol.lead_role for patrol in own}, key=list(roles).index)
    lead_names = [roles[lead].name for lead in leads]
    return Protocol(
        protocol_id=protocol_id,
        aim=aim.aim_id,
        school_id=school_id,
        leads=" or ".join(
            [*lead_names[:1], *(name[:1].lower() + name[1:] for name in lead_names[1:])]
        ),
        call_police_when=(
            *template.call_police_when,
            *template.call_police_when_by_aim.get(aim.file_id, ()),
        ),
        call_police_how=template.call_police_how,
        not_for_police=(
            *template.not_for_police,
            *template.not_for_police_by_aim.get(aim.file_id, ()),
        ),
        withdraw_to=template.withdraw_to,
        contacts=template.contacts,
        needed_from=needed_from,
        agreed_by=_agreed_by(protocol_id, needed_from, agreements, issued_on),
    )


def make_protocols(
    patrols: Iterable[Patrol],
    aims: Mapping[str, Aim],
    roles: Mapping[str, Role],
    template: ProtocolTemplate,
    agreements: Iterable[Agreement],
    *,
    issued_on: date | None = None,
) -> tuple[Protocol, ...]:
    """Write every protocol that a week's patrols need, in order of id. See `make_protocol`."""
    grouped: dict[tuple[str, str], list[Patrol]] = {}
    for patrol in patrols:
        if protocol_id_of(aims[patrol.aim], patrol.school_id) is not None:
            grouped.setdefault((patrol.aim, patrol.school_id), []).append(patrol)
    given = list(agreements)
    protocols = [
        make_protocol(aims[aim], school, own, roles, template, given, issued_on=issued_on)
        for (aim, school), own in grouped.items()
    ]
    return tuple(sorted(protocols, key=lambda protocol: protocol.protocol_id))


def all_agreed(protocols: Iterable[Protocol]) -> bool:
    """Tell whether a plan may be called agreed: every protocol is, by everybody who must."""
    return all(protocol.is_agreed for protocol in protocols)


def may_publish(plan: Plan) -> tuple[str, ...]:
    """List what stands against publishing a plan, in words; empty where nothing does.

    Every patrol without police needs its protocol, with a lead, a reason to call, a way to call, a
    place to withdraw to, contact fields and everybody's agreement; every patrol needs two posts;
    and the plan must be agreed. What the plan's own status says is not believed where its
    protocols say otherwise.

    Parameters
    ----------
    plan
        Any plan, also one that was read from a file.
    """
    protocols = {protocol.protocol_id: protocol for protocol in plan.protocols}
    against = [words for patrol in plan.patrols for words in _against_patrol(patrol, protocols)]
    for protocol in sorted(plan.protocols, key=lambda one: one.protocol_id):
        lacking = [words for name, words in _SAYS.items() if not getattr(protocol, name)]
        if lacking:
            against.append(f"{protocol.protocol_id} does not say {', nor '.join(lacking)}.")
        missing = sorted(set(protocol.needed_from) - {party for party, _ in protocol.agreed_by})
        if missing:
            against.append(f"{protocol.protocol_id} is not agreed by {', '.join(missing)}.")
    if plan.status == PlanStatus.SUPERSEDED:
        against.append("A newer plan has taken its place.")
    elif plan.status == PlanStatus.DRAFT and not against:
        against.append("It is a draft: nobody has called it agreed.")
    return tuple(against)


def _against_patrol(patrol: Patrol, protocols: Mapping[str, Protocol]) -> list[str]:
    name = patrol.patrol_id
    against = []
    if len(patrol.posts) < _LEAST_POSTS:
        against.append(f"{name} has fewer than two posts: nobody walks alone.")
    if patrol.police == PolicePresence.NEEDED:
        if not any(post.police for post in patrol.posts):
            against.append(f"{name} needs police and has no police post.")
        return against
    protocol = protocols.get(patrol.protocol_id or "")
    if protocol is None:
        return [*against, f"{name} has no police and no protocol."]
    not_asked = sorted({post.organisation for post in patrol.posts} - {*protocol.needed_from})
    if not_asked:
        against.append(f"{name}: {', '.join(not_asked)} walks and is not asked to agree.")
    return against


def _agreed_by(
    protocol_id: str,
    needed_from: tuple[str, ...],
    agreements: Iterable[Agreement],
    issued_on: date | None,
) -> tuple[tuple[str, date], ...]:
    """Match agreements to parties; the earliest of a party that agreed twice."""
    party_of = {_plain(party): party for party in needed_from}
    first: dict[str, date] = {}
    for agreement in agreements:
        party = party_of.get(_plain(agreement.by))
        if agreement.protocol_id != protocol_id or party is None:
            continue
        if issued_on is None or agreement.on <= issued_on:
            first[party] = min(agreement.on, first.get(party, agreement.on))
    return tuple(sorted(first.items()))


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
