"""Many points: what a run with more of them than its unknowns need takes of memory, in processes of their own, and that its solution is as good."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"

PROGRAM = """
import json, re, sys
from pathlib import Path
import numpy as np
import pinnaux

def peak():  # not getrusage: its maximum starts at that of the process that started this one
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

problem = pinnaux.load(sys.argv[1])
solution = pinnaux.solve(problem, points=int(sys.argv[2]), steps=2, time_limit=1e4)
solved = peak()
solution(np.random.default_rng(0).random((int(sys.argv[3]), problem.domain.dimension)))
predicted = peak()
print(json.dumps([solved, predicted, max(one.relative for one in solution.verdict.conditions.values())]))
"""

# Bytes of a process with its libraries, and for each point: 4 GB for 200 000 points.
EMPTY, EACH = 0.6e9, (4e9 - 0.6e9) / 200_000


@pytest.mark.slow
@pytest.mark.parametrize("case", ["c48_membrane", "c44_cube"])
def test_memory_grows_with_the_points_and_not_by_much_more(case: str, points: int = 40_000, places: int = 200_000) -> None:
    words = [sys.executable, "-c", PROGRAM, str(CASES / f"{case}.py"), str(points), str(places)]
    solved, predicted, residual = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert solved < EMPTY + EACH * points
    assert predicted - solved < 100e6
    assert residual < 0.05
