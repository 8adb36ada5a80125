"""A file is whole or absent, whatever interrupts its writing."""

from __future__ import annotations

import errno
import os
import signal

import pytest

from pinnaux.errors import UsageError
from pinnaux.files import ensure_writable, replacing, write_bytes, write_text
from pinnaux.interrupt import Interrupts


def test_written_text_is_read_back_and_nothing_else_is_left(tmp_path):
    write_text(tmp_path / "a.txt", "Δu = 1\n")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "Δu = 1\n"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_a_write_that_is_stopped_keeps_the_old_file_and_leaves_no_temporary(tmp_path, stop):
    write_bytes(tmp_path / "a.bin", b"old")
    with pytest.raises(stop):
        with replacing(tmp_path / "a.bin") as temporary:
            temporary.write_bytes(b"ne")
            raise stop
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_full_disk_is_reported_with_the_file_and_the_reason(tmp_path):
    with pytest.raises(UsageError, match="cannot write .*a.bin: No space left on device"):
        with replacing(tmp_path / "a.bin"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert os.listdir(tmp_path) == []


def test_the_temporary_keeps_the_suffix_that_writers_choose_their_format_by(tmp_path):
    with replacing(tmp_path / "picture.png") as temporary:
        assert temporary.suffix == ".png" and temporary.parent == tmp_path
        temporary.touch()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(UsageError, match=r"(?s)cannot write .*--out"):
        ensure_writable(tmp_path / "out" / "heat")


def test_a_writable_folder_is_made_and_left_empty(tmp_path):
    ensure_writable(tmp_path / "out" / "heat")
    assert os.listdir(tmp_path / "out" / "heat") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_to_stop_ends_the_solving(number):
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert interrupts.count == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_writing_the_first_request_waits_and_the_second_stops_at_once(tmp_path, number):
    with Interrupts() as interrupts:
        interrupts.begin_writing()
        signal.raise_signal(number)
        write_text(tmp_path / "a.txt", "whole")
        with pytest.raises(KeyboardInterrupt):
            with replacing(tmp_path / "b.txt") as temporary:
                temporary.write_text("half")
                signal.raise_signal(number)
    assert interrupts.count == 2
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_handlers_found_before_are_restored():
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
