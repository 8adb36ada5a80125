"""Which eigenvalues are wanted: from the end of a spectrum, or the nearest to a number, and from where to look for them."""

from __future__ import annotations

import pytest
import torch
from compute_problems import SMALL, collocation
from eigen_problems import KNOWN, on_line

from pinnaux import Interval, diff
from pinnaux.trainers.pencil import Pencil
from pinnaux.trainers.spectrum import RESOLVED, first_look, wanted

SQUARES = [float(k * k) for k in range(1, 12)]


def tensor(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def order(values: list[float], direction: int = 1, near: float | None = None) -> list[float]:
    known = tensor(values)
    found = wanted(near, direction, known, torch.full_like(known, 1e-6), 3)
    return known[found.order(known)][:3].tolist()


@pytest.mark.parametrize("direction, values, lowest", [
    (1, SQUARES[::-1], [1, 4, 9]), (1, [*SQUARES, -8.0, -4.5, -2.0, -0.5], [-8, -4.5, -2]),
    (-1, [-value for value in SQUARES], [-1, -4, -9]), (-1, [8.0, 4.5, *(-value for value in SQUARES)], [8, 4.5, -1]),
    (0, [0.0, 3.0, -3.1, 6.0, -6.2, 9.0, -9.3], [0, 3, -3.1]),
], ids=["positive", "well", "negative", "hill", "endless"])
def test_the_lowest_come_from_the_end_that_a_spectrum_has(direction: int, values: list[float], lowest: list[float]) -> None:
    assert order(values, direction) == lowest


def test_the_nearest_to_a_number_come_first_where_one_is_given() -> None:
    assert order(SQUARES, near=20.0) == [16, 25, 9]


def test_what_is_not_resolved_is_no_end() -> None:
    known, residuals = tensor([-1000.0, *SQUARES]), tensor([2 * RESOLVED, *[1e-6] * len(SQUARES)])
    assert -3 < wanted(None, 1, known, residuals, 1).shift < 1
    assert wanted(None, 1, known, torch.ones_like(known), 1) is None


@pytest.mark.parametrize("direction, values, near", [
    (1, SQUARES, None), (-1, [-value for value in SQUARES], None), (0, SQUARES, 16.0), (0, SQUARES, 20.5), (1, [0.0, 1.0, 1.0], None), (1, [5.0], None)])
def test_the_shift_is_on_no_eigenvalue_and_nearest_to_those_wanted(direction: int, values: list[float], near: float | None) -> None:
    known = tensor(values)
    found = wanted(near, direction, known, torch.full_like(known, 1e-6), 3)
    distances = (known - found.shift).abs()
    assert distances.min() > 1e-3 * distances[:3].max()
    assert sorted(known[distances.argsort()][:3].tolist()) == sorted(known[found.order(known)][:3].tolist())


@pytest.mark.parametrize("name, expected", [
    ("string", 1), ("negative", -1), ("oscillator", 1), ("well", 1), ("not self-adjoint", 1), ("cantilever", 1), ("elastic", 1), ("cube", 1),
    ("small units", 1), ("endless", 0), ("Steklov", 0), ("both signs", 0)])
def test_the_end_of_a_spectrum_shows_in_rough_functions(name: str, expected: int) -> None:
    both_signs = on_line(Interval(-1, 2), lambda u, x: -diff(u, x, x), 1, weight=lambda x: x)
    problem = both_signs if name == "both signs" else KNOWN[name].problem(1)
    with torch.no_grad():
        assert Pencil.of(collocation(problem, **SMALL)).direction == expected


def test_the_first_look_is_beside_the_number_asked_for_or_outside_zero() -> None:
    assert first_look(7.0, 1, 0.5).shift == 6.5
    assert [first_look(None, direction, 2.0).shift for direction in (1, -1, 0)] == [-2, 2, -2]
