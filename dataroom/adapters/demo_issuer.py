"""A demonstration sign-in provider of one company: `python -m dataroom.adapters.demo_issuer --config FILE
--port N`.

Anyone who reaches it may be anyone of that company, so it starts only with DATAROOM_DEMO=1 in the environment
and only on a loopback address. The configuration is one JSON object: company, issuer
(`http://127.0.0.1:PORT`), client_id, client_secret (a string or null), redirect_uris, people (each sub, name,
email, roles, title) and, if wanted, algorithm (ES256 or RS256), post_logout_redirect_uris and
backchannel_logout_uri (where log-out tokens are sent). The signing key
is made at the first start and kept beside the configuration, readable by its owner alone. Exit status 2 means
that it refused to start.
"""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from gunicorn.app.base import BaseApplication
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from dataroom.adapters.demo_issuer_server import Company, Person
from dataroom.adapters.demo_issuer_web import build_app
from dataroom.adapters.oidc_issuer import LOOPBACK, is_loopback_http, is_plain_url
from dataroom.errors import Invalid

_ADDRESSES = LOOPBACK - {"localhost"}


@dataclass(frozen=True)
class Settings:
    """The configuration file as written; `read_settings` holds it to its rules."""

    company: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    people: tuple[Person, ...]
    algorithm: str = "ES256"
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None


def read_settings(path: Path) -> Settings:
    """The settings in `path`. Raises `Invalid` for anything missing, unknown or unsafe."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["people"] = tuple(Person(**{**p, "roles": tuple(p["roles"])}) for p in raw["people"])
        for name in ("redirect_uris", "post_logout_redirect_uris"):
            raw[name] = tuple(raw.get(name, ()))
        settings = Settings(**raw)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(f"The configuration is not usable: {error}") from error
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    texts = [settings.company, settings.client_id, settings.issuer, settings.algorithm]
    texts += [text for p in settings.people for text in (p.sub, p.name, p.email, p.title, *p.roles)]
    told = [settings.backchannel_logout_uri] if settings.backchannel_logout_uri is not None else []
    texts += [*settings.redirect_uris, *settings.post_logout_redirect_uris, *told]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise Invalid("Every value of the configuration is a non-empty string.")
    parts = urlsplit(settings.issuer)
    if not is_loopback_http(settings.issuer) or parts.path or parts.query or parts.fragment or not parts.port:
        raise Invalid("The issuer must be http on a loopback address with a port and nothing after it.")
    for uri in (*settings.redirect_uris, *settings.post_logout_redirect_uris, *told):
        if not is_plain_url(uri, loopback=is_loopback_http(uri)):
            raise Invalid("A redirect address must be https, or http on a loopback address.")
    if not settings.redirect_uris or not settings.people:
        raise Invalid("A redirect address and a person are needed.")
    if len({p.sub for p in settings.people}) != len(settings.people):
        raise Invalid("Two people have the same sub.")
    if settings.algorithm not in ("ES256", "RS256"):
        raise Invalid("The algorithm is ES256 or RS256.")


def own_key(path: Path, algorithm: str) -> ECKey | RSAKey:
    """The signing key in `path`, made there (mode 0600) when there is none. Raises `Invalid` if others could
    read it.
    """
    if not path.exists():
        made = ECKey.generate_key("P-256") if algorithm == "ES256" else RSAKey.generate_key(2048)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump({**made.as_dict(private=True), "kid": made.thumbprint()}, out)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Invalid("The signing key may be readable by its owner alone.")
    try:
        key = import_key(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, JoseError) as error:
        raise Invalid("The signing key cannot be read.") from error
    wanted: type[ECKey] | type[RSAKey] = ECKey if algorithm == "ES256" else RSAKey
    if not isinstance(key, wanted):
        raise Invalid("The signing key does not fit the algorithm.")
    return key


def create_app(config: Path) -> Flask:
    """The provider described by the file `config`, with its key beside it."""
    settings = read_settings(config)
    key = own_key(config.with_name(config.stem + ".key.json"), settings.algorithm)
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    return build_app(Company(key=key, **values))


def check_surroundings(environment: Mapping[str, str], host: str, port: int, issuer: str) -> None:
    """Raise `Invalid` unless this is a demonstration, on loopback, at the address its issuer names."""
    if environment.get("DATAROOM_DEMO") != "1":
        raise Invalid("This is for demonstrations only: it starts with DATAROOM_DEMO=1 and never otherwise.")
    if host not in _ADDRESSES:
        raise Invalid("The demonstration sign-in listens on a loopback address only.")
    if urlsplit(issuer).port != port:
        raise Invalid("The port differs from that of the issuer.")


class _Service(BaseApplication):  # type: ignore[misc]
    """One worker, several threads: what is remembered between two requests is in that worker's memory."""

    def __init__(self, app: Flask, bind: str) -> None:
        self._app, self._bind = app, bind
        super().__init__()

    def load_config(self) -> None:
        """Set what is needed; nothing is read from the command line or the environment."""
        wanted = {
            "bind": self._bind,
            "workers": 1,
            "threads": 4,
            "worker_class": "gthread",
            "control_socket_disable": True,
            "loglevel": "warning",
            "timeout": 30,
            "graceful_timeout": 2,
        }
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The WSGI application."""
        return self._app


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended. Returns 2 after saying why when it refuses to start."""
    parser = argparse.ArgumentParser(description="Demonstration sign-in of one company. Not for real use.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args(arguments)
    try:
        check_surroundings(os.environ, given.host, given.port, read_settings(given.config).issuer)
        app = create_app(given.config)
    except Invalid as refusal:
        sys.stderr.write(refusal.detail + "\n")
        return 2
    host = f"[{given.host}]" if ":" in given.host else given.host
    _Service(app, f"{host}:{given.port}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
