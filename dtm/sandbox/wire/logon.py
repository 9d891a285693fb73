"""O5LOGON with a 12c verifier, server side: both phases, and changing a password.

Phase one sends an AES-encrypted half key and the verifier's parameters; the client proves that it
knows the password by sending its own half and the password under the combined key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dtm.sandbox.kernel.passwords import make_verifier, matches
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.kernel.serving import Verifier
from dtm.sandbox.wire.codec import Reader, Writer
from dtm.sandbox.wire.packets import Disconnected
from dtm.sandbox.wire.protocol import Message

_VERIFIER_12C = 0x4815
_SESSION_KEY_ROUNDS = 3
_BLOCK = 16
_MAX_PAIRS = 256
RELEASE = 19
_VERSION_NUMBER = RELEASE << 24
_TEXT_FIELDS = {
    "AUTH_PROGRAM_NM": "program",
    "AUTH_MACHINE": "machine",
    "AUTH_SID": "osuser",
    "AUTH_TERMINAL": "terminal",
    "AUTH_PID": "process",
    "AUTH_ALTER_SESSION": "alter_session",
    "AUTH_ORA_EDITION": "edition",
    "SESSION_CLIENT_DRIVER_NAME": "driver",
    "PROXY_CLIENT_NAME": "proxy_client",
}

Triple = tuple[str, str, int]  # key, value, flags


def _aes(key: bytes, data: bytes, *, decrypt: bool = False) -> bytes:
    """AES-CBC with a zero vector, as the protocol has it (each plaintext begins with salt)."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK)))
    operation = cipher.decryptor() if decrypt else cipher.encryptor()
    return operation.update(data) + operation.finalize()


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """An authentication message: user as the data dictionary has it, logon mode, parameters."""

    user: str
    mode: int
    parameters: dict[str, str]

    def attributes(self) -> dict[str, str]:
        """Session attributes the client sent, by the names of `SessionContext.attributes`."""
        found = {
            name: self.parameters[key].rstrip("\0")
            for key, name in _TEXT_FIELDS.items()
            if self.parameters.get(key)
        }
        return found | {"logon_mode": str(self.mode)}


def read_auth(reader: Reader) -> AuthRequest:
    """Read the body of an authentication function of either phase."""
    has_user = reader.u8()
    size, mode = reader.integer(), reader.integer()
    reader.u8()
    count = reader.integer()
    reader.raw(2)
    user = reader.text(reader.chunk()) if has_user and size else ""
    if count > _MAX_PAIRS:
        raise Disconnected(f"{count} authentication parameters")
    parameters = {}
    for _ in range(count):
        key = reader.text(reader.sized_chunk())
        parameters[key] = reader.text(reader.sized_chunk())
        reader.integer()
    quoted = len(user) > 1 and user[0] == user[-1] == '"'
    return AuthRequest(user[1:-1] if quoted else user.upper(), mode, parameters)


def pairs_answer(triples: list[Triple]) -> Writer:
    """An answer of key/value pairs, closed by a status."""
    out = Writer().u8(Message.PARAMETER).integer(len(triples))
    for key, value, flags in triples:
        out.sized_chunk(key).sized_chunk(value).integer(flags)
    return out.u8(Message.STATUS).integer(0).integer(0)


class Logon:
    """One client's logon. An unknown user gets the same exchange over a made-up verifier."""

    def __init__(self, verifier: Verifier | None) -> None:
        self.known = verifier is not None
        self._verifier = verifier or make_verifier(secrets.token_hex(16))
        self._half = secrets.token_bytes(32)
        self._salt = secrets.token_bytes(16)
        self._key = b""

    def challenge(self) -> Writer:
        """The answer of phase one."""
        verifier = self._verifier
        return pairs_answer(
            [
                ("AUTH_SESSKEY", _aes(verifier.hash, self._half).hex().upper(), 1),
                ("AUTH_VFR_DATA", verifier.salt.hex().upper(), _VERIFIER_12C),
                ("AUTH_PBKDF2_CSK_SALT", self._salt.hex().upper(), 0),
                ("AUTH_PBKDF2_VGEN_COUNT", str(verifier.iterations), 0),
                ("AUTH_PBKDF2_SDER_COUNT", str(_SESSION_KEY_ROUNDS), 0),
                ("AUTH_GLOBALLY_UNIQUE_DBID\0", secrets.token_hex(16).upper(), 0),
            ]
        )

    def verify(self, parameters: Mapping[str, str]) -> bool:
        """Tell whether phase two proves knowledge of the password of a known user."""
        try:
            sent = bytes.fromhex(parameters["AUTH_SESSKEY"])
            half = _aes(self._verifier.hash, sent, decrypt=True)
            combined = (half[:32] + self._half).hex().upper().encode()
            self._key = hashlib.pbkdf2_hmac(
                "sha512", combined, self._salt, _SESSION_KEY_ROUNDS, 32
            )
            password = self.decrypt(parameters["AUTH_PASSWORD"])
        except (KeyError, ValueError):
            return False
        return matches(self._verifier, password) and self.known

    def decrypt(self, text: str) -> bytes:
        """Return the password under the session key; ValueError when it is not under this key."""
        plain = _aes(self._key, bytes.fromhex(text), decrypt=True)
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= _BLOCK:
            raise ValueError("bad padding")
        return plain[_BLOCK:-padding]

    def _proof(self) -> str:
        return _aes(self._key, secrets.token_bytes(16) + b"SERVER_TO_CLIENT").hex().upper()

    def welcome(self, context: SessionContext) -> Writer:
        """The answer of phase two after a successful logon."""
        unique = context.attributes.get("db_unique_name") or context.instance_name
        return pairs_answer(
            [
                ("AUTH_VERSION_STRING", "- Sandbox, not Oracle, never production", 0),
                ("AUTH_VERSION_SQL", "25", 0),
                ("AUTH_VERSION_NO", str(_VERSION_NUMBER), 0),
                ("AUTH_XACTION_TRAITS", "3", 0),
                ("AUTH_SESSION_ID", str(context.sid), 0),
                ("AUTH_SERIAL_NUM", str(context.serial & 0xFFFF), 0),
                ("AUTH_DBNAME", unique, 0),
                ("AUTH_SC_DBUNIQUE_NAME", unique, 0),
                ("AUTH_SC_REAL_DBUNIQUE_NAME", unique, 0),
                ("AUTH_SC_SERVICE_NAME", context.service_name, 0),
                ("AUTH_SC_DB_DOMAIN", "", 0),
                ("AUTH_INSTANCENAME", context.instance_name, 0),
                ("AUTH_MAX_OPEN_CURSORS", "300", 0),
                ("AUTH_MAX_IDEN_LENGTH", "128", 0),
                ("AUTH_SVR_RESPONSE", self._proof(), 0),
            ]
        )
