"""P4: a session still working after its runner died is found, named and waited for."""

from __future__ import annotations

from dtm.errors import ExitCode
from tests.faults.world import FaultWorld


def test_orphan_is_named_then_its_work_counts(ref: FaultWorld) -> None:
    ref.tell("east", "b", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "b")
        process.kill()
        refused = ref.run()
        assert refused.exit_code is ExitCode.LOCKED, refused
        message = refused.streams[0].message
        assert "SID" in message, message
        open_gate()
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    assert ref.calls("east")["b"] == 1, "the orphan's work counts"
    ref.assert_each_once("east")
    ref.assert_no_locks()
