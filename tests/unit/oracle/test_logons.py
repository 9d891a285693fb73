"""One failed logon per account and command; the first session connects alone (promise P15)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from dtm.model.instance import ConnectSpec
from dtm.oracle.errors import OracleError
from dtm.oracle.logons import Logons
from dtm.oracle.session import OracleSession

SPEC = ConnectSpec(user="DTM", dsn="db1/ORDERS")
REFUSED = "ORA-01017: invalid username/password; logon denied"


class Server:
    """Counts logons; answers with the outcomes in turn (the last one for ever)."""

    def __init__(self, *outcomes: str | None, delay_s: float = 0.0) -> None:
        self.outcomes = list(outcomes)
        self.delay_s = delay_s
        self.attempts = 0
        self.at_once = 0
        self.most_at_once = 0
        self.guard = threading.Lock()

    def connect(self, spec: ConnectSpec, secret: str | None, **_options: Any) -> OracleSession:
        with self.guard:
            self.attempts += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        time.sleep(self.delay_s)
        with self.guard:
            self.at_once -= 1
        if outcome is not None:
            raise OracleError(outcome, connecting=True)
        return cast("OracleSession", object())


def attempt(logons: Logons, spec: ConnectSpec = SPEC) -> str:
    try:
        logons.connect(spec, "x", deadline_s=1.0, purpose="test")
    except OracleError as error:
        return error.code
    return "connected"


@pytest.mark.parametrize("number", ["01017", "28000", "28001", "01045"])
def test_a_refused_logon_is_not_repeated(number):
    server = Server(f"ORA-{number}: refused")
    logons = Logons(server.connect)
    assert [attempt(logons) for _ in range(5)] == [f"ORA-{number}"] * 5
    assert server.attempts == 1


def test_a_hundred_threads_fail_once():
    server = Server(REFUSED, delay_s=0.05)
    logons = Logons(server.connect)
    with ThreadPoolExecutor(100) as pool:
        results = list(pool.map(lambda _n: attempt(logons), range(100)))
    assert results == ["ORA-01017"] * 100
    assert server.attempts == 1


def test_other_users_and_other_databases_are_other_accounts():
    server = Server(REFUSED)
    logons = Logons(server.connect)
    for user, dsn in (("DTM", "db1"), ("dtm", "db1"), ("OTHER", "db1"), ("DTM", "db2")):
        assert attempt(logons, ConnectSpec(user=user, dsn=dsn)) == "ORA-01017"
    assert server.attempts == 3


def test_the_first_connects_alone_and_the_others_side_by_side():
    server = Server(None, delay_s=0.1)
    logons = Logons(server.connect)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(attempt, logons)
        time.sleep(0.02)
        others = [pool.submit(attempt, logons) for _ in range(3)]
        assert first.result() == "connected"
        assert server.most_at_once == 1
        assert [other.result() for other in others] == ["connected"] * 3
    server.most_at_once = 0
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _n: attempt(logons), range(4))) == ["connected"] * 4
    assert server.most_at_once > 1


def test_a_network_failure_may_be_tried_again():
    server = Server("ORA-12541: no listener", None)
    logons = Logons(server.connect)
    assert [attempt(logons), attempt(logons)] == ["ORA-12541", "connected"]


def test_who_waits_for_a_silent_database_waits_no_longer_than_its_own_deadline():
    server = Server("ORA-12170: no answer", delay_s=0.6)
    logons = Logons(server.connect)

    def impatient() -> str:
        with pytest.raises(OracleError) as caught:
            logons.connect(SPEC, "x", deadline_s=0.2, purpose="test")
        return caught.value.code

    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(attempt, logons)
        time.sleep(0.05)
        results = [pool.submit(impatient) for _ in range(19)]
        assert {result.result() for result in results} == {"ORA-12170"}
        assert time.monotonic() - started < 0.55
        assert first.result() == "ORA-12170"
    assert server.attempts == 1
