"""An executor of daemon threads: a hung driver call must not keep the process from ending.

`concurrent.futures.ThreadPoolExecutor` joins its threads when the interpreter exits; these are not
joined by anybody. Work is handed over as to any `Executor`, so that a distributed one can stand in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class DaemonExecutor(Executor):
    """One new daemon thread per call; the caller bounds how many there are."""

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Start `fn` at once; its result or exception is the future's."""
        future: Future[_T] = Future()
        future.set_running_or_notify_cancel()

        def work() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, daemon=True, name=self._name).start()
        return future
