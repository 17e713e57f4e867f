"""The composition root: the one place that knows every adapter and puts the house together."""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from dataroom import api, web
from dataroom.actions import catalogue
from dataroom.actions.backups import check_accepted
from dataroom.actions.context import Services
from dataroom.actions.gate import Gate
from dataroom.actions.inforce import check_law
from dataroom.adapters.bearer_jwt import AccessTokens
from dataroom.adapters.database import Database, connect
from dataroom.adapters.kms_aws import AwsKms
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.adapters.kms_openbao import OpenBaoKms
from dataroom.adapters.oidc import ClientKeys, Egress, RelyingParty
from dataroom.adapters.paper import Paper
from dataroom.adapters.s3_client import S3Settings
from dataroom.adapters.s3_locked import LockedBucket
from dataroom.adapters.s3_unversioned import object_store
from dataroom.adapters.sandbox import Sandbox
from dataroom.adapters.timestamps import TimeStamper
from dataroom.adapters.witness_http import Courier
from dataroom.cli import anchors, cli, grants, witnesses
from dataroom.cli.backup import add_commands as add_backup_commands
from dataroom.cli.checking import adopt_command, check_command, sweep_command
from dataroom.cli.demo import demo
from dataroom.cli.keys import add_commands as add_key_commands
from dataroom.cli.operate import Operator, operate
from dataroom.clock import Clock, SystemClock
from dataroom.config import Config
from dataroom.logs import configure
from dataroom.vault.keys import KekCache, Kms
from policies.engine import Law

KEK_SECONDS = 300

__all__ = ["anchors", "build", "catalogue", "create_app", "grants", "main", "witnesses"]


def build(config: Config, clock: Clock | None = None) -> Services:
    """Every part of the house for `config`, connected to but not yet used; safe to call before a fork."""
    clock = clock or SystemClock()
    kms = key_service(config)
    store = object_store(data_bucket(config))
    sandbox = Sandbox(
        size=config.page_renderers,
        memory=config.renderer_memory,
        heavy_seconds=float(config.redaction_seconds),
    )
    return Services(
        config=config,
        clock=clock,
        database=Database(connect(config.database_url)),
        law=Law.load(),
        store=store,
        kms=kms,
        keks=KekCache(kms, KEK_SECONDS, clock),
        workshop=sandbox,
        paper=Paper(),
        courier=Courier(),
        stamps=TimeStamper(config.tsa_url, config.tsa_ca_file, config.tsa_policy) if config.tsa_url else None,
        access=AccessTokens(to_providers(config)) if config.audiences else None,
        locked=LockedBucket(anchor_bucket(config)) if config.anchor_bucket else None,
    )


def data_bucket(config: Config) -> S3Settings:
    """Where `config` has the objects kept."""
    return S3Settings(
        config.s3_endpoint,
        config.s3_bucket,
        config.s3_access_key,
        config.s3_secret_key,
        config.s3_region,
        addressing=config.s3_addressing,
        checksums=config.s3_checksums,
        versions=config.s3_versions,
    )


def anchor_bucket(config: Config) -> S3Settings:
    """Where `config` has anchors locked: like the data bucket in everything not said otherwise."""
    data = data_bucket(config)
    return replace(
        data,
        bucket=config.anchor_bucket,
        endpoint=config.anchor_endpoint or data.endpoint,
        region=config.anchor_region or data.region,
        access_key=config.anchor_access_key or data.access_key,
        secret_key=config.anchor_secret_key or data.secret_key,
        versions="kept",
    )


def to_providers(config: Config) -> Egress:
    """How sign-in providers are reached, and whose certificates count there."""
    trusted = str(config.provider_ca_file) if config.provider_ca_file.name else None
    return Egress(private_hosts=config.private_hosts, ca_file=trusted)


def key_service(config: Config) -> Kms:
    """The key service `config` names."""
    if config.kms == "openbao":
        return OpenBaoKms(config.kms_address, config.kms_token, config.kms_mount, config.kms_role, config.kms_ca_file)
    keyring = KeyringKms(config.keyring_file, config.keyring_key_file)
    if config.kms == "aws":
        keys = (config.kms_access_key, config.kms_secret_key) if config.kms_access_key else None
        return AwsKms(keyring, config.kms_region, config.kms_prefix, config.kms_address, keys)
    return keyring


def create_app(config: Config, services: Services | None = None) -> Flask:
    """The WSGI application: pages, API and health, all behind one gate."""
    configure(config.log_level)
    services = services or build(config)
    gate = Gate(services)
    app = Flask("dataroom", static_folder=None, template_folder=None)
    app.config.update(SECRET_KEY=config.secret_key, MAX_FORM_MEMORY_SIZE=500_000, MAX_FORM_PARTS=200)
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    api.register(app, gate, services)
    web.register(app, gate, services, RelyingParty(to_providers(config), keys=ClientKeys(services.kms)))
    logging.getLogger("dataroom").info("started", extra={"law": services.law.digest})
    return app


def serve() -> Flask:
    """The application as a web process of its own runs it: whatever draws pages is started ahead.

    Not after a restore whose losses nobody has accepted.
    """
    config = Config.from_env()
    services = build(config)
    check_accepted(services)
    check_law(services)
    services.workshop.begin()
    return create_app(config, services)


def main() -> None:
    """The command `dataroom`."""
    add_key_commands(operate)
    add_backup_commands(cli, operate)
    cli.add_command(operate)
    cli.add_command(check_command)
    cli.add_command(sweep_command)
    operate.add_command(adopt_command)
    cli.add_command(demo)
    cli(obj=Operator(build=build, gate=Gate))
