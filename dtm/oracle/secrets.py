"""Secrets: looked up by reference at the moment of need, never shown.

A resolved secret is a `Secret`: its repr, str and format are stars, so that it cannot slip into a
message, a log line or a traceback that shows variables; `reveal` gives the text to the driver.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from dtm.errors import ConfigurationError
from dtm.model.instance import SecretKind, SecretRef

COMMAND_TIMEOUT_S = 30.0
_STARS = "***"
_SHORTEST = 4


class Secret(str):
    """A text that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _STARS

    def __str__(self) -> str:
        return _STARS

    def __format__(self, spec: str) -> str:
        return _STARS

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        raise TypeError("a secret is not pickled")


def reveal(secret: str) -> str:
    """Return the plain text of a Secret (or of a str), for the driver, which wants an exact str."""
    return secret.encode().decode()


def blank(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with every secret in it replaced by stars.

    Shorter ones than _SHORTEST characters are left: they stand in ordinary words.
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(reveal(secret), _STARS)
    return text


def resolve(ref: SecretRef, environ: Mapping[str, str] | None = None) -> Secret:
    """Return the secret `ref` points to, without its last line end.

    Raises ConfigurationError naming the variable, file or program, never anything it holds.
    """
    if ref.kind is SecretKind.ENV:
        return _from_variable(_word(ref), os.environ if environ is None else environ)
    if ref.kind is SecretKind.FILE:
        return _from_file(Path(_word(ref)).expanduser())
    return _from_command(ref.value if isinstance(ref.value, tuple) else (ref.value,))


def _word(ref: SecretRef) -> str:
    return ref.value if isinstance(ref.value, str) else " ".join(ref.value)


def _from_variable(name: str, environ: Mapping[str, str]) -> Secret:
    value = environ.get(name)
    if value is None:
        raise ConfigurationError(
            f"environment variable {name} is not set", hint=f"export {name}=... before running dtm"
        )
    if not value:
        raise ConfigurationError(f"environment variable {name} is empty")
    return Secret(value)


def _from_file(path: Path) -> Secret:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"secret file {path} cannot be read: {error.strerror or 'I/O error'}"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"secret file {path} is not UTF-8 text") from None
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(
            f"secret file {path} can be written by others", hint=f"chmod 600 {path}"
        )
    return _checked(text, f"secret file {path}")


def _from_command(command: tuple[str, ...]) -> Secret:
    # What the program prints on either stream may hold the secret: none of it is repeated. Only
    # the program is named, because arguments may be secret, too.
    where = f"secret command {command[0]}" if command else "secret command"
    try:
        done = subprocess.run(  # noqa: S603 - the manifest's own command, no shell
            command,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"{where} did not end within {COMMAND_TIMEOUT_S:.0f} s") from None
    except (OSError, ValueError, IndexError) as error:
        reason = getattr(error, "strerror", None) or "cannot be started"
        raise ConfigurationError(f"{where}: {reason}") from None
    if done.returncode != 0:
        raise ConfigurationError(f"{where} ended with exit status {done.returncode}")
    try:
        text = done.stdout.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{where} printed something that is not UTF-8 text") from None
    return _checked(text, where)


def _checked(text: str, where: str) -> Secret:
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise ConfigurationError(f"{where} gave nothing")
    if "\n" in value:
        raise ConfigurationError(f"{where} gave more than one line")
    return Secret(value)
