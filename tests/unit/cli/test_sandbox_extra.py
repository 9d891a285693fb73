"""`dtm sandbox` on an installation without the extra that it needs."""

from __future__ import annotations

import importlib.util

import pytest

from dtm.cli import sandbox
from dtm.errors import DtmError


def test_without_its_extra_the_sandbox_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "apsw" else found(name)
    )
    with pytest.raises(DtmError, match="needs apsw, which is not installed") as caught:
        sandbox.call("status", "--dir", str(tmp_path))
    assert caught.value.hint is not None
    assert 'pip install "dtm[sandbox]"' in caught.value.hint
