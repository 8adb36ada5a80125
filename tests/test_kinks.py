"""Where coefficients jump or bend along a coordinate, solutions may bend too: the places are found, and are no obstacle."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from compute_problems import SMALL, collocation

from pinnaux import (
    Condition,
    Disk,
    Field,
    Interval,
    Parameter,
    Problem,
    Rectangle,
    TimeInterval,
    abs,
    diff,
    laplacian,
    maximum,
    sign,
    sin,
    where,
)
from pinnaux.architecture import embedding
from pinnaux.kinks import Kink, kink_places
from pinnaux.plan import Plan
from pinnaux.solution import Solution
from pinnaux.symbolic.scalar import Expr
from pinnaux.trainers.automatic import Automatic
from pinnaux.verdict import Verdict

domain = Rectangle((-2, 0), (2, 1)) * TimeInterval(0, 3)
x, y, t = domain.coordinates
u, k = Field("u", domain), Parameter("k", initial=1.0)


@pytest.mark.parametrize("formula, places", [
    (where(x < 0.3, 1, 10) * u, {"x": (0.3,)}), (where(abs(x) < 1, u, 0), {"x": (-1, 1)}), (where(x**2 >= 2, 1, 2), {"x": (-math.sqrt(2), math.sqrt(2))}),
    (where((x > 1) & ~(t <= 2), u, 0) + where(x > 1, 1, 2), {"x": (1,), "t": (2,)}), (abs(y - 0.25) * diff(u, x), {"y": (0.25,)}),
    (maximum(2 * t, 1) + sign(x), {"t": (0.5,), "x": (0,)}), (where(x < 5, 1, 0), {}), (where(x < -2, 1, 0), {}),
    (where(u > 0, 1, 2), {}), (where(x + y < 1, 1, 2), {}), (where(x < k, 1, 2), {}), (sign(sin(50 * x)), {})])
def test_places_are_where_a_known_function_of_one_coordinate_takes_another_branch(formula: Expr, places: dict[str, tuple[float, ...]]) -> None:
    found = {name: own for name, own in kink_places([formula], domain).items() if own}
    assert found.keys() == places.keys()
    assert all(found[name] == pytest.approx(own, abs=1e-12) for name, own in places.items())


def test_periodic_coordinates_have_none() -> None:
    ring = Interval(0, 1, periodic=("x",))
    assert kink_places([where(ring.coordinates[0] < 0.5, 1, 2)], ring) == {}


def test_unknowns_are_as_smooth_as_their_highest_derivatives_along_the_coordinate() -> None:
    w = Field("w", domain, depends_on=(t,))
    heat = Condition("heat", diff(u, t) == laplacian(u) + where(x < 1, 1, 0) + where(t < 1, 0, w), on=domain)
    edge = Condition("edge", u == where(y < 0.5, 1, 0), on=domain.boundary)
    plan = Plan.of(Problem([u, w], [heat, edge, Condition("rate", diff(w, t) == -w, on=domain)]))
    assert [[(kink.coordinate, round(kink.place, 9), kink.order) for kink in kinks] for kinks in plan.kinks] == [[("x", 1, 2), ("t", 1, 1)], [("t", 1, 1)]]
    assert [plan.inputs(group) for group in plan.groups] == [5, 2]
    assert "\nu: a coefficient changes, and with it may jump ∂xx at x = 1, ∂t at t = 1\n" in str(plan)


def test_around_an_axis_functions_of_the_place_bend_where_the_radius_has_a_kink() -> None:
    disk = Rectangle((0, 0), (1, 2 * math.pi)).polar()
    field = Field("f", disk)
    layer = embedding((field,), disk, (Kink("r", 0.5, 2),))
    assert layer.width == embedding((field,), disk).width + 1
    assert not embedding((Field("g", Disk((0, 0), 1)),), Disk((0, 0), 1)).width == 3


def error(problem: Problem, steps: int) -> float:
    """The relative error after some steps with few features."""
    compiled = collocation(problem, **{**SMALL, "pilot_features": 120})
    trainer = Automatic(compiled)
    with torch.no_grad():
        state = trainer.init()
        for _ in range(steps):
            state, _ = trainer.step(state)
    return Solution(problem, compiled, state.best.ansatz, state.best.theta, Verdict("steps", "", 1e-4)).errors()["u"]


def loaded_half() -> Problem:
    """u'' = 1 on the right half, 0 on the left: a parabola and a line."""
    line = Interval(-1, 1)
    (z,), v = line.coordinates, Field("u", line)
    exact = where(z > 0, z**2 / 2, 0) - (z + 1) / 4
    return Problem([v], [Condition("balance", diff(v, z, z) == where(z > 0, 1, 0), on=line), Condition("ends", v == 0, on=line.boundary)], exact={"u": exact})


def layered_plate() -> Problem:
    """Δu = f with an f that jumps across a line of a square, and depends on the other coordinate."""
    square = Rectangle((-1, -1), (1, 1))
    (a, b), v = square.coordinates, Field("u", square)
    bump = where(a > 0.2, (a - 0.2) ** 2, 0)
    exact = bump * sin(b)
    source = where(a > 0.2, 2 - (a - 0.2) ** 2, 0) * sin(b)
    return Problem([v], [Condition("balance", laplacian(v) == source, on=square), Condition("edge", v == exact, on=square.boundary)], exact={"u": exact})


@pytest.mark.parametrize("problem, bound", [(loaded_half, 1e-10), (layered_plate, 1e-3)])
def test_a_source_that_jumps_is_no_obstacle(problem: Callable[[], Problem], bound: float) -> None:
    assert error(problem(), 3) < bound
