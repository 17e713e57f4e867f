"""How the relying party behaves around a sign-in: rotation, rate, threads, time, mix-ups, step-up, roles."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dataroom.adapters.oidc import Demand, Egress, Issuer, Pending, RelyingParty, SignInRefused
from tests.evil_issuer import (
    QUICK,
    RSA_ONE,
    RSA_TWO,
    STEADY,
    EvilIssuer,
    Params,
    Raw,
    Twist,
    come_back,
    drop,
    jwk,
    now,
    put,
    row,
    sign_in,
)
from tests.evil_providers import at_localhost


def test_hostile_metadata_changes_nothing_of_ours() -> None:
    hostile = put(
        code_challenge_method=None,
        code_challenge_methods_supported=[],
        scope="openid admin",
        scopes_supported=["admin"],
        verify=False,
        proxies={"http": "http://127.0.0.1:9"},
        cert="/etc/passwd",
        response_type="token",
        redirect_uri="http://127.0.0.1:9/theirs",
        client_id="theirs",
        token_endpoint_auth_method="client_secret_post",
        default_timeout=None,
    )
    with EvilIssuer(Twist(metadata=hostile)) as issuer:
        party = RelyingParty(STEADY)
        begun = party.begin(row(issuer))
        query = parse_qs(urlsplit(begun.url).query)
        party.finish(row(issuer), begun.pending, come_back(begun.url))
        headers, form = next((h, f) for _, path, h, f in issuer.asked if path == "/token")
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert (query["scope"], query["client_id"], query["response_type"]) == (
        ["openid profile email"],
        ["dataroom"],
        ["code"],
    )
    assert query["redirect_uri"] == ["http://127.0.0.1:9/signin/callback"]
    assert "client_secret" not in form
    assert headers["Authorization"].startswith("Basic ")
    assert len(form["code_verifier"][0]) >= 43


def test_endpoints_may_stand_at_hosts_that_were_registered_and_at_no_others() -> None:
    def elsewhere(metadata: dict[str, Any]) -> dict[str, Any]:
        return {
            name: at_localhost(name)(metadata)[name] if name != "issuer" else value
            for name, value in metadata.items()
            if isinstance(value, str)
        }

    with EvilIssuer(Twist(metadata=elsewhere)) as issuer:
        assert sign_in(issuer, hosts=frozenset({"localhost"})).subject == "s-1"
        asked = len(issuer.asked)
        with pytest.raises(SignInRefused) as refused:
            sign_in(issuer, hosts=frozenset({"keys.example"}))
        assert refused.value.reason == "discovery-host"
        assert [path for _, path, _, _ in issuer.asked[asked:]] == ["/.well-known/openid-configuration"]


def test_the_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with EvilIssuer() as issuer:
        assert sign_in(issuer).subject == "s-1"


def test_a_public_client_and_one_that_posts_its_secret() -> None:
    with EvilIssuer() as issuer:
        sign_in(issuer, client_secret=None)
        issuer.twist.metadata = put(token_endpoint_auth_methods_supported=["client_secret_post"])
        sign_in(issuer)
        public, posted = (asked for asked in issuer.asked if asked[1] == "/token")
    assert "Authorization" not in public[2]
    assert public[3]["client_id"] == ["dataroom"]
    assert posted[3]["client_secret"] == ["between us"]
    assert "Authorization" not in posted[2]


def test_keys_rotate() -> None:
    with EvilIssuer() as issuer:
        party = RelyingParty(STEADY, key_pause=0)
        sign_in(issuer, party)
        issuer.twist.key = RSA_TWO
        issuer.twist.header = put(kid="two")
        issuer.twist.keys = lambda: [jwk(RSA_TWO, kid="two"), jwk(RSA_ONE, kid="one")]
        assert sign_in(issuer, party).subject == "s-1"
        assert issuer.count("/jwks") == 2
        sign_in(issuer, party)
        assert issuer.count("/jwks") == 2
        assert issuer.count("/.well-known/openid-configuration") == 1


def test_unknown_kids_do_not_make_us_hammer_the_provider() -> None:
    with EvilIssuer() as issuer:
        party = RelyingParty(STEADY)
        sign_in(issuer, party)
        issuer.twist.header = put(kid="other")
        for _ in range(5):
            with pytest.raises(SignInRefused):
                sign_in(issuer, party)
        assert issuer.count("/jwks") == 1
        issuer.twist.header = put(kid="one")
        assert sign_in(issuer, party).subject == "s-1"


def test_a_failing_provider_is_left_alone_for_a_moment() -> None:
    with EvilIssuer(Twist(raw={"/.well-known/openid-configuration": Raw(status=500)})) as issuer:
        party = RelyingParty(STEADY)
        for _ in range(5):
            with pytest.raises(SignInRefused):
                party.begin(row(issuer))
        assert issuer.count("/.well-known/openid-configuration") == 1


def test_many_people_at_once_fetch_metadata_and_keys_once() -> None:
    with EvilIssuer() as issuer:
        party, found = RelyingParty(), []
        threads = [threading.Thread(target=lambda: found.append(sign_in(issuer, party))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 12
        assert issuer.count("/.well-known/openid-configuration") == 1
        assert issuer.count("/jwks") == 1


def refused_at(party: RelyingParty, issuer: Issuer) -> None:
    """Begin a sign-in at `issuer`, which has to be refused."""
    with pytest.raises(SignInRefused):
        party.begin(issuer)


def test_a_slow_provider_does_not_hold_up_another() -> None:
    slow = Twist(raw={"/.well-known/openid-configuration": Raw(delay=3.5)})
    with EvilIssuer(slow) as lame, EvilIssuer() as issuer:
        party = RelyingParty(Egress(timeout=3.0))
        thread = threading.Thread(target=refused_at, args=(party, row(lame)))
        thread.start()
        time.sleep(0.1)
        begun = time.monotonic()
        sign_in(issuer, party)
        assert time.monotonic() - begun < 2.5
        thread.join()


@dataclass
class Trickle:
    """A server that sends a header a byte at a time."""

    url: str


@pytest.fixture
def trickle() -> Iterator[Trickle]:
    """Run a `Trickle`."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            for letter in b"HTTP/1.1 200 OK\r\nX-Name: " + b"x" * 60:
                connection.sendall(bytes([letter]))
                time.sleep(0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    yield Trickle(f"http://127.0.0.1:{listener.getsockname()[1]}")
    thread.join()
    listener.close()


def test_the_clock_runs_for_the_whole_exchange(trickle: Trickle) -> None:
    with EvilIssuer() as issuer:
        begun = time.monotonic()
        with pytest.raises(SignInRefused) as refused:
            RelyingParty(QUICK).begin(row(issuer, issuer=trickle.url))
    assert refused.value.reason == "provider-slow"
    assert time.monotonic() - begun < 3


def test_another_issuers_token_is_refused() -> None:
    with EvilIssuer() as honest, EvilIssuer() as evil:
        evil.twist.claims = put(iss=honest.url)
        with pytest.raises(SignInRefused) as refused:
            sign_in(evil)
        assert refused.value.reason == "token-issuer"


def test_a_mixed_up_callback_never_reaches_the_wrong_token_endpoint() -> None:
    with EvilIssuer() as honest, EvilIssuer() as evil:
        honest.twist.callback = put(iss=honest.url)
        party = RelyingParty(STEADY)
        begun = party.begin(row(evil))
        at_honest = party.begin(row(honest))
        params = {**come_back(at_honest.url), "state": begun.pending.state}
        with pytest.raises(SignInRefused) as refused:
            party.finish(row(evil), begun.pending, params)
        assert refused.value.reason == "callback-issuer"
        assert evil.count("/token") == 0


def finish_later(pending: Pending, issuer: EvilIssuer, params: Params) -> str:
    """The reason why finishing `pending` is refused."""
    with pytest.raises(SignInRefused) as refused:
        RelyingParty(STEADY).finish(row(issuer), pending, params)
    return refused.value.reason


def test_state_and_pending_are_held_to_their_rules() -> None:
    with EvilIssuer() as issuer:
        party = RelyingParty(STEADY)
        begun = party.begin(row(issuer))
        params = come_back(begun.url)
        party.finish(row(issuer), begun.pending, params)
        with pytest.raises(SignInRefused) as again:
            party.finish(row(issuer), begun.pending, params)
        assert again.value.reason == "state-reused"
        fresh = party.begin(row(issuer))
        there = come_back(fresh.url)
        old = replace(fresh.pending, created=datetime.now(UTC) - timedelta(minutes=11))
        assert finish_later(old, issuer, there) == "sign-in-too-old"
        ahead = replace(fresh.pending, created=datetime.now(UTC) + timedelta(minutes=2))
        assert finish_later(ahead, issuer, there) == "sign-in-too-old"
        assert finish_later(replace(fresh.pending, state=""), issuer, {**there, "state": ""}) == "state-mismatch"
        assert finish_later(fresh.pending, issuer, {**there, "state": "\ud800"}) == "state-mismatch"
        assert finish_later(fresh.pending, issuer, {**there, "code": "\ud800"}) == "callback-malformed"
        assert finish_later(replace(fresh.pending, nonce="n"), issuer, there) == "token-nonce"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (drop("auth_time"), "token-auth-time"),
        (lambda c: {**c, "auth_time": now() - 200}, "token-auth-time"),
        (put(acr="low"), "token-acr"),
        (drop("acr"), "token-acr"),
        (put(acr=["high"]), "token-malformed"),
    ],
)
def test_a_step_up_that_was_not_made_is_refused(claims: Callable[[Any], Any], reason: str) -> None:
    with EvilIssuer() as issuer:
        issuer.twist.claims = lambda c: claims({**c, "acr": "high"})
        party = RelyingParty(STEADY)
        begun = party.begin(row(issuer), Demand(max_age=60, acr=("high", "higher")))
        query = parse_qs(urlsplit(begun.url).query)
        assert (query["max_age"], query["acr_values"]) == (["60"], ["high higher"])
        with pytest.raises(SignInRefused) as refused:
            party.finish(row(issuer), begun.pending, come_back(begun.url))
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        (["patents", "law"], {"partner", "compliance"}),
        ("law", {"compliance"}),
        (["custodian", "partner", "Patents", "patents "], set()),
        ([["patents"], {"patents": 1}, 7, None], set()),
        ({"patents": True}, set()),
        (None, set()),
    ],
)
def test_only_mapped_roles_count(given: object, roles: set[str]) -> None:
    with EvilIssuer(Twist(claims=put(roles=given))) as issuer:
        assert sign_in(issuer).roles == roles


