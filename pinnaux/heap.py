"""The C library's heap, told to keep what a long computation frees and asks for again at once."""

from __future__ import annotations

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4   # of glibc's malloc.h
GROWTH = 2**26


def keep_freed_memory() -> None:
    """Large matrices are taken from the heap, and the heap does not shrink: for a process that does nothing but solve.

    Else every step maps its matrices anew, and the system clears each of their pages first: an eighth of the time of a run.
    Only glibc needs it and has the call; elsewhere nothing is done.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if tell:
        for option, value in ((TRIM_THRESHOLD, -1), (TOP_PAD, GROWTH), (MMAP_MAX, 0)):
            tell(option, value)
