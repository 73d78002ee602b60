"""A passkey device in software: makes a key and signs challenges as WebAuthn, level 2, section 6 lays down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One device with one key; its counter goes up with each signature."""

    host: str = "testserver"
    origin: str = "http://testserver"
    flags: int = PRESENT | VERIFIED
    credential: bytes = b"c" * 32
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def made(self, challenge: str) -> str:
        """Answer the question for a new key."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        of_key = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(public)
        whole = {"fmt": "none", "attStmt": {}, "authData": self._data(WITH_KEY) + of_key}
        return self._said({"attestationObject": cbor2.dumps(whole)}, "webauthn.create", challenge)

    def shown(self, challenge: str) -> str:
        """Answer the question for the key."""
        self.count += 1
        data = self._data()
        signed = data + hashlib.sha256(self._client("webauthn.get", challenge)).digest()
        answer = {"authenticatorData": data, "signature": self.key.sign(signed, ec.ECDSA(SHA256()))}
        return self._said(answer, "webauthn.get", challenge)

    def _data(self, more: int = 0) -> bytes:
        flags = bytes([self.flags | more])
        return hashlib.sha256(self.host.encode()).digest() + flags + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _said(self, answer: dict[str, bytes], kind: str, challenge: str) -> str:
        answer |= {"clientDataJSON": self._client(kind, challenge)}
        named = bytes_to_base64url(self.credential)
        response = {name: bytes_to_base64url(value) for name, value in answer.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
