"""Ctrl-C and SIGTERM: the first stops the solving, the second stops at once, also in the middle of writing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Counts the requests to stop, from `with Interrupts() as interrupts:` on.

    While solving, a request raises KeyboardInterrupt, which the solver turns into a Solution of the results so far.
    After `begin_writing()` the first request of all is only remembered, so that the files are finished; a second one
    raises. SIGTERM, which batch systems send shortly before they kill, counts like Ctrl-C.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.count = 0
        self._writing = False
        self._held = False
        self._previous: list[signal.Handlers] = []

    def begin_writing(self) -> None:
        """From now on let a first request wait until the files are written."""
        self._writing = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Requests wait until the end of this: libraries of compiled code that are interrupted while they load may crash."""
        before, self._held = self.count, True
        try:
            yield
        finally:
            self._held = False
        if self.count > before and self._ends:
            raise KeyboardInterrupt

    def __enter__(self) -> Interrupts:
        self._previous = [signal.signal(number, self._receive) for number in self.SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in zip(self.SIGNALS, self._previous, strict=True):
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self._ends and not self._held:
            raise KeyboardInterrupt

    @property
    def _ends(self) -> bool:
        return not self._writing or self.count > 1