def test_userinfo_fills_gaps_and_never_overrides() -> None:
    with EvilIssuer(Twist(claims=drop("name"))) as issuer:
        who = sign_in(issuer)
        assert (who.name, who.roles) == ("From userinfo", frozenset({"partner"}))
        issuer.twist.claims = drop("roles")
        who = sign_in(issuer)
        assert (who.name, who.roles) == ("Mallory", frozenset({"compliance"}))


@pytest.mark.parametrize("name", ["", "x" * 256, "a\u202eb", "a\nb", 7, None])
def test_a_name_that_cannot_be_shown_is_not_shown(name: object) -> None:
    with EvilIssuer(Twist(claims=put(name=name))) as issuer:
        assert sign_in(issuer).name == "s-1"


def test_a_provider_that_is_not_there() -> None:
    with EvilIssuer() as issuer:
        gone = row(issuer)
    with pytest.raises(SignInRefused) as refused:
        RelyingParty(STEADY).begin(gone)
    assert refused.value.reason == "provider-unreachable"


def test_ending_the_session() -> None:
    with EvilIssuer() as issuer:
        assert RelyingParty(STEADY).end_session_url(row(issuer), "https://room.example/") is None
        issuer.twist.metadata = lambda m: {**m, "end_session_endpoint": issuer.url + "/out?tenant=a"}
        url = RelyingParty(STEADY).end_session_url(row(issuer), "https://room.example/?x=1&y", "s")
    assert url
    query = parse_qs(urlsplit(url).query)
    assert query == {
        "tenant": ["a"],
        "client_id": ["dataroom"],
        "post_logout_redirect_uri": ["https://room.example/?x=1&y"],
        "state": ["s"],
    }


def test_nothing_secret_shows_in_what_is_printed() -> None:
    with EvilIssuer() as issuer:
        begun = RelyingParty(STEADY).begin(row(issuer))
        shown = repr(begun.pending) + repr(row(issuer))
    for secret in (begun.pending.state, begun.pending.nonce, begun.pending.verifier, "between us"):
        assert secret not in shown


def test_a_sign_in_begun_elsewhere_sends_no_code_anywhere() -> None:
    with EvilIssuer() as honest, EvilIssuer() as evil:
        party = RelyingParty(STEADY)
        begun = party.begin(row(honest))
        with pytest.raises(SignInRefused) as refused:
            party.finish(row(evil), begun.pending, come_back(begun.url))
        assert refused.value.reason == "issuer-mixed-up"
        assert (honest.count("/token"), evil.count("/token")) == (0, 0)
