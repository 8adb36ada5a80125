"""Fixtures that several test files share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Of several processes each has its share of the cores, and so have those that it starts.
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ["OMP_NUM_THREADS"] = str(max(1, len(os.sched_getaffinity(0)) // workers))

BAR = '''"""-u'' = 1 on a bar, u = 0 at its ends."""
from pinnaux import *

domain = Interval(0, 1)
x, = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("balance", -diff(u, x, x) == 1, on=domain),
        Condition("ends", u == 0, on=domain.boundary),
    ],
    exact={"u": x * (1 - x) / 2},
)
'''


@pytest.fixture
def bar_file(tmp_path: Path) -> Path:
    """A problem file so small that it is solved in a moment."""
    path = tmp_path / "bar.py"
    path.write_text(BAR, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def one_thread_for_small_matrices(request: pytest.FixtureRequest) -> Iterator[None]:
    """Over small matrices threads that wait for each other take ten times as long as one; tests that train for long keep theirs."""
    torch = sys.modules.get("torch")
    if torch is None or request.node.get_closest_marker("slow"):
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
