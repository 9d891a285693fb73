"""The server process: start, stop, status, reset, restart after kill -9, its control channel."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path / "box", ("ALPHA:APP,other", "BETA")) as started:
        yield started


def connect(process: SandboxProcess, service: str = "ALPHA") -> oracledb.Connection:
    return oracledb.connect(user="system", password=process.password, dsn=process.dsn(service))


def run(*arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """Run a command; its exit code and the JSON object it prints."""
    clean = {key: value for key, value in os.environ.items() if key != "SANDBOX_PASSWORD"}
    done = subprocess.run(
        [sys.executable, "-m", "dtm.sandbox", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=clean | environment,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_several_instances_by_service_name(process: SandboxProcess) -> None:
    names = {}
    for service in ("ALPHA", "app", "OTHER", "beta"):
        with connect(process, service) as connection:
            names[service] = connection.instance_name
    assert names == {"ALPHA": "ALPHA", "app": "ALPHA", "OTHER": "ALPHA", "beta": "BETA"}


def test_status_and_sessions(process: SandboxProcess) -> None:
    with connect(process) as connection:
        status = process.command("status")
        sessions = process.command("sessions")["sessions"]
        assert [one["sid"] for one in sessions] == [connection.session_id]
    assert status["running"]
    assert status["pid"] == process.pid
    assert status["sessions"] == {"ALPHA": 1, "BETA": 0}
    assert [one["status"] for one in sessions] == ["INACTIVE"]
    assert [one["dsn"] for one in status["instances"]] == [
        f"127.0.0.1:{process.port}/ALPHA",
        f"127.0.0.1:{process.port}/BETA",
    ]


def test_starting_twice_leaves_the_first_alone(process: SandboxProcess) -> None:
    pid = process.pid
    process.start()
    assert process.pid == pid


def test_a_second_server_for_one_directory_is_refused(process: SandboxProcess) -> None:
    code, answer = run("serve", "--dir", str(process.directory))
    assert (code, "another process" in answer["error"]) == (1, True)


def test_stop_start_keeps_port_and_data(process: SandboxProcess) -> None:
    port = process.port
    process.stop()
    assert not process.command("status")["running"]
    answer = process.command("start")
    process.pid = answer["pid"]
    assert answer["port"] == port
    assert [one["name"] for one in answer["instances"]] == ["ALPHA", "BETA"]
    connect(process).close()


def test_stop_rolls_back_and_tells_clients(process: SandboxProcess) -> None:
    connection = connect(process)
    process.stop()
    with pytest.raises(oracledb.Error) as caught:
        connection.ping()
    assert caught.value.args[0].full_code in ("DPY-4011", "ORA-01089")


def test_sigterm_stops_cleanly(process: SandboxProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    end = time.monotonic() + 10
    while process.command("status")["running"] and time.monotonic() < end:
        time.sleep(0.02)
    assert (process.directory / "server.log").read_text().rstrip().endswith("stopped")
    process.pid = None


def test_kill_nine_and_start_again(process: SandboxProcess) -> None:
    process.kill()
    assert not process.command("status")["running"]
    process.start()
    connect(process).close()


def test_reset_removes_the_instances_only(process: SandboxProcess) -> None:
    mine = process.directory / "notes.txt"
    mine.write_text("keep")
    answer = process.command("reset")
    process.pid = None
    assert (answer["stopped"], sorted(answer["removed"])) == (True, ["ALPHA", "BETA"])
    assert [one.name for one in process.directory.iterdir()] == ["notes.txt"]


def test_new_instances_need_a_password(tmp_path: Path) -> None:
    code, answer = run("start", "--dir", str(tmp_path / "new"), "--instance", "X")
    assert (code, "SANDBOX_PASSWORD" in answer["error"]) == (1, True)


@pytest.mark.parametrize("name", ["", "a b", "../x", "é", "x" * 31, "a:b c"])
def test_bad_instance_names(tmp_path: Path, name: str) -> None:
    code, answer = run("start", "--dir", str(tmp_path), "--instance", name)
    assert (code, "no name" in answer["error"]) == (1, True)


def test_commands_without_a_server(tmp_path: Path) -> None:
    where = ("--dir", str(tmp_path / "none"))
    assert run("stop", *where) == (0, {"stopped": False, "running": False})
    assert run("status", *where) == (0, {"running": False, "instances": []})
    code, answer = run("fault", "list", *where)
    assert (code, "start it" in answer["error"]) == (1, True)
    assert not (tmp_path / "none").exists()


def test_the_control_channel_wants_its_token(process: SandboxProcess) -> None:
    state = process.directory / "server.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    port = json.loads(state.read_text())["control_port"]
    requests = [
        b"",
        b"\n",
        b"{}\n",
        b"\xff\xfe\n",
        b'{"token": "x", "command": "stop"}\n',
        b'{"token": null, "command": 7, "arguments": 1}\n',
        b"[" * 60_000 + b"\n",
        b"x" * 60_000,
    ]
    for request in requests:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert b'"error"' in answer or answer == b""
    assert process.command("status")["running"]
    assert "Traceback" not in (process.directory / "server.log").read_text()


def test_the_password_is_not_in_any_file(process: SandboxProcess) -> None:
    secret = process.password.encode()
    for path in process.directory.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes()


def test_the_server_says_what_it_is(process: SandboxProcess) -> None:
    assert "not Oracle" in (process.directory / "server.log").read_text()
