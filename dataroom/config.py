"""Configuration: one frozen record, one line a setting, from `DATAROOM_*` or the file `DATAROOM_*_FILE` names.

An unknown name, an unreadable file, a missing or malformed value stops the start with a sentence that names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

_PREFIX = "DATAROOM_"
_ELSEWHERE = frozenset({"DEMO", "ORACLES", "CORPUS", "CLI_URL", "CLI_TOKEN", "CLI_TOKEN_FILE", "CLI_CA_FILE"})
"""Names that belong to the demonstration, the conformance tests and the command line."""


class ConfigError(Exception):
    """The configuration cannot be used; the message says which setting and why."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting of the service; sizes in bytes, times in seconds."""

    database_url: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    secret_key: str
    public_url: str
    kms: str = "keyring"
    keyring_file: Path = Path()
    keyring_key_file: Path = Path()
    kms_address: str = ""
    kms_token: str = ""
    kms_role: str = ""
    kms_mount: str = "transit"
    kms_ca_file: Path = Path()
    kms_region: str = ""
    kms_prefix: str = "dataroom"
    kms_access_key: str = ""
    kms_secret_key: str = ""
    shred_hour: int = 2
    s3_region: str = "us-east-1"
    s3_bucket: str = "dataroom"
    s3_versions: str = "kept"
    s3_addressing: str = "path"
    s3_checksums: str = "when_required"
    log_origin: str = "dataroom.example/log"
    upload_limit: int = 2 * 1024**3
    page_renderers: int = 3
    renderer_memory: int = 1536 * 1024**2
    redaction_seconds: int = 1800
    session_idle: int = 30 * 60
    session_absolute: int = 8 * 3600
    proxy_hops: int = 0
    country_source: str = ""
    checkpoint_seconds: int = 60
    sweep_age: int = 24 * 3600
    errand_lease: int = 60
    log_level: str = "INFO"
    access_tokens: str = ""
    access_tokens_unscoped: str = ""
    provider_ca_file: Path = Path()
    provider_private_hosts: str = ""
    sign_in_by: str = "mail"
    limit_person: int = 1800
    limit_token: int = 1200
    limit_address: int = 60
    limit_downloads: int = 4
    limit_exports: int = 2
    tsa_url: str = ""
    tsa_ca_file: Path = Path()
    tsa_policy: str = ""
    anchor_bucket: str = ""
    anchor_endpoint: str = ""
    anchor_region: str = ""
    anchor_access_key: str = ""
    anchor_secret_key: str = field(default="", repr=False)
    anchor_days: int = 3653
    anchor_hours: int = 24
    anchor_warn_hours: int = 72

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Reads the process environment (or `environ`); raises `ConfigError` on the first thing that is wrong."""
        source = os.environ if environ is None else environ
        known = {f.name.upper(): f for f in fields(cls)}
        given = _given(source, set(known))
        values: dict[str, object] = {}
        for name, setting in known.items():
            if name in given:
                values[setting.name] = _convert(name, given[name], str(setting.type))
            elif setting.default is MISSING:
                raise ConfigError(f"{_PREFIX}{name} is not set (nor {_PREFIX}{name}_FILE)")
        config = cls(**values)  # type: ignore[arg-type]
        config._check()
        return config

    def _check(self) -> None:
        parts = urlsplit(self.public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
            raise ConfigError(
                f"{_PREFIX}PUBLIC_URL must be scheme://host[:port] and nothing after it, not even a slash"
            )
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ConfigError(f"{_PREFIX}PUBLIC_URL must be https unless it is this machine's loopback address")
        self._check_kms()
        self._check_words()
        self._check_countries()
        self._check_anchors()
        if len(self.audiences) != len(self.access_tokens.split()) or not all(self.audiences.values()):
            raise ConfigError(f"{_PREFIX}ACCESS_TOKENS lists company=audience, separated by blanks, each company once")
        if not self.unscoped <= set(self.audiences):
            raise ConfigError(f"{_PREFIX}ACCESS_TOKENS_UNSCOPED names companies of {_PREFIX}ACCESS_TOKENS alone")
        if not 0 <= self.shred_hour <= 23:
            raise ConfigError(f"{_PREFIX}SHRED_HOUR must be between 0 and 23 (UTC)")
        if len(self.secret_key) < 32:
            raise ConfigError(f"{_PREFIX}SECRET_KEY must be at least 32 characters")
        for name in (
            "upload_limit",
            "page_renderers",
            "session_idle",
            "session_absolute",
            "checkpoint_seconds",
            "errand_lease",
            "anchor_days",
            "anchor_hours",
            "anchor_warn_hours",
            "limit_person",
            "limit_token",
            "limit_address",
            "limit_downloads",
            "limit_exports",
        ):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{_PREFIX}{name.upper()} must be above zero")

    def _check_words(self) -> None:
        words = {
            "s3_versions": ("kept", "none"),
            "s3_addressing": ("path", "virtual"),
            "s3_checksums": ("when_required", "when_supported"),
            "sign_in_by": ("mail", "link"),
        }
        for name, known in words.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"{_PREFIX}{name.upper()} must be one of {', '.join(known)}")

    def _check_countries(self) -> None:
        kind, _, name = self.country_source.partition(":")
        plain = bool(name) and all(c.isalnum() or c in "-_" for c in name)
        if self.country_source not in {"", "organisation"} and not (kind in {"claim", "header"} and plain):
            raise ConfigError(f"{_PREFIX}COUNTRY_SOURCE must be claim:NAME, header:NAME or organisation")
        if kind == "header" and self.proxy_hops < 1:
            raise ConfigError(f"{_PREFIX}COUNTRY_SOURCE names a header: only a proxy in front may set it (PROXY_HOPS)")

    def _check_anchors(self) -> None:
        if self.tsa_url and not self.tsa_ca_file.name:
            raise ConfigError(f"{_PREFIX}TSA_CA_FILE is not set: a time stamp counts by its authority's certificate")
        if bool(self.anchor_access_key) != bool(self.anchor_secret_key):
            raise ConfigError(f"{_PREFIX}ANCHOR_ACCESS_KEY and {_PREFIX}ANCHOR_SECRET_KEY are given together")
        if self.anchor_bucket and (self.anchor_bucket, self.anchor_endpoint) == (self.s3_bucket, ""):
            raise ConfigError(f"{_PREFIX}ANCHOR_BUCKET must be another bucket than {_PREFIX}S3_BUCKET")

    def _check_kms(self) -> None:
        needed = {
            "keyring": ("keyring_file", "keyring_key_file"),
            "openbao": ("kms_address", "kms_token"),
            "aws": ("keyring_file", "keyring_key_file", "kms_region"),
        }
        if self.kms not in needed:
            raise ConfigError(f"{_PREFIX}KMS must be one of {', '.join(needed)}")
        for name in needed[self.kms]:
            if getattr(self, name) in {"", Path()}:
                raise ConfigError(f"{_PREFIX}{name.upper()} is not set (nor {_PREFIX}{name.upper()}_FILE)")

    @property
    def has_keyring(self) -> bool:
        """Whether keys lie in a local keyring: all of them, or with AWS KMS those that sign."""
        return self.kms != "openbao"

    @property
    def audiences(self) -> dict[str, str]:
        """By company's slug: the audience its provider's access tokens must name. Without an entry none are taken."""
        pairs = (entry.partition("=") for entry in self.access_tokens.split())
        return {slug: audience for slug, _, audience in pairs}

    @property
    def unscoped(self) -> frozenset[str]:
        """The companies whose access tokens without a `scope` claim may do whatever their person may."""
        return frozenset(self.access_tokens_unscoped.split())

    @property
    def private_hosts(self) -> frozenset[str]:
        """The hosts of sign-in providers that may lie in a private network; all others have public addresses."""
        return frozenset(self.provider_private_hosts.split())

    @property
    def country_claim(self) -> str:
        """The claim of the ID token that tells where somebody signs in; empty when another source does, or none."""
        kind, _, name = self.country_source.partition(":")
        return name if kind == "claim" else ""

    def country_told(self, headers: Mapping[str, str]) -> str:
        """The country the proxy in front tells with a request; empty when it tells none, or is not the source."""
        kind, _, name = self.country_source.partition(":")
        told = [value for header, value in headers.items() if header.lower() == name.lower()]
        return told[0] if kind == "header" and len(told) == 1 else ""

    @property
    def secure(self) -> bool:
        """Whether the service is reached over https, so that cookies may demand it."""
        return self.public_url.startswith("https://")


def _given(source: Mapping[str, str], known: set[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for key, value in source.items():
        if not key.startswith(_PREFIX) or key[len(_PREFIX) :] in _ELSEWHERE:
            continue
        name = key[len(_PREFIX) :]
        from_file = name.endswith("_FILE") and name not in known
        name = name[: -len("_FILE")] if from_file else name
        if name not in known:
            raise ConfigError(f"{key} is not a setting of this service")
        if name in given:
            raise ConfigError(f"{_PREFIX}{name} is given twice, directly and as a file")
        given[name] = _read(key, value) if from_file else value
    return given


def _read(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: the file it names cannot be read ({type(error).__name__})") from error


def _convert(name: str, text: str, kind: str) -> object:
    if kind == "int":
        try:
            return int(text)
        except ValueError as error:
            raise ConfigError(f"{_PREFIX}{name} must be a whole number") from error
    if not text:
        raise ConfigError(f"{_PREFIX}{name} is empty")
    return Path(text) if kind == "Path" else text
