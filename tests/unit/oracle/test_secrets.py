"""Secrets: three kinds of reference, clear errors, and never a trace of the value."""

from __future__ import annotations

import copy
import pickle
import sys
import traceback

import pytest

from dtm.errors import ConfigurationError
from dtm.model.instance import SecretKind, SecretRef
from dtm.oracle.secrets import Secret, resolve, reveal

CANARY = "c4nary-Secret-\u00e4"


def test_a_variable():
    secret = resolve(SecretRef(SecretKind.ENV, "DTM_PW"), {"DTM_PW": CANARY})
    assert reveal(secret) == CANARY
    assert type(reveal(secret)) is str


def test_a_file_without_its_last_line_end(tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{CANARY}\n", encoding="utf-8")
    file.chmod(0o600)
    assert reveal(resolve(SecretRef(SecretKind.FILE, str(file)))) == CANARY


def test_a_command():
    command = (sys.executable, "-c", "print('from-a-command')")
    assert reveal(resolve(SecretRef(SecretKind.COMMAND, command))) == "from-a-command"


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_variable_is_named(value):
    environ = {} if value is None else {"DTM_PW": value}
    with pytest.raises(ConfigurationError, match="environment variable DTM_PW"):
        resolve(SecretRef(SecretKind.ENV, "DTM_PW"), environ)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere cannot be read: No such file"):
        resolve(SecretRef(SecretKind.FILE, str(tmp_path / "nowhere")))


def test_a_file_others_can_write_is_refused(tmp_path):
    file = tmp_path / "password"
    file.write_text(CANARY, encoding="utf-8")
    file.chmod(0o666)
    with pytest.raises(ConfigurationError, match="can be written by others") as caught:
        resolve(SecretRef(SecretKind.FILE, str(file)))
    assert caught.value.hint == f"chmod 600 {file}"


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe"])
def test_a_file_that_holds_no_secret_is_refused(tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match=str(file)):
        resolve(SecretRef(SecretKind.FILE, str(file)))


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (f"import sys; print({CANARY!r}, file=sys.stderr); sys.exit(3)", "exit status 3"),
        ("pass", "gave nothing"),
        ("print('a'); print('b')", "more than one line"),
    ],
)
def test_a_failing_command_is_named_and_its_output_is_not_repeated(program, message):
    ref = SecretRef(SecretKind.COMMAND, (sys.executable, "-c", program))
    with pytest.raises(ConfigurationError, match=message) as caught:
        resolve(ref)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_command_that_does_not_exist():
    with pytest.raises(ConfigurationError, match=r"no-such-program: No such file"):
        resolve(SecretRef(SecretKind.COMMAND, ("no-such-program",)))


def test_a_secret_does_not_show_itself():
    secret = Secret(CANARY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), repr({"password": secret}), "{}".format(secret)]  # noqa: UP032
    assert all(CANARY not in text for text in shown)
    assert all("***" in text for text in shown)
    assert reveal(copy.copy(secret)) == CANARY


def test_a_secret_is_not_pickled():
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(CANARY))
