"""A remark on a released corridor of a coming week."""

from __future__ import annotations

from datetime import date

from api.errors import NotFound
from api.partners.answering import Party, check_text
from api.partners.view import coming_heads
from api.store import Unit
from api.store.partner_records import Comment

__all__ = ["add_comment"]


def add_comment(
    unit: Unit, party: Party, week: date, corridor_id: str, text: str, today: date
) -> Comment:
    """Keep a comment.

    Raises
    ------
    NotFound
        When the newest version of the week shows no such corridor, or the week is over.
    BadRequest
        When there are no words.
    Conflict
        When the organisation said exactly this already.
    """
    heads = [one for one in coming_heads(unit, party.area_id, today) if one.week == week]
    shown = {
        corridor.feature_id
        for head in heads
        for corridor in unit.features.corridors_of(head.plan_id, party.area_id)
    }
    if corridor_id not in shown:
        raise NotFound
    words = check_text(text, is_needed=True)
    return unit.comments.add(party.area_id, party.organisation_id, week, corridor_id, words)
