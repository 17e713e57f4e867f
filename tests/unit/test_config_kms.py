"""Which key service is configured, and what a wrong setting says."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataroom.adapters.kms_aws import AwsKms
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.adapters.kms_openbao import OpenBaoKms
from dataroom.app import key_service
from dataroom.config import Config, ConfigError

BASE = {
    "DATAROOM_DATABASE_URL": "sqlite:///room.db",
    "DATAROOM_S3_ENDPOINT": "http://127.0.0.1:1",
    "DATAROOM_S3_ACCESS_KEY": "id",
    "DATAROOM_S3_SECRET_KEY": "key",
    "DATAROOM_SECRET_KEY": "x" * 32,
    "DATAROOM_PUBLIC_URL": "http://localhost",
}
BAO = {"DATAROOM_KMS": "openbao", "DATAROOM_KMS_ADDRESS": "http://127.0.0.1:8200", "DATAROOM_KMS_TOKEN": "token"}


@pytest.fixture
def ring(tmp_path: Path) -> dict[str, str]:
    """Settings of a keyring that is there."""
    file, key = tmp_path / "ring.json", tmp_path / "master.key"
    KeyringKms.create_new(file, key)
    return {"DATAROOM_KEYRING_FILE": str(file), "DATAROOM_KEYRING_KEY_FILE": str(key)}


def test_each_service_is_composed(ring: dict[str, str]) -> None:
    aws = {"DATAROOM_KMS": "aws", "DATAROOM_KMS_REGION": "eu-central-1"}
    assert type(key_service(Config.from_env(BASE | ring))) is KeyringKms
    assert type(key_service(Config.from_env(BASE | BAO))) is OpenBaoKms
    assert type(key_service(Config.from_env(BASE | ring | aws))) is AwsKms
    assert not Config.from_env(BASE | BAO).has_keyring


def test_a_token_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n")
    given = {name: value for name, value in BAO.items() if not name.endswith("TOKEN")}
    config = Config.from_env(BASE | given | {"DATAROOM_KMS_TOKEN_FILE": str(file), "DATAROOM_KMS_CA_FILE": str(file)})
    assert (config.kms_token, config.kms_ca_file) == ("from-a-file", file)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "KEYRING_FILE"),
        ({"DATAROOM_KEYRING_FILE": "ring"}, "KEYRING_KEY_FILE"),
        ({"DATAROOM_KMS": "vault"}, "KMS must be one of"),
        ({"DATAROOM_KMS": "openbao"}, "KMS_ADDRESS"),
        ({"DATAROOM_KMS": "openbao", "DATAROOM_KMS_ADDRESS": "https://kms.example"}, "KMS_TOKEN"),
        ({"DATAROOM_KMS": "aws"}, "KEYRING_FILE"),
        (BAO | {"DATAROOM_SHRED_HOUR": "24"}, "SHRED_HOUR"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        Config.from_env(BASE | given)
