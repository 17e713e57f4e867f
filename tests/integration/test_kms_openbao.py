"""OpenBao beyond the contract: how it is reached, who signs in, and what its silence means."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import pytest

from dataroom.adapters.kms_openbao import OpenBaoKms
from dataroom.errors import Invalid, KeyDestroyed, Unavailable
from tests.openbao import Bao, openbao, start_openbao

__all__ = ["openbao"]

SECRET = b"a key-encryption key of 32 bytes"
POLICY = """
path "{0}/keys/*" {{ capabilities = ["create", "read", "update", "delete"] }}
path "{0}/encrypt/*" {{ capabilities = ["update"] }}
path "{0}/decrypt/*" {{ capabilities = ["update"] }}
path "{0}/sign/*" {{ capabilities = ["update"] }}
path "{0}/config/keys" {{ capabilities = ["read"] }}
"""


@pytest.mark.parametrize("address", ["http://kms.example:8200", "ftp://127.0.0.1", "127.0.0.1:8200", ""])
def test_only_https_leaves_this_machine(address: str) -> None:
    with pytest.raises(Invalid):
        OpenBaoKms(address, "token")


def test_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        kms = OpenBaoKms(f"http://127.0.0.1:{held.getsockname()[1]}", "token")
        for act in (lambda: kms.exists("s-1"), lambda: kms.create("s-1"), lambda: kms.destroy("s-1")):
            with pytest.raises(Unavailable):
                act()


def test_an_answer_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataroom.adapters.kms_openbao._SECONDS", (0.5, 0.5))
    with socket.create_server(("127.0.0.1", 0)) as server:
        kms = OpenBaoKms(f"http://127.0.0.1:{server.getsockname()[1]}", "token")
        with pytest.raises(Unavailable):
            kms.unwrap("s-1", b"vault:v1:AAAA")


def test_a_wrong_token_is_never_a_destroyed_key(openbao: Bao) -> None:
    mount = openbao.mount()
    kms = OpenBaoKms(openbao.address, openbao.token, mount)
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    stranger = OpenBaoKms(openbao.address, "not-a-token", mount)
    for act in (lambda: stranger.unwrap("s-1", blob), lambda: stranger.exists("s-1"), lambda: stranger.destroy("s-1")):
        with pytest.raises(Unavailable):
            act()
    with pytest.raises(Unavailable):
        OpenBaoKms(openbao.address, openbao.token, "no-such-mount").unwrap("s-1", blob)
    assert kms.unwrap("s-1", blob) == SECRET


def test_a_sealed_or_stopped_server_is_unavailable(tmp_path: Path) -> None:
    note, stop = start_openbao(tmp_path)
    bao = Bao(**note)
    kms = bao.kms()
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    assert bao.ask("PUT", "sys/seal").status_code == 204
    with pytest.raises(Unavailable):
        kms.unwrap("s-1", blob)
    stop()
    with pytest.raises(Unavailable):
        kms.unwrap("s-1", blob)


def test_an_approle_signs_in_and_again_when_its_token_has_run_out(openbao: Bao) -> None:
    mount, role = openbao.mount(), f"role-{secrets.token_hex(4)}"
    openbao.ask("POST", "sys/auth/approle", type="approle")
    openbao.ask("POST", f"{mount}/config/keys", disable_upsert=True)
    openbao.ask("PUT", f"sys/policies/acl/{role}", policy=POLICY.format(mount))
    openbao.ask("POST", f"auth/approle/role/{role}", token_policies=role, token_ttl="1h")
    role_id = openbao.ask("GET", f"auth/approle/role/{role}/role-id").json()["data"]["role_id"]
    secret = openbao.ask("POST", f"auth/approle/role/{role}/secret-id").json()["data"]["secret_id"]
    kms = OpenBaoKms(openbao.address, secret, mount, role_id)
    kms.create("s-1")
    blob = kms.wrap("s-1", SECRET)
    openbao.ask("POST", "auth/token/revoke", token=kms._token)
    assert kms.unwrap("s-1", blob) == SECRET
    kms.rotate("s-1")
    newer = kms.wrap("s-1", SECRET)
    kms.trim("s-1", newer)
    with pytest.raises(KeyDestroyed):
        kms.unwrap("s-1", blob)
    kms.disable("s-1")
    kms.enable("s-1")
    kms.create_signing("log")
    assert len(kms.sign("log", b"checkpoint")) == 64
    kms.destroy("s-1")
    with pytest.raises(KeyDestroyed):
        kms.unwrap("s-1", newer)
    with pytest.raises(Unavailable):
        OpenBaoKms(openbao.address, "wrong", mount, role_id).exists("s-1")


def test_wrapping_needs_a_server_that_makes_no_keys_on_demand(openbao: Bao) -> None:
    """Who may not change that setting and finds it open does not wrap."""
    mount, name = openbao.mount(), f"p-{secrets.token_hex(4)}"
    openbao.ask("PUT", f"sys/policies/acl/{name}", policy=POLICY.format(mount))
    token = openbao.ask("POST", "auth/token/create", policies=[name]).json()["auth"]["client_token"]
    kms = OpenBaoKms(openbao.address, token, mount)
    kms.create("s-1")
    with pytest.raises(Unavailable):
        kms.wrap("s-1", SECRET)
    openbao.ask("POST", f"{mount}/config/keys", disable_upsert=True)
    assert kms.unwrap("s-1", kms.wrap("s-1", SECRET)) == SECRET


def test_no_version_comes_back_after_a_trim(openbao: Bao) -> None:
    """Not even for root, who lowers the bounds again."""
    mount = openbao.mount()
    kms = OpenBaoKms(openbao.address, openbao.token, mount)
    kms.create("s-1")
    old = kms.wrap("s-1", SECRET)
    kms.rotate("s-1")
    kms.trim("s-1", kms.wrap("s-1", SECRET))
    openbao.ask("POST", f"{mount}/keys/s-1/config", min_decryption_version=1, min_encryption_version=0)
    with pytest.raises(KeyDestroyed):
        kms.unwrap("s-1", old)
    assert openbao.ask("POST", f"{mount}/keys/s-1/trim", min_available_version=1).status_code == 400
