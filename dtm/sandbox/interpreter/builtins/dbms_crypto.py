"""DBMS_CRYPTO: hashes, MACs and random bytes. PL/SQL Packages and Types Reference 19c.

ENCRYPT and DECRYPT are not there: PLS-00302.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_CRYPTO",
    """PACKAGE dbms_crypto AS
  hash_md4   CONSTANT PLS_INTEGER := 1;
  hash_md5   CONSTANT PLS_INTEGER := 2;
  hash_sh1   CONSTANT PLS_INTEGER := 3;
  hash_sh256 CONSTANT PLS_INTEGER := 4;
  hash_sh384 CONSTANT PLS_INTEGER := 5;
  hash_sh512 CONSTANT PLS_INTEGER := 6;
  hmac_md5   CONSTANT PLS_INTEGER := 1;
  hmac_sh1   CONSTANT PLS_INTEGER := 2;
  hmac_sh256 CONSTANT PLS_INTEGER := 3;
  hmac_sh384 CONSTANT PLS_INTEGER := 4;
  hmac_sh512 CONSTANT PLS_INTEGER := 5;
  FUNCTION hash(src IN RAW, typ IN PLS_INTEGER) RETURN RAW;
  FUNCTION hash(src IN BLOB, typ IN PLS_INTEGER) RETURN RAW;
  FUNCTION hash(src IN CLOB, typ IN PLS_INTEGER) RETURN RAW;
  FUNCTION mac(src IN RAW, typ IN PLS_INTEGER, key IN RAW) RETURN RAW;
  FUNCTION randombytes(number_bytes IN PLS_INTEGER) RETURN RAW;
  FUNCTION randominteger RETURN NUMBER;
END;""",
    granted=False,
)
_HASHES = {2: "md5", 3: "sha1", 4: "sha256", 5: "sha384", 6: "sha512"}
_MACS = {1: "md5", 2: "sha1", 3: "sha256", 4: "sha384", 5: "sha512"}


def _hash(_rt: Runtime, data: bytes | str | None, kind: int | None) -> bytes:
    """ORA-28817 for NULL data, ORA-28827 for an unknown algorithm."""
    if data is None:
        raise OraError(28817, message="PL/SQL function returned an error.")
    name = _HASHES.get(kind or 0)
    if name is None:
        raise OraError(28827, message="invalid cipher type passed")
    raw = data.encode() if isinstance(data, str) else data
    return hashlib.new(name, raw, usedforsecurity=False).digest()


for _ in range(3):
    PACKAGE.body("HASH")(_hash)


@PACKAGE.body("MAC")
def mac(_rt: Runtime, data: bytes | None, kind: int | None, key: bytes | None) -> bytes:
    """HMAC"""
    name = _MACS.get(kind or 0)
    if data is None or key is None or name is None:
        raise OraError(28817, message="PL/SQL function returned an error.")
    return hmac.new(key, data, name).digest()


@PACKAGE.body("RANDOMBYTES")
def random_bytes(_rt: Runtime, count: int | None) -> bytes | None:
    """At most 2000 bytes."""
    if count is None or not 0 <= count <= 2000:
        raise OraError(28817, message="PL/SQL function returned an error.")
    return secrets.token_bytes(count) or None


@PACKAGE.body("RANDOMINTEGER")
def random_integer(_rt: Runtime) -> int:
    """-2**31 <= n < 2**31"""
    return secrets.randbelow(2**32) - 2**31
