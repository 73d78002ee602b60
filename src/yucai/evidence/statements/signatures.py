"""Signed statements: a JWS among the attachments, whose payload must be the statement."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from yucai.evidence.statements.comparing import equivalent
from yucai.evidence.statements.reading import RequestLimits, read_json
from yucai.evidence.statements.refused import RecordRefusedError
from yucai.evidence.statements.rules import statement_faults
from yucai.evidence.statements.versions import Version
from yucai.texts import Text

__all__ = ["SIGNATURE", "SignatureRefusedError", "check_signature"]

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
_ALGORITHMS: Final = ("RS256", "RS384", "RS512")
_JWS = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")

NOT_JWS = Text("it is no JWS in compact form", "不是紧凑格式的 JWS")
OTHER_ALGORITHM = Text("its algorithm must be RS256, RS384 or RS512", "算法须为 RS256、RS384 或 RS512")
NO_STATEMENT = Text("its payload is no statement", "其载荷不是陈述")
OTHER_STATEMENT = Text("its payload is another statement", "其载荷是另一条陈述")
BAD_CERTIFICATE = Text(
    "its certificate (x5c) cannot be read, or has no RSA key", "证书（x5c）无法读取，或其密钥不是 RSA"
)
NOT_BY_CERTIFICATE = Text("it was not made with the key of its certificate (x5c)", "签名并非由其证书（x5c）的密钥所签")
CANNOT_CHECK = Text(
    "it has a certificate, and the package cryptography that checks it is missing here",
    "签名带有证书，但此处缺少用于验证的 cryptography 软件包",
)


class SignatureRefusedError(RecordRefusedError):
    """A signature that is none of this statement."""

    says = Text("The signature of the statement does not hold: {reason}.", "该陈述的签名无效：{reason}。")


def check_signature(statement: dict[str, Any], signature: bytes, *, version: Version, limits: RequestLimits) -> None:
    """Refuse a signature that is not of this statement.

    The payload must be a statement equal to this one as it was before the signature was attached. Where the signature
    brings certificates, it must have been made with the key of the first; whether that certificate is to be trusted is
    for the reader to say. Without one, nobody is named whose key could be asked.
    """
    found = _JWS.fullmatch(signature.strip(b" \t\r\n"))
    if found is None:
        raise SignatureRefusedError(reason=NOT_JWS)
    header = _json(found[1], limits, NOT_JWS)
    if not isinstance(header, dict) or header.get("alg") not in _ALGORITHMS:
        raise SignatureRefusedError(reason=OTHER_ALGORITHM)
    payload = _json(found[2], limits, NO_STATEMENT)
    if statement_faults(payload, version=version):
        raise SignatureRefusedError(reason=NO_STATEMENT)
    ids = [one["id"].lower() for one in (payload, statement) if "id" in one]
    if len(set(ids)) > 1 or not equivalent(payload, statement, ignoring=frozenset({"attachments"})):
        raise SignatureRefusedError(reason=OTHER_STATEMENT)
    if "x5c" in header:
        _check_certificate(header["x5c"], found, header["alg"])


def _json(segment: bytes, limits: RequestLimits, reason: Text) -> Any:
    try:
        return read_json(_bytes(segment), limits=limits)
    except (RecordRefusedError, binascii.Error):
        raise SignatureRefusedError(reason=reason) from None


def _bytes(segment: bytes) -> bytes:
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def _check_certificate(chain: object, jws: re.Match[bytes], algorithm: str) -> None:
    try:
        # Comes with the web part; statements can be read without it.
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError:
        raise SignatureRefusedError(reason=CANNOT_CHECK) from None
    digests = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
    try:
        first = chain[0] if isinstance(chain, list) and chain else None
        certificate = x509.load_der_x509_certificate(base64.b64decode(str(first), validate=True))
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureRefusedError(reason=BAD_CERTIFICATE) from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureRefusedError(reason=BAD_CERTIFICATE)
    try:
        key.verify(_bytes(jws[3]), jws[1] + b"." + jws[2], padding.PKCS1v15(), digests[algorithm])
    except (InvalidSignature, binascii.Error):
        raise SignatureRefusedError(reason=NOT_BY_CERTIFICATE) from None
