"""Requests to stop: which raise, which wait, and until when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pinnaux.interrupt import HEARD, Interrupts, loading


def test_while_solving_every_request_raises() -> None:
    with Interrupts() as interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
    assert interrupts.count == 2


def test_while_writing_the_second_request_raises() -> None:
    with Interrupts() as interrupts:
        interrupts.begin_writing()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_requests_that_are_held_raise_at_the_end() -> None:
    with Interrupts() as interrupts:
        interrupts.begin_writing()
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)      # the first may wait until the files are written
        reached = []
        with pytest.raises(KeyboardInterrupt), interrupts.held():
            signal.raise_signal(signal.SIGINT)
            reached.append("end")
        assert reached == ["end"]


def test_what_fails_while_requests_are_held_leaves_later_ones_free() -> None:
    with Interrupts() as interrupts:
        with pytest.raises(ValueError), interrupts.held():
            raise ValueError
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@contextmanager
def standard_error() -> Iterator[int]:
    """A pipe that has what is written to standard error."""
    reader, writer = os.pipe()
    before = os.dup(2)
    os.dup2(writer, 2)
    try:
        yield reader
    finally:
        os.dup2(before, 2)
        for one in (reader, writer, before):
            os.close(one)


def test_the_first_request_is_answered_at_once_by_a_thread_of_its_own() -> None:
    """Python's own handlers wait for the end of what is being computed."""
    with standard_error() as printed, Interrupts() as interrupts:
        interrupts.begin_writing()
        sender = threading.Thread(target=answered, args=(printed, seen := []))
        sender.start()
        sender.join()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        os.set_blocking(printed, False)
        with pytest.raises(BlockingIOError):    # a second request is not answered again
            os.read(printed, 100)
    assert seen == [HEARD]


def answered(printed: int, seen: list[str]) -> None:
    """Send a request, and wait for what is printed."""
    os.kill(os.getpid(), signal.SIGINT)
    seen.append(os.read(printed, 100).decode())


STRIKE = """
import signal, sys

class Striker:
    def find_spec(self, name, *others):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Striker())
from pinnaux.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("library, said", [("numpy", ""), ("pinnaux.geometry", ""), ("torch", HEARD), ("pinnaux.trainers", HEARD)])
def test_a_request_while_libraries_load_ends_the_program_without_a_traceback(bar_file: Path, library: str, said: str) -> None:
    words = [sys.executable, "-c", STRIKE, library, "solve", str(bar_file), "--out", str(bar_file.parent)]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 130
    assert ended.stderr.startswith(said) and "Traceback" not in ended.stderr


def test_in_an_interactive_session_a_request_while_libraries_load_ends_the_import_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (SystemExit, KeyboardInterrupt):
        reached = []
        with pytest.raises(kind), loading():
            signal.raise_signal(signal.SIGINT)
            reached.append("end")
        assert reached == ["end"]
        monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
