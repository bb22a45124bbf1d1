"""Signing in by a directory, against a provider of our own that can also lie."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from api.rights import Role
from api.services import Seams
from api.settings import DirectorySettings
from api.store.records import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from tests.api.conftest import MakeWorld, World

ISSUER = "https://directory.test"
OWN = DirectorySettings(ISSUER, "corridors", "the-client-secret", "the council's directory")


@dataclass
class Provider:
    """A local OpenID provider: describes itself, hands out codes, and signs identity tokens."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    claims: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], None] = lambda _claims: None
    signing_key: ECKey | OctKey | None = None
    algorithm: str = "ES256"
    is_down: bool = False
    flows: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, url: str) -> str:
        """Do what a browser and a person at the provider do; give where it sends them back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"].split() == ["openid", "email"]
        code = f"code-{len(self.flows)}"
        self.flows[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_down:
            raise httpx2.ConnectError("away")
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return httpx2.Response(
                200,
                json={
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                    "jwks_uri": f"{ISSUER}/keys",
                },
            )
        if path == "/keys":
            return httpx2.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        assert path == "/token"
        return self._token(request)

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        sent = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        flow = self.flows.pop(sent["code"], None)
        secret = base64.b64encode(b"corridors:the-client-secret").decode()
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        is_good = (
            flow is not None
            and flow["code_challenge"] == challenge
            and request.headers["authorization"] == f"Basic {secret}"
            and sent["redirect_uri"] == flow["redirect_uri"]
        )
        if not is_good or flow is None:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": "corridors", "sub": "person-1", "iat": now, "exp": now + 300,
            "nonce": flow["nonce"], "email": "pat@example.org", "email_verified": True,
            **self.claims,
        }  # fmt: skip
        self.spoil(claims)
        header = {"alg": self.algorithm, "kid": "one"}
        signed = jwt.encode(
            header, claims, self.signing_key or self.key, algorithms=[self.algorithm]
        )
        body = {"access_token": "a", "token_type": "Bearer", "id_token": signed, "expires_in": 300}
        return httpx2.Response(200, json=body)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def world(make_world: MakeWorld, filled_url: str, provider: Provider) -> World:
    seams = Seams(transport=httpx2.MockTransport(provider))
    made = make_world(filled_url, seams, directory=OWN)
    with made.store.writing(Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation("Council")
        account_id = unit.accounts.add(
            organisation_id=organisation_id, email="Pat@example.org", shown_name="pat"
        )
        unit.accounts.grant(account_id, "north", {Role.PLANNER})
    return made


def come_back(client: TestClient, provider: Provider) -> httpx2.Response:
    started = client.get("/sign-in/directory")
    assert started.status_code == 303
    return client.get(provider.authorize(started.headers["location"]))


def test_somebody_whom_the_directory_knows_is_signed_in(world: World, provider: Provider) -> None:
    client = world.visitor()
    assert "the council&#39;s directory" in client.get("/sign-in").text
    answer = come_back(client, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/api/v1/me").json()["roles"] == {"north": ["planner"]}
    assert "__Host-directory" not in client.cookies


def test_the_subject_is_what_counts_afterwards(world: World, provider: Provider) -> None:
    assert come_back(world.visitor(), provider).status_code == 303
    provider.claims = {"email": "renamed@example.org", "email_verified": False}
    assert come_back(world.visitor(), provider).status_code == 303
    provider.claims = {"sub": "somebody-else"}
    assert come_back(world.visitor(), provider).status_code == 401, "the account is taken already"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "another-client"},
        {"exp": 1_000_000_000},
        {"iat": 9_999_999_999, "nbf": 9_999_999_999},
        {"nonce": "replayed"},
        {"nonce": ""},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "stranger@example.org"},
        {"azp": "another-client"},
    ],
)
def test_a_token_that_does_not_fit_opens_nothing(
    world: World, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    client = world.visitor()
    assert come_back(client, provider).status_code == 401
    assert "__Host-session" not in client.cookies


def test_a_missing_claim_opens_nothing(world: World, provider: Provider) -> None:
    for name in ("sub", "nonce", "exp", "iat", "aud", "iss"):
        provider.spoil = lambda claims, name=name: claims.pop(name)  # type: ignore[misc]
        assert come_back(world.visitor(), provider).status_code == 401, name


def test_a_token_signed_by_anybody_else_opens_nothing(world: World, provider: Provider) -> None:
    provider.signing_key = ECKey.generate_key("P-256", {"kid": "one"})
    assert come_back(world.visitor(), provider).status_code == 401
    provider.signing_key = OctKey.import_key("the-client-secret-the-client-secret")
    provider.algorithm = "HS256"
    assert come_back(world.visitor(), provider).status_code == 401


def test_a_state_that_is_not_ours_opens_nothing(world: World, provider: Provider) -> None:
    client = world.visitor()
    started = client.get("/sign-in/directory")
    back = provider.authorize(started.headers["location"])
    tampered = back.replace("state=", "state=x")
    assert client.get(tampered).status_code == 401
    assert client.get(back).status_code == 401, "the flow ended with the first attempt"


def test_an_answer_without_the_cookie_of_its_start_opens_nothing(
    world: World, provider: Provider
) -> None:
    """Somebody who sends a victim a link with their own code signs nobody in."""
    attacker = world.visitor()
    back = provider.authorize(attacker.get("/sign-in/directory").headers["location"])
    victim = world.visitor()
    assert victim.get(back).status_code == 401
    assert "__Host-session" not in victim.cookies


def test_a_tampered_or_old_flow_opens_nothing(
    world: World, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.visitor()
    back = provider.authorize(client.get("/sign-in/directory").headers["location"])
    kept = client.cookies["__Host-directory"]
    for spoilt in (kept[:-2] + "AA", "x" + kept, "", "é"):
        other = world.visitor()
        other.cookies.set("__Host-directory", spoilt.encode("ascii", "replace").decode())
        assert other.get(back).status_code == 401
    later = time.time() + 700
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert client.get(back).status_code == 401


def test_a_code_works_once(world: World, provider: Provider) -> None:
    client = world.visitor()
    back = provider.authorize(client.get("/sign-in/directory").headers["location"])
    kept = client.cookies["__Host-directory"]
    assert client.get(back).status_code == 303
    replay = world.visitor()
    replay.cookies.set("__Host-directory", kept)
    assert replay.get(back).status_code == 401


def test_a_refusal_at_the_directory_is_told_plainly(world: World) -> None:
    client = world.visitor()
    client.get("/sign-in/directory")
    answer = client.get("/sign-in/directory/callback?error=access_denied&state=x")
    assert answer.status_code == 401
    assert "did not work" in answer.text


def test_a_directory_that_is_away_is_told_and_passwords_still_work(
    world: World, provider: Provider
) -> None:
    provider.is_down = True
    answer = world.visitor().get("/sign-in/directory")
    assert answer.status_code == 503
    assert world.visitor().get("/sign-in").status_code == 200


def test_an_account_with_a_password_is_not_taken_over(world: World, provider: Provider) -> None:
    """A directory that says it knows this address gets no further into an account made here."""
    world.add_account("local@example.org", {"north": {Role.APPROVER}})
    provider.claims = {"sub": "x", "email": "local@example.org"}
    assert come_back(world.visitor(), provider).status_code == 401
