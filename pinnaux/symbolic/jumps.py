"""Whether the branches of a choice between formulas of coordinates meet where its predicate changes, found by sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import ONE, ZERO, Where

# Formulas do not know their domain: points are sought in a box of each size about the origin until some pairs lie on different sides.
SIZES = (1.0, 10.0, 1e3, 1e6)
PAIRS = 1000
BISECTIONS = 90
# Branches meet where they differ by less than this, relative to the larger of them at most NEARBY away.
AGREEMENT = 1e-5
NEARBY = 0.1
# Outside the domain branches need not meet: those that differ at a smaller share of the points found are taken to meet inside.
LEAST_SHARE = 0.25


def branches_differ(choice: Where, along: str, names: Sequence[str]) -> bool:
    """Whether a choice that holds coordinates only, those of the given names, jumps along one of them."""
    generator = np.random.default_rng(0)
    for size in SIZES:
        points = {name: generator.uniform(-size, size, PAIRS) for name in names}
        here, there = points[along], generator.uniform(-size, size, PAIRS)
        first = holds_at(choice, points, along, here)
        apart = first != holds_at(choice, points, along, there)
        if not apart.any():
            continue
        points = {name: column[apart] for name, column in points.items()}
        here, there, first = here[apart], there[apart], first[apart]
        for _ in range(BISECTIONS):
            middle = (here + there) / 2
            same = holds_at(choice, points, along, middle) == first
            here, there = np.where(same, middle, here), np.where(same, there, middle)
        yes = evaluate(choice.yes, {**points, along: np.where(first, here, there)})
        no = evaluate(choice.no, {**points, along: np.where(first, there, here)})
        near = [evaluate(branch, {**points, along: here + step}) for branch in (choice.yes, choice.no) for step in (-NEARBY, NEARBY)]
        sizes = np.abs(np.stack([yes, no, *near]))
        scale = np.where(np.isfinite(sizes), sizes, 0.0).max(axis=0)
        told = np.isfinite(yes) & np.isfinite(no)
        if told.any():
            return bool((np.abs(yes - no) > AGREEMENT * scale)[told].mean() >= LEAST_SHARE)
    return False


def holds_at(choice: Where, points: dict[str, np.ndarray], along: str, column: np.ndarray) -> np.ndarray:
    """Whether the predicate holds at the points with another column (N,) of one coordinate, (N,) of bool."""
    return evaluate(Where(choice.predicate, ONE, ZERO), {**points, along: column}) > 0
