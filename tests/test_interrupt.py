"""Requests to stop: which raise, which wait, and until when."""

from __future__ import annotations

import signal

import pytest

from pinnaux.interrupt import Interrupts


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
