"""The 12c password verifier: what the user table stores instead of a password.

Source: the O5LOGON exchange as python-oracledb's thin mode speaks it (verifier type 0x4815):
PBKDF2-HMAC-SHA512 over the salt plus a fixed label, then SHA-512, of which 32 bytes are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from dtm.sandbox.kernel.serving import Verifier

DEFAULT_ITERATIONS = 4096
_SALT_BYTES = 16
_LABEL = b"AUTH_PBKDF2_SPEEDY_KEY"


def _derive(password: bytes, salt: bytes, iterations: int) -> bytes:
    key = hashlib.pbkdf2_hmac("sha512", password, salt + _LABEL, iterations, 64)
    return hashlib.sha512(key + salt).digest()[:32]


def make_verifier(password: str, iterations: int = DEFAULT_ITERATIONS) -> Verifier:
    """Return a fresh verifier of `password` (CREATE USER, ALTER USER ... IDENTIFIED BY)."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return Verifier(salt, iterations, _derive(password.encode(), salt, iterations))


def matches(verifier: Verifier, password: bytes) -> bool:
    """Tell in constant time whether `password` (UTF-8) is the one `verifier` was made of."""
    derived = _derive(password, verifier.salt, verifier.iterations)
    return hmac.compare_digest(verifier.hash, derived)
