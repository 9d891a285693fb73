"""Streams on the client: handles, frozen parameters, getters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dtm.model.states import Phase
from dtm.oracle.calls import (
    FrozenParameter,
    StreamStart,
    begin_stream,
    forget_stream,
    markers,
    stream,
)
from dtm.oracle.errors import ForeignStream, OracleError
from tests.contract.oracle.conftest import HANDLE, Client, run

PARAMETERS = (
    FrozenParameter("RETENTION_DAYS", "number", 365),
    FrozenParameter("SHARE", "number", Decimal("0.125")),
    FrozenParameter("CUTOFF", "date", dt.datetime.fromisoformat("2024-02-29 13:14:15")),
    FrozenParameter("Stone Kind", "string", "it's \u00e4 granite"),
    FrozenParameter("EMPTY", "string", None),
    FrozenParameter("RETENTION_DAYS", "number", 30, "GRAIN.FLOUR"),
)


def get(client: Client, expression: str) -> object:
    ((value,),) = client.main.query(f"SELECT {expression} FROM dual", {"handle": HANDLE})
    return value


def refused(client: Client, expression: str) -> OracleError:
    with pytest.raises(OracleError) as caught:
        get(client, expression)
    return caught.value


def test_parameters_are_frozen_and_typed(client: Client) -> None:
    client.begin(HANDLE, *PARAMETERS)
    assert get(client, "dtm.get_num_param(:handle, 'RETENTION_DAYS')") == 365
    assert get(client, "dtm.get_num_param(:handle, 'share')") == Decimal("0.125")
    assert get(client, "dtm.get_date_param(:handle, 'CUTOFF')") == PARAMETERS[2].value
    assert get(client, "dtm.get_string_param(:handle, 'STONE KIND')") == "it's \u00e4 granite"
    assert get(client, "dtm.get_string_param(:handle, 'EMPTY')") is None
    assert get(client, "dtm.get_string_param(:handle, 'CUTOFF')") == "2024-02-29T13:14:15"
    assert get(client, "dtm.get_string_param(:handle, 'RETENTION_DAYS')") == "365"


def test_parameters_of_another_object(client: Client) -> None:
    client.begin(HANDLE, *PARAMETERS)
    getter = "dtm.get_num_param(:handle, 'RETENTION_DAYS', '{}')"
    assert get(client, getter.format("grain.flour")) == 30
    assert get(client, getter.format("GRAIN.SACKS")) == 365
    assert get(client, getter.format("sacks")) == 365
    assert refused(client, getter.format("GRAIN.HAY")).code == "ORA-20115"


def test_errors_of_the_getters(client: Client) -> None:
    client.begin(HANDLE, *PARAMETERS)
    unknown = refused(client, "dtm.get_num_param(:handle, 'NOPE')")
    assert unknown.message == 'ORA-20115: DTM: unknown parameter "NOPE" of operation turn-mill'
    assert refused(client, "dtm.get_num_param(:handle, 'CUTOFF')").code == "ORA-20116"
    assert refused(client, "dtm.get_date_param(:handle, 'SHARE')").code == "ORA-20116"
    stranger = refused(client, "dtm.get_num_param(:handle || '9', 'SHARE')")
    assert stranger.code == "ORA-20117"


def test_a_stream_is_found_again(client: Client) -> None:
    start = StreamStart(HANDLE, "r", "turn-mill", None, None, test_mode=True)
    assert stream(client.main, HANDLE) is None
    begin_stream(client.main, start, ())
    assert stream(client.open(), HANDLE) == start


def test_a_handle_is_never_used_twice(client: Client) -> None:
    client.begin(HANDLE, *PARAMETERS)
    with pytest.raises(ForeignStream, match=f"handle {HANDLE} is not new on this client"):
        client.begin(HANDLE)
    assert get(client, "dtm.get_num_param(:handle, 'RETENTION_DAYS')") == 365


def test_markers_under_a_new_handle_are_refused(mill: Client) -> None:
    run(mill, "GRIND", phase=Phase.TASK)
    mill.main.execute("DELETE FROM dtm_streams")
    mill.main.commit()
    with pytest.raises(ForeignStream, match="markers under it"):
        mill.begin()


def test_a_failed_begin_leaves_nothing(client: Client) -> None:
    twice = FrozenParameter("A", "number", 1)
    with pytest.raises(ForeignStream):
        client.begin(HANDLE, twice, twice)
    assert stream(client.main, HANDLE) is None


def test_a_finished_stream_is_forgotten(mill: Client) -> None:
    run(mill, "LOGS")
    forget_stream(mill.main, HANDLE)
    assert stream(mill.main, HANDLE) is None
    assert markers(mill.main, HANDLE) == {}
    for table in ("dtm_parameters", "dtm_sql_log"):
        assert mill.main.query(f"SELECT COUNT(*) FROM {table}") == [(0,)]
