"""Which streams may start now: waves, order of objects, concurrency. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A stream's place in the order of its run."""

    handle: str
    instance: str
    position: int
    member: int
    wave: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """Streams at a time: over all instances, and on one. None: no limit."""

    overall: int | None = None
    per_instance: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Handles by where they are: `completed` ever, `ended` otherwise in this runner, `running`.

    `passed` are left out of this runner (disabled, not asked for, locked); they hold nothing up.
    """

    completed: Collection[str] = frozenset()
    ended: Collection[str] = frozenset()
    running: Collection[str] = frozenset()
    passed: Collection[str] = frozenset()


def startable(places: Iterable[Place], progress: Progress, capacity: Capacity) -> tuple[str, ...]:
    """Handles that may start now, in order.

    A wave begins when every stream of the earlier ones has come to an end. An object waits until
    the objects declared before it have *completed* on its instance: the declared order holds for
    a resume as well, so a failed object holds back those behind it on that instance.
    """
    ordered = sorted(places, key=lambda p: (p.wave, p.position, p.member, p.instance))
    over = {*progress.completed, *progress.ended, *progress.passed}
    waiting = [p for p in ordered if p.handle not in over and p.handle not in progress.running]
    wave = min((p.wave for p in ordered if p.handle not in over), default=0)
    held_back = _held_back(ordered, progress)
    running = [p for p in ordered if p.handle in progress.running]
    busy = Counter(p.instance for p in running)
    free = None if capacity.overall is None else capacity.overall - len(running)
    chosen: list[str] = []
    for place in waiting:
        if free is not None and len(chosen) >= free:
            break
        if place.wave != wave or place.position > held_back.get(place.instance, place.position):
            continue
        if busy[place.instance] < capacity.per_instance:
            busy[place.instance] += 1
            chosen.append(place.handle)
    return tuple(chosen)


def stuck(places: Iterable[Place], progress: Progress) -> tuple[str, ...]:
    """Handles that cannot start in this runner, because an object before them did not complete."""
    ordered = list(places)
    failed = {p.instance: p.position for p in ordered if p.handle in progress.ended}
    over = {*progress.completed, *progress.ended, *progress.passed, *progress.running}
    return tuple(
        p.handle
        for p in ordered
        if p.handle not in over and p.position > failed.get(p.instance, p.position)
    )


def _held_back(places: Iterable[Place], progress: Progress) -> dict[str, int]:
    """Per instance the lowest position that is not completed: nothing behind it may start."""
    lowest: dict[str, int] = {}
    for place in places:
        if place.handle in progress.completed or place.handle in progress.passed:
            continue
        lowest[place.instance] = min(lowest.get(place.instance, place.position), place.position)
    return lowest
