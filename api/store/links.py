"""Links by which somebody sets a password: kept as a hash, good for a while and once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from api.store.partner_records import AccountLink
from api.store.tables_partners import AccountLinkRow

__all__ = ["Links"]

_KEPT_DAYS = 30
"""How long a link that is over can still be told from one that never was."""


class Links:
    """Account links within one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def add(self, token_hash: str, account_id: int, *, valid_s: int) -> AccountLink:
        """Keep a new link of an account; those that it had before open nothing any more."""
        self._session.execute(
            delete(AccountLinkRow).where(
                AccountLinkRow.expires_at < self._now - timedelta(days=_KEPT_DAYS)
            )
        )
        self.end_all(account_id)
        row = AccountLinkRow(
            token_hash=token_hash,
            account_id=account_id,
            made_at=self._now,
            expires_at=self._now + timedelta(seconds=valid_s),
            used_at=None,
        )
        self._session.add(row)
        self._session.flush()
        return _link(row)

    def find(self, token_hash: str) -> AccountLink | None:
        """Give a link, used or expired ones too."""
        row = self._session.get(AccountLinkRow, token_hash)
        return None if row is None else _link(row)

    def use(self, token_hash: str) -> bool:
        """Use a link up; tell whether it was good. Of two who try at once, one is told yes."""
        done = self._session.execute(
            update(AccountLinkRow)
            .where(
                AccountLinkRow.token_hash == token_hash,
                AccountLinkRow.used_at.is_(None),
                AccountLinkRow.expires_at > self._now,
            )
            .values(used_at=self._now)
            .returning(AccountLinkRow.token_hash)
            .execution_options(synchronize_session=False)
        ).all()
        self._session.expire_all()
        return bool(done)

    def end_all(self, account_id: int) -> None:
        """End every link of an account that is still good."""
        self._session.execute(
            update(AccountLinkRow)
            .where(
                AccountLinkRow.account_id == account_id,
                AccountLinkRow.used_at.is_(None),
                AccountLinkRow.expires_at > self._now,
            )
            .values(expires_at=self._now)
        )


def _link(row: AccountLinkRow) -> AccountLink:
    return AccountLink(row.account_id, row.made_at, row.expires_at, row.used_at)
