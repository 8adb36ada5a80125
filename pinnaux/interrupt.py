"""Ctrl-C and SIGTERM: the first stops the solving, the second stops at once, also in the middle of writing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

HEARD = "interrupted: ending with what has been found (once more ends at once)\n"
STATUS, STANDARD_ERROR = 130, 2


class Interrupts:
    """Counts the requests to stop, from `with Interrupts() as interrupts:` on.

    While solving, a request raises KeyboardInterrupt, which the solver turns into a Solution of the results so far.
    After `begin_writing()` the first request of all is only remembered, so that the files are finished; a second one
    raises. SIGTERM, which batch systems send shortly before they kill, counts like Ctrl-C.

    Python hears of a signal only between two of its own instructions, and a factorisation is one. A thread says at once that it was heard.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.count = 0
        self._writing = False
        self._held = False
        self._previous: list[signal.Handlers] = []
        self._pipe = self._previous_pipe = -1

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
        reader, self._pipe = os.pipe()
        os.set_blocking(self._pipe, False)
        self._announcer = threading.Thread(target=_announce, args=(reader, frozenset(self.SIGNALS)), daemon=True)
        self._announcer.start()
        self._previous = [signal.signal(number, self._receive) for number in self.SIGNALS]
        self._previous_pipe = signal.set_wakeup_fd(self._pipe)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._previous_pipe)
        os.close(self._pipe)
        self._announcer.join()
        for number, handler in zip(self.SIGNALS, self._previous, strict=True):
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self._ends and not self._held:
            raise KeyboardInterrupt

    @property
    def _ends(self) -> bool:
        return not self._writing or self.count > 1


def _announce(reader: int, signals: frozenset[int]) -> None:
    """Say once that a signal, whose number arrives in the pipe, was heard; end when nobody can write there any more."""
    said = False
    while arrived := os.read(reader, 1):
        if arrived[0] in signals and not said:
            said = True
            with suppress(OSError):
                os.write(STANDARD_ERROR, HEARD.encode())
    os.close(reader)


@contextmanager
def loading() -> Iterator[None]:
    """While libraries load Ctrl-C waits; then it ends the program with its status and no traceback, in an interactive session the import only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    requests: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, frame: requests.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if requests:
        raise KeyboardInterrupt if hasattr(sys, "ps1") else SystemExit(STATUS)
