"""The driver's asyncio interface, pipelines and data frames over the same wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import oracledb
import pytest

from tests.contract.driver.canned import PASSWORD, USER
from tests.contract.driver.conftest import Server


def with_connection(server: Server, work: Callable[[Any], Awaitable[None]]) -> None:
    """Run `work` with an asyncio connection."""

    async def run() -> None:
        async with oracledb.connect_async(
            user=USER, password=PASSWORD, dsn=server.dsn
        ) as connection:
            await work(connection)

    asyncio.run(run())


def test_queries_lobs_and_calls(server: Server) -> None:
    async def work(connection: Any) -> None:
        cursor = connection.cursor()
        await cursor.execute("select level from dual connect by level <= 3000")
        assert len(await cursor.fetchall()) == 3000
        await cursor.execute("select * from lobs")
        rows = await cursor.fetchall()
        assert len(await rows[0][1].read()) == 100_003
        got = cursor.var(int)
        assert await cursor.callproc("echo", [1, got]) == [1, 1]

    with_connection(server, work)


def test_call_timeout(server: Server) -> None:
    async def work(connection: Any) -> None:
        connection.call_timeout = 200
        with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
            await connection.cursor().execute("begin sleep(20); end;")
        connection.call_timeout = 0
        assert await connection.fetchone("select :x from dual", [2]) == (2,)

    with_connection(server, work)


def test_pipeline(server: Server) -> None:
    async def work(connection: Any) -> None:
        pipeline = oracledb.create_pipeline()
        pipeline.add_fetchall("select level from dual connect by level <= 5")
        pipeline.add_execute("insert into uq values (:1)", [2])
        pipeline.add_commit()
        pipeline.add_fetchone("select :x from dual", [7])
        results = await connection.run_pipeline(pipeline)
        assert results[0].rows[4] == (5,)
        assert results[3].rows == [(7,)]

    with_connection(server, work)


def test_data_frames(connection: oracledb.Connection) -> None:
    frame = connection.fetch_df_all("select level from dual connect by level <= 300")
    assert frame.num_rows() == 300
