"""Passkeys (WebAuthn, level 2): a key on a device, opened by its owner, signs a challenge that is asked once."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from django.db import transaction
from django.http import HttpRequest
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.factor_models import Passkey
from yucai.web.accounts.factors import first_codes, settle_factor
from yucai.web.accounts.keys import digest_of
from yucai.web.accounts.models import Account
from yucai.web.accounts.sign_in_models import SignIn

__all__ = ["PasskeyError", "account_of_passkey", "add_passkey", "ask_for_passkey", "offer_passkey"]

CHALLENGE: Final = "passkey_challenge"
MOST_BYTES: Final = 20_000
MOST_NAME: Final = 100


class PasskeyError(YucaiError):
    """What a device answered is no right answer to what it was asked."""

    says = Text(
        "The passkey was not taken: it is not known here, or the question it answers was asked too long ago. Try once "
        "more, or sign in another way.",
        "通行密钥未被接受：此处没有登记该密钥，或验证已超时。请再试一次，或改用其他方式登录。",
    )


def offer_passkey(request: HttpRequest, account: Account) -> str:
    """Return what a browser is asked so that a device makes a key for an account, as JSON."""
    options = generate_registration_options(
        rp_id=_host(request),
        rp_name="Yucai 育才",
        user_id=bytes.fromhex(digest_of("passkey user", str(account.pk))),  # a device learns no number of ours
        user_name=account.username,
        user_display_name=account.username,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential))
            for one in Passkey.objects.filter(account=account)
        ],
    )
    request.session[CHALLENGE] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


@transaction.atomic
def add_passkey(
    request: HttpRequest, account: Account, *, answer: str, name: str, row: SignIn, at: datetime
) -> tuple[str, ...]:
    """Keep the public half of a key that a device made; return recovery codes where the account had none.

    Raises PasskeyError.
    """
    try:
        made = verify_registration_response(
            credential=_read(answer),
            expected_challenge=_challenge(request),
            expected_rp_id=_host(request),
            expected_origin=_origin(request),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as problem:
        raise PasskeyError from problem
    credential = bytes_to_base64url(made.credential_id)
    if Passkey.objects.filter(credential=credential).exists():
        raise PasskeyError
    Passkey.objects.create(
        account=account,
        credential=credential,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name.strip()[:MOST_NAME] or "Passkey",
        made_at=at,
    )
    codes = first_codes(account)
    settle_factor(account=account, row=row, kind="passkey", at=at)
    return codes


def ask_for_passkey(request: HttpRequest) -> str:
    """Return what a browser is asked so that a device shows a key it has for these pages, as JSON; names nobody."""
    options = generate_authentication_options(
        rp_id=_host(request), user_verification=UserVerificationRequirement.REQUIRED
    )
    request.session[CHALLENGE] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


@transaction.atomic
def account_of_passkey(request: HttpRequest, *, answer: str, at: datetime) -> Account:
    """Return the account whose key signed the challenge, which is asked once. Raises PasskeyError.

    A counter that does not grow, where a device counts, means that a key was copied: it is refused.
    """
    try:
        said, challenge = _read(answer), _challenge(request)
        found = Passkey.objects.select_for_update().select_related(None).filter(credential=str(said["id"])).first()
        if found is None:
            raise PasskeyError
        shown = verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_host(request),
            expected_origin=_origin(request),
            credential_public_key=bytes(found.public_key),
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as problem:
        raise PasskeyError from problem
    Passkey.objects.filter(pk=found.pk).update(sign_count=shown.new_sign_count, used_at=at)
    account: Account = found.account
    if not account.is_active:
        raise PasskeyError
    return account


def _read(answer: str) -> dict[str, object]:
    if len(answer) > MOST_BYTES:
        raise ValueError("too long")
    said = json.loads(answer)
    if not isinstance(said, dict):
        raise TypeError("no object")
    return said


def _challenge(request: HttpRequest) -> bytes:
    """Return the challenge of this browser, once."""
    return base64url_to_bytes(request.session.pop(CHALLENGE))


def _host(request: HttpRequest) -> str:
    return request.get_host().rsplit(":", 1)[0]


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
