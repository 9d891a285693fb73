"""Connecting to listeners that do not behave: bounded, isolated from each other, redacted."""

from __future__ import annotations

import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from dtm.errors import ConfigurationError
from dtm.model.instance import ConnectSpec
from dtm.oracle.codes import ErrorClass
from dtm.oracle.connect import connect, refuse_debug_output
from dtm.oracle.errors import OracleError
from dtm.oracle.secrets import Secret

CANARY = "c4nary-Secret"
DEADLINE_S = 0.5
SLACK_S = 2.0


@contextmanager
def listener(behave) -> Iterator[int]:
    """Accept connections and hand each to `behave(socket, stopped)` in a thread of its own."""
    stopped = threading.Event()
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server.settimeout(0.1)

        def accept() -> None:
            while not stopped.is_set():
                try:
                    client, _address = server.accept()
                except TimeoutError:
                    continue
                stack.callback(client.close)
                threading.Thread(target=behave, args=(client, stopped), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stopped.set()
            thread.join()


def silent(client: socket.socket, stopped: threading.Event) -> None:
    stopped.wait()


def one_byte_at_a_time(client: socket.socket, stopped: threading.Event) -> None:
    while not stopped.wait(0.05):
        try:
            client.sendall(b"\0")
        except OSError:
            return


def hangs_up(client: socket.socket, stopped: threading.Event) -> None:
    client.recv(10)
    client.close()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port whose accept queue is full: further SYN packets get no answer."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def spec(port: int) -> ConnectSpec:
    return ConnectSpec(user="DTM", dsn=f"127.0.0.1:{port}/ORDERS")


def failure(port: int) -> OracleError:
    with pytest.raises(OracleError) as caught:
        connect(spec(port), Secret(CANARY), deadline_s=DEADLINE_S, purpose="test")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert CANARY not in "".join(shown.format())
    assert "secret = ***" in "".join(shown.format())
    return caught.value


def hang(port: int) -> None:
    with pytest.raises(OracleError):
        connect(spec(port), "x", deadline_s=3.0, purpose="test")


@pytest.mark.parametrize("behave", [silent, one_byte_at_a_time])
def test_a_listener_that_never_answers_costs_the_deadline(behave):
    started = time.monotonic()
    with listener(behave) as port:
        error = failure(port)
        elapsed = time.monotonic() - started
    assert elapsed < DEADLINE_S + SLACK_S
    assert error.error_class is ErrorClass.TRANSIENT_CONNECT
    assert error.where == f"127.0.0.1:{port}/ORDERS"


def test_the_message_of_a_deadline():
    with listener(silent) as port:
        error = failure(port)
    assert error.message == f"ORA-12170: no answer from 127.0.0.1:{port}/ORDERS within 0.5 s"


def test_a_black_hole_costs_the_deadline():
    started = time.monotonic()
    with black_hole() as port:
        error = failure(port)
        elapsed = time.monotonic() - started
    assert elapsed < DEADLINE_S + SLACK_S
    assert error.error_class is ErrorClass.TRANSIENT_CONNECT


def test_a_listener_that_hangs_up_is_transient():
    with listener(hangs_up) as port:
        assert failure(port).error_class is ErrorClass.TRANSIENT_CONNECT


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = failure(port)
    assert error.code == "DPY-6005"
    assert error.error_class is ErrorClass.TRANSIENT_CONNECT
    assert error.hint == "host or port is wrong, or nothing listens there"


def test_a_silent_listener_delays_nobody_else():
    with listener(silent) as port, socket.create_server(("127.0.0.1", 0)) as closed:
        free_port = closed.getsockname()[1]
        closed.close()
        hanging = threading.Thread(target=hang, args=(port,))
        hanging.start()
        time.sleep(0.2)
        started = time.monotonic()
        failure(free_port)
        elapsed = time.monotonic() - started
        assert hanging.is_alive()
    hanging.join()
    assert elapsed < 1.0


def test_a_malformed_dsn_is_a_clear_error():
    bad = ConnectSpec(user="DTM", dsn="(DESCRIPTION=(ADDRESS=")
    with pytest.raises((OracleError, ConfigurationError)) as caught:
        connect(bad, Secret(CANARY), deadline_s=DEADLINE_S, purpose="test")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("variable", ["PYO_DEBUG_PACKETS", "DPI_DEBUG_LEVEL"])
def test_a_driver_that_would_dump_its_traffic_is_refused(variable, monkeypatch):
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ConfigurationError, match=f"{variable} is set") as caught:
        connect(spec(1), Secret(CANARY), deadline_s=DEADLINE_S, purpose="test")
    assert "--unsafe-debug" in (caught.value.hint or "")
    refuse_debug_output({variable: "1"}, unsafe_debug=True)
    refuse_debug_output({variable: ""}, unsafe_debug=False)
