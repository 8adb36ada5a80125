"""Fixtures that several test files share."""

from __future__ import annotations

from pathlib import Path

import pytest

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
