"""Signing in by the directory of a police force or council: OpenID Connect, code flow with PKCE."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.errors import NotSignedIn, Unavailable
from api.settings import FLOW_S, DirectorySettings, Settings
from api.store import Store
from api.store.records import Account, Actor

__all__ = ["Directory"]

_METADATA_S = 3600
_LEEWAY_S = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures by a key of the directory's own: never ``none``, never one made with our secret."""


class Directory:
    """The one directory that this service is set up with.

    Parameters
    ----------
    settings
        Of the service; `directory` has to be set.
    store
        Where accounts are.
    transport
        Stands in for the network, in tests.
    clock
        Seconds, for how long the directory's own description is kept.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.directory is None:
            message = "there is no directory in the settings"
            raise ValueError(message)
        self._own: DirectorySettings = settings.directory
        self._store = store
        self._transport = transport
        self._clock = clock
        self._flows = URLSafeTimedSerializer(settings.secret, salt="directory")
        self._back = f"{settings.base_url}/sign-in/directory/callback"
        self._metadata: tuple[float, dict[str, Any]] | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self._own.name

    def start(self) -> tuple[str, str]:
        """Give the address to send the browser to, and what it has to keep meanwhile, signed."""
        flow = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._described()["authorization_endpoint"],
                state=flow["state"],
                nonce=flow["nonce"],
                code_verifier=flow["verifier"],
            )
        return str(url), self._flows.dumps(flow)

    def finish(self, query: Mapping[str, str], kept: str | None) -> Account:
        """Give the account of somebody whom the directory sent back.

        Parameters
        ----------
        query
            What came with the address: ``state`` and ``code``, or ``error``.
        kept
            What `start` gave the browser to keep.

        Raises
        ------
        NotSignedIn
            When anything does not fit, or nobody here knows this person. The words are the same.
        Unavailable
            When the directory does not answer.
        """
        flow = self._flow(kept)
        if not hmac.compare_digest(flow["state"].encode(), query.get("state", "").encode()):
            raise _refused()
        if query.get("iss", self._own.issuer) != self._own.issuer or not query.get("code"):
            raise _refused()
        try:
            claims = self._claims(query["code"], flow)
        except (JoseError, AuthlibBaseError, KeyError, TypeError, ValueError) as error:
            raise _refused() from error
        return self._account(claims)

    def _flow(self, kept: str | None) -> dict[str, str]:
        try:
            flow = self._flows.loads(kept or "", max_age=FLOW_S)
        except BadSignature as error:
            raise _refused() from error
        return {name: str(flow[name]) for name in ("state", "nonce", "verifier")}

    def _claims(self, code: str, flow: Mapping[str, str]) -> CodeIDToken:
        """Exchange the code, and believe only what the directory signed for us and this flow."""
        described = self._described()
        with self._client() as client:
            try:
                token = client.fetch_token(
                    described["token_endpoint"], code=code, code_verifier=flow["verifier"]
                )
                keys = client.request("GET", described["jwks_uri"], withhold_token=True)
                keys.raise_for_status()
            except httpx2.HTTPError as error:
                raise _silent() from error
        decoded = jwt.decode(
            token["id_token"], KeySet.import_key_set(keys.json()), algorithms=_ALGORITHMS
        )
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self._own.issuer},
                "aud": {"essential": True, "value": self._own.client_id},
                "nonce": {"essential": True, "value": flow["nonce"]},
            },
            {
                "client_id": self._own.client_id,
                "nonce": flow["nonce"],
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_S)
        return claims

    def _account(self, claims: CodeIDToken) -> Account:
        """Find whom the directory means; a first sign-in takes the account that waits for it."""
        issuer, subject = self._own.issuer, str(claims["sub"])
        with self._store.writing(Actor("visitor")) as unit:
            account = unit.accounts.by_directory(issuer, subject)
            if account is None and claims.get("email_verified") is True:
                waiting = unit.accounts.waiting(str(claims.get("email", "")))
                if waiting is not None:
                    unit.accounts.bind_directory(waiting.account_id, issuer, subject)
                    account = waiting
            if account is None or not account.is_active:
                unit.log.write("sign_in_failed", "account:unknown", details={"how": "directory"})
                account = None
        if account is None:
            raise _refused()
        return account

    def _described(self) -> dict[str, Any]:
        """Give the directory's own description, fetched at most once an hour."""
        if self._metadata is not None and self._clock() - self._metadata[0] < _METADATA_S:
            return self._metadata[1]
        address = f"{self._own.issuer}/.well-known/openid-configuration"
        try:
            with self._client() as client:
                answer = client.request("GET", address, withhold_token=True)
                answer.raise_for_status()
                described: dict[str, Any] = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _silent() from error
        if described.get("issuer") != self._own.issuer:
            raise _silent()
        self._metadata = (self._clock(), described)
        return described

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self._own.client_id,
            self._own.client_secret,
            scope="openid email",
            redirect_uri=self._back,
            code_challenge_method="S256",
            timeout=5.0,
            transport=self._transport,
        )


def _refused() -> NotSignedIn:
    return NotSignedIn(
        "The sign-in by the directory did not work.",
        "Start again; if it happens twice, ask your administrator whether you have an account.",
    )


def _silent() -> Unavailable:
    return Unavailable("The directory does not answer as it should.", "Try again in a minute.")
