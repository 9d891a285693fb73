"""The connect descriptor of a CONNECT packet: "(DESCRIPTION=(...)(CONNECT_DATA=(...)))"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAIR = re.compile(r"\(\s*([A-Za-z_]+)\s*=\s*([^()]*?)\s*\)")


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a client asks for. `service` is upper case; "" when it names none."""

    service: str
    by_sid: bool
    attributes: dict[str, str]  # program, machine, osuser


def parse_descriptor(text: str) -> Descriptor:
    """Read the parts the server uses; anything else is ignored."""
    pairs: dict[str, str] = {}
    for key, value in _PAIR.findall(text):
        pairs.setdefault(key.upper(), value)
    by_sid = "SERVICE_NAME" not in pairs and "SID" in pairs
    service = pairs.get("SERVICE_NAME") or pairs.get("SID") or ""
    names = {"program": "PROGRAM", "osuser": "USER"}
    attributes = {name: pairs[key] for name, key in names.items() if pairs.get(key)}
    hosts = [value for key, value in _PAIR.findall(text) if key.upper() == "HOST"]
    if hosts:
        attributes["machine"] = hosts[-1]  # the CID's; the address comes first
    return Descriptor(service.upper(), by_sid, attributes)
