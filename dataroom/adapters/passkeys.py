"""A person's own key (WebAuthn): what the browser is asked, and whether its answer holds.

The key is bound to the host of the service's public address and asks for a finger, a face or a PIN (user verification);
no attestation is wanted, so no maker is told and none preferred.
Law: W3C Web Authentication Level 3, sections 7.1 and 7.2.
"""

from __future__ import annotations

import base64
import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from dataroom.errors import Refused

ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
CODE = "key-refused"
_TIMEOUT = 120_000
_LONGEST = 1023
_VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True)
class Made:
    """A key the browser has made: its id, its public key (COSE) and its count of uses."""

    credential: bytes
    public_key: bytes
    count: int


class Passkeys:
    """Asks browsers for keys of one site. `usable` is false where the site has no name, since keys belong to names."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._origin, self._site = public_url.rstrip("/"), parts.hostname or ""
        self.usable = not _is_address(self._site)

    def creation(self, challenge: bytes, person: uuid.UUID, email: str, name: str, known: Sequence[bytes]) -> str:
        """What `navigator.credentials.create` is given, as JSON; `known` are the credentials there are already."""
        options = generate_registration_options(
            rp_id=self._site,
            rp_name="Data room",
            user_id=person.bytes,
            user_name=email,
            user_display_name=name,
            challenge=challenge,
            timeout=_TIMEOUT,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=_VERIFIED
            ),
            exclude_credentials=_listed(known),
            supported_pub_key_algs=ALGORITHMS,
        )
        return options_to_json(options)

    def created(self, challenge: bytes, answer: Mapping[str, Any]) -> Made:
        """The key in the browser's answer; `Refused` when it does not answer `challenge` for this site."""
        try:
            made = verify_registration_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        except Exception as error:
            raise Refused("The key's answer does not hold; try again.", code=CODE) from error
        if not 16 <= len(made.credential_id) <= _LONGEST:
            raise Refused("The key's answer does not hold; try again.", code=CODE)
        return Made(made.credential_id, made.credential_public_key, made.sign_count)

    def request(self, challenge: bytes, known: Sequence[bytes]) -> str:
        """What `navigator.credentials.get` is given, as JSON; `known` are the person's credentials."""
        options = generate_authentication_options(
            rp_id=self._site,
            challenge=challenge,
            timeout=_TIMEOUT,
            allow_credentials=_listed(known),
            user_verification=_VERIFIED,
        )
        return options_to_json(options)

    def shown(self, challenge: bytes, answer: Mapping[str, Any], public_key: bytes) -> int:
        """The count of uses the key tells; `Refused` unless the answer is `public_key`'s to `challenge` for this site.

        Whether the count has gone on is for whoever keeps it to judge.
        """
        try:
            return verify_authentication_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                credential_public_key=public_key,
                credential_current_sign_count=-1,
                require_user_verification=True,
            ).new_sign_count
        except Exception as error:
            raise Refused("The key's answer does not hold; try again.", code=CODE) from error


def named(answer: Mapping[str, Any]) -> bytes:
    """The id of the credential an answer says it is of; empty when it says none."""
    given = answer.get("id")
    if not isinstance(given, str) or len(given) > 2 * _LONGEST:
        return b""
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _listed(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in known]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
