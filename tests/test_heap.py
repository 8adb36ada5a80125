"""The heap keeps what is freed: seen in the page faults of a process."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from pinnaux.heap import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
np.ones(8_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    np.ones(8_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has this")
def test_memory_that_was_freed_is_used_again_without_a_page_fault() -> None:
    faults = {word: int(subprocess.run([sys.executable, "-c", PROGRAM, word], capture_output=True, text=True, check=True).stdout)
              for word in ("keep", "return")}
    assert faults["keep"] < 100
    assert faults["return"] > 100   # or the test would prove nothing
