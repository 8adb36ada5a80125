"""Fields that are large beside how much they vary are told of."""

from __future__ import annotations

import numpy as np
import pytest

from pinnaux import Condition, Field, Interval, Problem, VectorField, diff, pi, sin, solve
from pinnaux.offsets import offsets
from pinnaux.solution import Solution


def risen(offset: float) -> Solution:
    """u = offset + sin πx, solved for."""
    domain = Interval(0, 1)
    (x,), u = domain.coordinates, Field("u", domain)
    return solve(Problem([u], [Condition("bar", diff(u, x, x) == -pi**2 * sin(pi * x), on=domain), Condition("ends", u == offset, on=domain.boundary)]))


def test_an_error_relative_to_a_large_offset_is_told_relative_to_what_varies() -> None:
    """sin πx varies by √(1/2 − 4/π²) = 0.308 about 2/π, so 5e-5 of 293.6 is 4.8e-2 of that."""
    solution = risen(293.0)
    (note,) = offsets(solution, {"u": 5e-5}, 1e-4)
    assert "u varies little beside its size, by 0.31 about 293.6" in note
    assert float(note.split()[-1]) == pytest.approx(5e-5 * (293 + 2 / np.pi) / np.sqrt(1 / 2 - 4 / np.pi**2), rel=0.03)
    assert solution.verdict.notes == () and offsets(solution, {"u": 1e-8}, 1e-4) == () == offsets(solution, {}, 1e-4)


def test_nothing_is_told_of_what_varies_as_much_as_it_is_large() -> None:
    assert offsets(risen(0.0), {"u": 5e-5}, 1e-4) == ()


def test_a_vector_varies_as_a_whole_and_what_is_constant_is_not_told_of() -> None:
    domain = Interval(0, 1)
    (x,), w = domain.coordinates, VectorField("w", domain, components=("a", "b"))
    flow = solve(Problem([w], [Condition("straight", diff(w, x, x) == (0, 0), on=domain), Condition("left", w == (50, 0), on=domain.boundary["left"]),
                               Condition("right", w == (50, 1), on=domain.boundary["right"])]))
    assert "by 0.29 about 50" in offsets(flow, {"w": 1e-4}, 1e-4)[0]
    still = solve(Problem([w], [Condition("straight", diff(w, x, x) == (0, 0), on=domain), Condition("ends", w == (50, 0), on=domain.boundary)]))
    assert offsets(still, {"w": 1e-4}, 1e-4) == ()
