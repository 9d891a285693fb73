"""Random work of three sessions against a model of read consistency and undo.

Database Concepts 19c, "Multiversion Read Consistency": a session sees what is committed and its own
changes; ROLLBACK, ROLLBACK TO and a failing statement take back exactly their own.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.storage.conftest import Client, World

Rows = dict[int, int]  # key -> value
STEPS = 250


class Model:
    """What one session did since its transaction began: (key, value or None), in order."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.changes: list[tuple[int, int | None]] = []
        self.savepoints: dict[str, int] = {}

    def sees(self, committed: Rows) -> Rows:
        rows = copy.copy(committed)
        for key, value in self.changes:
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        return rows

    def touched(self) -> set[int]:
        return {key for key, _ in self.changes}

    def end(self) -> None:
        self.changes.clear()
        self.savepoints.clear()


class Play:
    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.source = random.Random(seed)
        self.committed: Rows = {}
        app = world.add_user()
        app.ddl("CREATE TABLE t (k NUMBER PRIMARY KEY, v NUMBER)", "CREATE INDEX t_v ON t (v)")
        self.models = [Model(world.connect()) for _ in range(3)]

    def free_keys(self, mine: Model) -> list[int]:
        """Keys nobody else has touched: working on them never waits."""
        others: set[int] = set().union(*(m.touched() for m in self.models if m is not mine))
        return [key for key in range(12) if key not in others]

    def check(self) -> None:
        for model in self.models:
            expected = sorted(model.sees(self.committed).items(), key=repr)
            assert model.client.rows("t") == expected

    def step(self) -> None:
        model = self.source.choice(self.models)
        action = self.source.choice(
            ["insert", "insert", "update", "update", "delete", "range", "savepoint", "rollback to",
             "commit", "rollback", "autonomous", "fail"]
        )  # fmt: skip
        getattr(self, action.replace(" ", "_"))(
            model, self.source.choice(self.free_keys(model) or [0])
        )

    def insert(self, model: Model, key: int) -> None:
        if key not in self.free_keys(model):
            return
        value = self.source.randrange(1000)
        if key in model.sees(self.committed):
            with pytest.raises(OraError, match="ORA-00001"):
                model.client.insert("t", key, value)
        else:
            model.client.insert("t", key, value)
            model.changes.append((key, value))

    def update(self, model: Model, key: int) -> None:
        if key not in self.free_keys(model):
            return
        value = self.source.randrange(1000)
        present = key in model.sees(self.committed)
        assert model.client.update("t", f'"V"={value}', f"k={key}") == int(present)
        if present:
            model.changes.append((key, value))

    def delete(self, model: Model, key: int) -> None:
        if key not in self.free_keys(model):
            return
        present = key in model.sees(self.committed)
        assert model.client.delete("t", f"k={key}") == int(present)
        if present:
            model.changes.append((key, None))

    def range(self, model: Model, _: int) -> None:
        """A statement over several rows."""
        keys = [k for k in self.free_keys(model) if k in model.sees(self.committed)]
        names = ", ".join(map(str, keys)) or "-1"
        assert model.client.update("t", '"V"="V"+1', f"k IN ({names})") == len(keys)
        seen = model.sees(self.committed)
        model.changes += [(key, seen[key] + 1) for key in keys]

    def fail(self, model: Model, key: int) -> None:
        """Two steps, the second fails: the first is taken back with it."""
        table = model.client.table("t")
        seen = model.sees(self.committed)
        free = [k for k in self.free_keys(model) if k not in seen]
        if len(free) < 1:
            return

        def work(step: Any) -> None:
            step.execute(f"INSERT INTO {table.target}(K, V) VALUES({free[0]}, 1)")
            step.execute(f"INSERT INTO {table.target}(K, V) VALUES({free[0]}, 2)")

        with pytest.raises(OraError, match="ORA-00001"):
            model.client.session.write(work, targets=(table,))

    def savepoint(self, model: Model, _: int) -> None:
        name = self.source.choice("AB")
        model.client.session.savepoint(name)
        model.savepoints.pop(name, None)
        model.savepoints[name] = len(model.changes)

    def rollback_to(self, model: Model, _: int) -> None:
        if not model.savepoints:
            return
        name = self.source.choice(list(model.savepoints))
        model.client.session.rollback_to(name)
        del model.changes[model.savepoints[name] :]
        names = list(model.savepoints)
        for later in names[names.index(name) + 1 :]:
            del model.savepoints[later]

    def commit(self, model: Model, _: int) -> None:
        model.client.commit()
        self.committed = model.sees(self.committed)
        model.end()

    def rollback(self, model: Model, _: int) -> None:
        model.client.rollback()
        model.end()

    def autonomous(self, model: Model, _: int) -> None:
        """Insert a key nobody, not even the parent, has touched; commit it."""
        touched = set().union(*(m.touched() for m in self.models))
        free = [k for k in range(12, 40) if k not in touched and k not in self.committed]
        if not free:
            return
        session = model.client.session
        session.begin_autonomous()
        assert dict(model.client.rows("t")) == self.committed
        model.client.insert("t", free[0], 7)
        session.commit()
        session.end_autonomous()
        self.committed[free[0]] = 7


@pytest.mark.parametrize("seed", range(6))
def test_random_work(world: World, seed: int) -> None:
    play = Play(world, seed)
    for _ in range(STEPS):
        play.step()
        play.check()
    world.reopen()  # what was open is undone
    client = world.connect()
    assert client.rows("t") == sorted(play.committed.items(), key=repr)
    assert world.instance.database.run("PRAGMA TS_USERS.integrity_check") == [("ok",)]
    undo = client.table("t").saved_undo
    assert world.instance.database.run(f'SELECT count(*) FROM main."{undo}"') == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_random_work_at_length(world: World, seed: int) -> None:
    test_random_work(world, seed)
