"""The board of a running run: what it shows, and that it fits."""

from __future__ import annotations

import pytest

from dtm.cli.console import Terminal
from dtm.cli.live import Board, Picture
from dtm.runner.events import EventKind, RunEvent


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def event(kind: EventKind, name: str, **more: object) -> RunEvent:
    given: dict[str, object] = {"handle": name, "instance": name, **more}
    return RunEvent(kind, **given)  # type: ignore[arg-type]


def picture_of(size: int) -> tuple[Picture, Clock]:
    """Of five streams one each: running, failed, connecting, done, halted."""
    clock = Clock()
    made = Picture(clock)
    made.note(RunEvent(EventKind.RUN_STARTED, "run X", streams=size))
    for number in range(size):
        name = f"db-{number:03}"
        made.note(event(EventKind.CONNECTING, name))
        if number % 5 == 2:
            continue
        made.note(event(EventKind.STREAM_STARTED, name, state="RUNNING"))
        made.note(event(EventKind.TASK_STARTED, name, task="copy", iteration=3))
        if number % 5 == 1:
            failed = "ORA-01653: unable to extend table S.T\nORA-06512: at line 3"
            made.note(event(EventKind.TASK_FAILED, name, task="copy", message=failed))
            made.note(event(EventKind.STREAM_ENDED, name, state="FAILED", message="copy failed"))
        if number % 5 == 3:
            made.note(event(EventKind.TASK_DONE, name, task="copy"))
            made.note(event(EventKind.STREAM_ENDED, name, state="COMPLETED", message="complete"))
        if number % 5 == 4:
            made.note(event(EventKind.STREAM_ENDED, name, state="HALTED", message="by a person"))
    clock.at = 61.0
    return made, clock


def test_failed_streams_come_first_with_their_reason() -> None:
    lines = picture_of(5)[0].text(80, 24).splitlines()
    assert lines[0] == "1 of 5 complete, 1 FAILED, 1 HALTED, 1 connecting, 1 running  (1m 01s)"
    assert [line.split()[0] for line in lines[2:]] == [
        "db-001", "db-000", "db-002", "db-004", "db-003",
    ]  # fmt: skip
    assert "ORA-01653: unable to extend" in lines[2]
    assert "copy 1m 01s" in lines[3]
    assert "by a person" in lines[5]


@pytest.mark.parametrize(("width", "height"), [(60, 10), (80, 24), (200, 50), (20, 4)])
def test_two_hundred_streams_fit_any_screen(width: int, height: int) -> None:
    lines = picture_of(200)[0].text(width, height).splitlines()
    assert len(lines) <= max(height, 4)
    assert max(map(len, lines)) <= width
    if width >= 60:
        assert lines[-1].startswith("... and ")


def test_streams_that_wait_for_their_turn_are_counted() -> None:
    made = Picture(Clock())
    made.note(RunEvent(EventKind.RUN_STARTED, "run X", streams=10))
    made.note(event(EventKind.CONNECTING, "one"))
    assert "0 of 10 complete, 1 connecting, 9 waiting" in made.text(80, 24)


def test_a_connection_that_is_tried_again_says_why() -> None:
    made = Picture(Clock())
    made.note(event(EventKind.CONNECTING, "one"))
    again = RunEvent(EventKind.CONNECTING, "once more in 2 s: ORA-12170", instance="one")
    made.note(again)
    assert "once more in 2 s: ORA-12170" in made.text(80, 24)
    made.note(event(EventKind.STREAM_STARTED, "one"))
    assert "once more" not in made.text(80, 24)


def test_the_same_failure_is_told_once_above_the_board(
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board(Terminal(interactive=False))
    for name in ("one", "two", "three"):
        failed = f"ORA-01653: unable to extend table on {name}"
        board.report(event(EventKind.TASK_FAILED, name, task="copy", message=failed))
    assert capsys.readouterr().out.count("ORA-01653") == 1
