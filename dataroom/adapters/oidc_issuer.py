"""Who may vouch for whom: the registry row of one organisation's sign-in provider and what passes in and out
of a sign-in.

Everything here is plain frozen data without I/O. The organisation and the ceiling of an `Identity` always
come from the registry row, never from a claim, so a provider can only ever speak for its own company.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlsplit
from uuid import UUID

from dataroom.errors import Invalid, Unauthenticated

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
KEY_AUTH = "private_key_jwt"
KEY_AUTH_ES256 = "private_key_jwt ES256"
_AUTHS = frozenset({"", KEY_AUTH, KEY_AUTH_ES256})
ROLES = frozenset({"custodian", "partner", "compliance"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_NEUTRAL = "The sign-in could not be completed. Please start again, or speak to the person who runs your access."


class SignInRefused(Unauthenticated):
    """A sign-in that did not hold.

    `detail` is a neutral sentence for the person; `reason` is a stable code for the operator's log (such as
    `state-mismatch` or `token-expired`) and is never shown, because it would teach an attacker which check
    stopped him.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(_NEUTRAL)
        self.reason = reason


def is_loopback_http(url: str) -> bool:
    """Whether `url` is plain http to this very machine, which is allowed for the demonstration alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def is_plain_url(url: str, *, loopback: bool) -> bool:
    """Whether `url` may be called or redirected to: https, or loopback http where `loopback` is granted.

    No user information, no fragment, no white space, control or non-ASCII characters, a real host and a sane
    port.
    """
    if len(url) > 2048 or not url.isascii() or any(c <= " " or c in '\\"<>\x7f' for c in url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or "#" in url or port == 0:
        return False
    return is_loopback_http(url) if loopback else parts.scheme == "https"


@dataclass(frozen=True)
class Issuer:
    """One organisation's provider, as the administrator registered it.

    `issuer` is compared character by character. `role_claim` names the claim that carries roles; `role_map`
    turns its values into roles of ours, and a value it does not name gives nothing. `ceiling` is the highest
    tier anyone of this organisation may reach. `slug` and `domains` only serve to find the row when somebody
    wants to sign in. `client_auth` is empty
    where a secret (or nothing) is shown to the provider, `private_key_jwt` where a key of the installation's own signs
    (with ` ES256` behind it one of that algorithm); `pushed` says that requests are pushed there beforehand.
    `country_claim` names the claim of the ID token that says where the person is, if one is trusted to. `hosts` are
    those that may be called for this provider besides its issuer's own.
    Raises `Invalid` when the row itself is unsafe.
    """

    organisation: UUID
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uri: str
    algorithms: tuple[str, ...] = ALGORITHMS
    role_claim: str = "roles"
    role_map: Mapping[str, str] = field(default_factory=dict)
    ceiling: int = 0
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    slug: str = ""
    domains: frozenset[str] = frozenset()
    client_auth: str = ""
    pushed: bool = False
    country_claim: str = ""
    hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Hold the row to its rules and make the mapping unchangeable."""
        local = is_loopback_http(self.issuer)
        if not is_plain_url(self.issuer, loopback=local) or "?" in self.issuer:
            raise Invalid("The issuer must be an https address without query or fragment.")
        if not is_plain_url(self.redirect_uri, loopback=is_loopback_http(self.redirect_uri)):
            raise Invalid("The redirect address must be an https address without fragment.")
        if not self.algorithms or not set(self.algorithms) <= set(ALGORITHMS):
            raise Invalid("Only asymmetric signature algorithms may be registered: " + ", ".join(ALGORITHMS) + ".")
        if not set(self.role_map.values()) <= ROLES:
            raise Invalid("A provider's roles map to custodian, partner or compliance.")
        if not _is_basic(self.client_id, self.client_secret):
            raise Invalid("Client id and secret are printable ASCII, and the id has no colon.")
        if self.client_auth not in _AUTHS or (self.client_auth and self.client_secret is not None):
            raise Invalid("A provider is shown a secret or a key of ours, not both.")
        if "openid" not in self.scopes or self.ceiling < 0:
            raise Invalid("A provider needs the scope openid and a ceiling of zero or more.")
        object.__setattr__(self, "role_map", MappingProxyType(dict(self.role_map)))

    @property
    def local(self) -> bool:
        """Whether this is a demonstration provider on loopback http."""
        return is_loopback_http(self.issuer)

    @property
    def keyed(self) -> bool:
        """Whether the provider is shown a key of the installation's own."""
        return bool(self.client_auth)

    @property
    def client_alg(self) -> str:
        """The algorithm of that key."""
        return "ES256" if self.client_auth == KEY_AUTH_ES256 else "EdDSA"

    @property
    def callable_hosts(self) -> frozenset[str]:
        """Every host that may be called for this provider, as registered; nothing it says of itself adds one."""
        return self.hosts | {urlsplit(self.issuer).hostname or ""}


def _is_basic(client_id: str, secret: str | None) -> bool:
    texts = [client_id] if secret is None else [client_id, secret]
    return ":" not in client_id and all(t and t.isascii() and t.isprintable() for t in texts)


@dataclass(frozen=True)
class Demand:
    """What a sign-in has to prove beyond who: at most `max_age` seconds old, and one of the `acr` classes."""

    max_age: int | None = None
    acr: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pending:
    """A sign-in under way. The caller keeps it on the server, one per session, and hands it out once only."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    issuer: str
    created: datetime
    demand: Demand = Demand()


@dataclass(frozen=True)
class Begin:
    """Where to send the browser, and what to keep until it returns."""

    url: str
    pending: Pending


@dataclass(frozen=True)
class Identity:
    """A person whose sign-in held. The key of a person is (`issuer`, `subject`), never the e-mail address.

    `roles` may be empty: such a person may do nothing. `name` and `email` are for display; the provider
    vouches for them, nobody else does; `proven` is the address if it says to have verified it (`email_verified`),
    else empty. `acr` and `amr` are the class and the methods of the sign-in, `auth_time` is seconds since 1970 or
    None; `claims_digest` is the SHA-256 (hex) of the ID token's claims as signed, for the audit log. `country` is where
    the provider says they are.
    """

    organisation: UUID
    issuer: str
    subject: str
    name: str
    email: str
    roles: frozenset[str]
    ceiling: int
    auth_time: int | None
    acr: str | None
    sid: str | None
    claims_digest: str
    amr: tuple[str, ...] = ()
    proven: str = ""
    country: str | None = None


def organisation_for(text: str, issuers: Iterable[Issuer]) -> Issuer | None:
    """The one provider whose e-mail domain or slug `text` names exactly; None when there is none or more than
    one.

    `text` is an e-mail address or a slug as typed. A subdomain is not its parent. The caller answers a None
    as a provider that does not answer; a hit is seen by being sent there.
    """
    wanted = text.strip().casefold()
    if len(wanted) > 320 or not wanted:
        return None
    local, at, domain = wanted.rpartition("@")
    if at:
        found = [row for row in issuers if local and domain in {d.casefold() for d in row.domains}]
    else:
        found = [row for row in issuers if row.slug and row.slug.casefold() == wanted]
    return found[0] if len(found) == 1 else None
