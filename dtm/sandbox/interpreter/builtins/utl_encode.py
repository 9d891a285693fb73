"""UTL_ENCODE, UTL_URL and UTL_I18N. PL/SQL Packages and Types Reference 19c, chapters of these
names: what needs no other character set than the database's own, AL32UTF8."""

from __future__ import annotations

import base64
import binascii
import quopri
from urllib.parse import quote, unquote

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

ENCODE = registry.package(
    "UTL_ENCODE",
    """PACKAGE utl_encode AS
  base64           CONSTANT PLS_INTEGER := 1;
  quoted_printable CONSTANT PLS_INTEGER := 2;
  FUNCTION base64_encode(r IN RAW) RETURN RAW;
  FUNCTION base64_decode(r IN RAW) RETURN RAW;
  FUNCTION quoted_printable_encode(r IN RAW) RETURN RAW;
  FUNCTION quoted_printable_decode(r IN RAW) RETURN RAW;
END;""",
)
URL = registry.package(
    "UTL_URL",
    """PACKAGE utl_url AS
  FUNCTION escape(url IN VARCHAR2, escape_reserved_chars IN BOOLEAN DEFAULT FALSE,
                  url_charset IN VARCHAR2 DEFAULT 'AL32UTF8') RETURN VARCHAR2;
  FUNCTION unescape(url IN VARCHAR2, url_charset IN VARCHAR2 DEFAULT 'AL32UTF8') RETURN VARCHAR2;
END;""",
    complete=True,
)
I18N = registry.package(
    "UTL_I18N",
    """PACKAGE utl_i18n AS
  FUNCTION string_to_raw(data IN VARCHAR2, dst_charset IN VARCHAR2 DEFAULT NULL) RETURN RAW;
  FUNCTION raw_to_char(data IN RAW, src_charset IN VARCHAR2 DEFAULT NULL) RETURN VARCHAR2;
  FUNCTION escape_reference(str IN VARCHAR2, page_cs_name IN VARCHAR2 DEFAULT NULL)
    RETURN VARCHAR2;
END;""",
)
_LINE = 48  # bytes that give one line of 64 characters
_UNRESERVED = "-_.!~*'()"
_RESERVED = ";/?:@&=+$,%#"  # legal in a URL as it stands, and kept unless asked otherwise
# Character sets as Python calls them.
_CHARSETS = {
    "AL32UTF8": "utf-8", "UTF8": "utf-8", "UTF-8": "utf-8", "US7ASCII": "ascii",
    "WE8ISO8859P1": "latin-1", "ISO-8859-1": "latin-1", "WE8MSWIN1252": "cp1252",
    "WE8ISO8859P15": "iso8859-15", "AL16UTF16": "utf-16-be", "AL16UTF16LE": "utf-16-le",
}  # fmt: skip


@ENCODE.body("BASE64_ENCODE")
def base64_encode(_rt: Runtime, raw: bytes | None) -> bytes | None:
    """Lines of 64 characters, CR LF between them."""
    if raw is None:
        return None
    lines = [base64.b64encode(raw[i : i + _LINE]) for i in range(0, len(raw), _LINE)]
    return b"\r\n".join(lines)


@ENCODE.body("BASE64_DECODE")
def base64_decode(_rt: Runtime, raw: bytes | None) -> bytes | None:
    """What is no digit is read over; ORA-29297 for a wrong length."""
    if raw is None:
        return None
    try:
        return base64.b64decode(raw) or None
    except binascii.Error:
        raise OraError(29297, message="The compressed version is too big") from None


@ENCODE.body("QUOTED_PRINTABLE_ENCODE")
def quoted_printable_encode(_rt: Runtime, raw: bytes | None) -> bytes | None:
    """RFC 2045."""
    return None if raw is None else quopri.encodestring(raw)


@ENCODE.body("QUOTED_PRINTABLE_DECODE")
def quoted_printable_decode(_rt: Runtime, raw: bytes | None) -> bytes | None:
    """RFC 2045."""
    return None if raw is None else quopri.decodestring(raw) or None


def charset(name: str | None) -> str:
    """Python's name of a character set; ORA-01482 for one that is not known."""
    found = _CHARSETS.get((name or "AL32UTF8").upper())
    if found is None:
        raise OraError(1482, message="unsupported character set")
    return found


@URL.body("ESCAPE")
def escape(_rt: Runtime, url: str | None, reserved: bool | None, cs: str | None) -> str | None:
    """%XX for what may not stand in a URL; for its reserved characters when asked."""
    if url is None:
        return None
    safe = _UNRESERVED if reserved else _UNRESERVED + _RESERVED
    return quote(url, safe=safe, encoding=charset(cs), errors="replace")


@URL.body("UNESCAPE")
def unescape(_rt: Runtime, url: str | None, cs: str | None) -> str | None:
    """The other way round."""
    return None if url is None else unquote(url, encoding=charset(cs), errors="replace") or None


@I18N.body("STRING_TO_RAW")
def string_to_raw(_rt: Runtime, text: str | None, cs: str | None) -> bytes | None:
    """A string's bytes in a character set."""
    return None if text is None else text.encode(charset(cs), errors="replace")


@I18N.body("RAW_TO_CHAR")
def raw_to_char(_rt: Runtime, raw: bytes | None, cs: str | None) -> str | None:
    """The string some bytes are in a character set."""
    return None if raw is None else raw.decode(charset(cs), errors="replace") or None


@I18N.body("ESCAPE_REFERENCE")
def escape_reference(_rt: Runtime, text: str | None, cs: str | None) -> str | None:
    """&lt; and its kin; &#xhhhh; for what the page's character set has not."""
    if text is None:
        return None
    name = charset(cs)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace('"', "&quot;")
    return "".join(c if _encodable(c, name) else f"&#x{ord(c):x};" for c in escaped)


def _encodable(char: str, name: str) -> bool:
    try:
        char.encode(name)
    except UnicodeEncodeError:
        return False
    return True
