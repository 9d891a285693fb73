"""OWA, OWA_UTIL and HTP without a web server: no CGI variables; a page is kept in the session.

PL/SQL Packages and Types Reference 19c, "OWA_UTIL", "HTP".
"""

from __future__ import annotations

import re
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime

OWA = registry.package(
    "OWA",
    """PACKAGE owa AS
  TYPE vc_arr IS TABLE OF VARCHAR2(32767) INDEX BY BINARY_INTEGER;
  cgi_var_name vc_arr;
  cgi_var_val  vc_arr;
  num_cgi_vars NUMBER;
END;""",
)
UTIL = registry.package(
    "OWA_UTIL",
    """PACKAGE owa_util AS
  FUNCTION get_cgi_env(param_name IN VARCHAR2) RETURN VARCHAR2;
  PROCEDURE who_called_me(owner OUT VARCHAR2, name OUT VARCHAR2, lineno OUT NUMBER,
                          caller_t OUT VARCHAR2);
  PROCEDURE mime_header(ccontent_type IN VARCHAR2 DEFAULT 'text/html',
                        bclose_header IN BOOLEAN DEFAULT TRUE,
                        ccharset IN VARCHAR2 DEFAULT 'MaGiC_KeY');
  PROCEDURE http_header_close;
  PROCEDURE status_line(nstatus IN INTEGER, creason IN VARCHAR2 DEFAULT NULL,
                        bclose_header IN BOOLEAN DEFAULT TRUE);
  PROCEDURE redirect_url(curl IN VARCHAR2, bclose_header IN BOOLEAN DEFAULT TRUE);
END;""",
    stub=True,
)
HTP = registry.package(
    "HTP",
    """PACKAGE htp AS
  PROCEDURE init;
  PROCEDURE p(cbuf IN VARCHAR2 DEFAULT NULL);
  PROCEDURE print(cbuf IN VARCHAR2 DEFAULT NULL);
  PROCEDURE prn(cbuf IN VARCHAR2 DEFAULT NULL);
  PROCEDURE ps(cbuf IN VARCHAR2 DEFAULT NULL);
  PROCEDURE prints(ctext IN VARCHAR2);
  PROCEDURE br(cclear IN VARCHAR2 DEFAULT NULL, cattributes IN VARCHAR2 DEFAULT NULL);
END;""",
    stub=True,
)


def page(rt: Runtime) -> list[str]:
    """What the session has printed with HTP."""
    found: list[str] = rt.private.setdefault("htp", [])
    return found


def _printer(ending: str, *, escaped: bool = False) -> Any:
    def put(rt: Runtime, text: str | None) -> None:
        body = text or ""
        if escaped:
            body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        page(rt).append(body + ending)

    return put


HTP.body("INIT")(lambda rt: page(rt).clear())
for _name in ("P", "PRINT"):
    HTP.body(_name)(_printer("\n"))
HTP.body("PRN")(_printer(""))
for _name in ("PS", "PRINTS"):
    HTP.body(_name)(_printer("\n", escaped=True))
HTP.body("BR")(lambda rt, _clear, _attributes: page(rt).append("<br />\n"))
UTIL.body("GET_CGI_ENV")(lambda _rt, _name: None)
UTIL.body("MIME_HEADER")(lambda _rt, _type, _close, _charset: None)
UTIL.body("HTTP_HEADER_CLOSE")(lambda _rt: None)
UTIL.body("STATUS_LINE")(lambda _rt, _status, _reason, _close: None)
UTIL.body("REDIRECT_URL")(lambda _rt, _url, _close: None)


@UTIL.body("WHO_CALLED_ME")
def who_called_me(rt: Runtime) -> tuple[str | None, str | None, int, str]:
    """The unit that called the running one, and the line."""
    own = rt.calls[-1].unit if rt.calls else None
    for frame in reversed(rt.calls):
        if frame.unit is not own:
            unit = frame.unit
            kind = (
                "ANONYMOUS BLOCK" if unit.type == "BLOCK" else re.sub("^PACKAGE$", "", unit.type)
            )
            name = None if unit.type == "BLOCK" else unit.name
            return unit.owner or None, name, frame.line, kind or "PACKAGE"
    return None, None, 0, "ANONYMOUS BLOCK"
