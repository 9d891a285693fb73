"""P12: no decision uses the runner's wall clock; UTC everywhere."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dtm
from dtm.errors import ExitCode
from dtm.runner.ports import Point
from tests.faults.audit import audit
from tests.faults.world import FaultWorld

ROOT = Path(dtm.__file__).parent
ROOMS = ("model", "repository", "runner", "reconcile", "oracle")
FORBIDDEN = {
    ("time", "time"),
    ("time", "localtime"),
    ("time", "ctime"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
}


def wall_clock_calls(source: str) -> list[int]:
    """Lines that mention a wall clock."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (getattr(node.value, "id", getattr(node.value, "attr", "")), node.attr) in FORBIDDEN
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_asks_the_wall_clock(room: str) -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / room).rglob("*.py"))
        if (lines := wall_clock_calls(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    ["import datetime as dt\nx = dt.datetime.now()", "import time\nx = time.time()"],
)
def test_the_check_would_see_one(source: str) -> None:
    assert wall_clock_calls(source) == [2]


# A library that a process loads before its C library, and whose wall clock is wrong; the monotonic
# clock is left alone, as it is when somebody sets the date.
SHIFTED_CLOCK = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) { const char *s = getenv("CLOCK_SHIFT_S"); return s ? atol(s) : 0; }

int clock_gettime(clockid_t id, struct timespec *t) {
    int failed = syscall(SYS_clock_gettime, id, t);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += shift();
    return failed;
}
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""
DAY_S = 86_400


@pytest.fixture(scope="session")
def clock_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shifted clock, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and LD_PRELOAD to shift a process's clock")
    place = tmp_path_factory.mktemp("clock")
    (place / "clock.c").write_text(SHIFTED_CLOCK)
    library = place / "clock.so"
    made = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(place / "clock.c")]
    subprocess.run(made, check=True, timeout=60)
    return library


@pytest.mark.parametrize(
    ("days", "wrong_first"),
    [
        (1, False),
        *(pytest.param(*p, marks=pytest.mark.slow) for p in [(1, True), (-1, False), (-1, True)]),
    ],
)
def test_clock_shifted_a_day_changes_nothing_that_is_decided_or_recorded(
    ref: FaultWorld, clock_library: Path, days: int, wrong_first: bool
) -> None:
    """Killed with a right clock and resumed with a wrong one, or the other way round."""
    wrong = {"LD_PRELOAD": str(clock_library), "CLOCK_SHIFT_S": str(days * DAY_S)}
    told = [sys.executable, "-c", "import time; print(time.time())"]
    shown = subprocess.run(
        told, env={**os.environ, **wrong}, check=True, capture_output=True, text=True, timeout=60
    )
    assert abs(float(shown.stdout) - time.time() - days * DAY_S) < 60, "the shift works"
    first, second = (wrong, {}) if wrong_first else ({}, wrong)
    killed = ref.process(point=Point.ANSWER_RECEIVED.value, where="c", env=first)
    assert killed.wait() == -9, killed.output()
    resumed = ref.process(env=second, wait_s=20)
    assert resumed.wait() == ExitCode.OK, resumed.output()
    ((run_id,),) = ref.query("SELECT run_id FROM dtm_runs")
    audit(ref, run_id)
    times = (
        "SELECT {0} FROM dtm_runs UNION ALL SELECT {0} FROM dtm_run_attempts"
        " UNION ALL SELECT {0} FROM dtm_run_streams UNION ALL SELECT {0} FROM dtm_run_sql"
    )
    ((now,),) = ref.query("SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM dual")
    for column in ("started_at", "ended_at"):
        for (at,) in ref.query(times.format(column)):
            assert abs((now.replace(tzinfo=None) - at).total_seconds()) < 3600, (column, at)
