"""Equations of fourth and sixth order with the conditions of the textbooks: beams on every support, plates with free edges."""

from __future__ import annotations

import pytest

from pinnaux import (
    Condition, Field, Interval, Problem, Rectangle, TimeInterval, cos, cosh, diff, dot, exp, grad, hessian, identity, laplacian, pi, sin, solve, trace,
)
from pinnaux.symbolic.scalar import Coordinate, Expr

beam = Interval(0, 1)
x, = beam.coordinates


def derivative(w: Expr, order: int) -> Expr:
    return diff(w, *(x,) * order) if order else w


DEFLECTION, SLOPE, MOMENT, SHEAR = range(4)

# The derivatives that vanish at the left and at the right end, and the deflection under w_xxxx = 1.
SUPPORTS = {
    "clamped and free": ((DEFLECTION, SLOPE), (MOMENT, SHEAR), x**2 * (6 - 4 * x + x**2) / 24),
    "clamped": ((DEFLECTION, SLOPE), (DEFLECTION, SLOPE), x**2 * (1 - x) ** 2 / 24),
    "simply supported": ((DEFLECTION, MOMENT), (DEFLECTION, MOMENT), x * (1 - 2 * x**2 + x**3) / 24),
    "clamped and propped": ((DEFLECTION, SLOPE), (DEFLECTION, MOMENT), x**2 * (3 - 5 * x + 2 * x**2) / 48),
    "clamped and guided": ((DEFLECTION, SLOPE), (SLOPE, SHEAR), x**4 / 24 - x**3 / 6 + x**2 / 6),
}


@pytest.mark.slow
@pytest.mark.parametrize("support", SUPPORTS)
def test_a_beam_bends_as_its_supports_say(support: str) -> None:
    *ends, exact = SUPPORTS[support]
    w = Field("w", beam)
    held = [Condition(f"{side} {order}", derivative(w, order) == 0, on=beam.boundary[side]) for side, orders in zip(("left", "right"), ends)
            for order in orders]
    assert solve(Problem([w], [Condition("beam", derivative(w, 4) == 1, on=beam), *held], exact={"w": exact})).errors()["w"] < 1e-9


@pytest.mark.slow
def test_a_beam_of_varying_stiffness_swings() -> None:
    """w_tt + (EI w_xx)_xx = f with EI = 1 + x and the moment at the ends given."""
    domain = beam * TimeInterval(0, 0.2)
    _, t = domain.coordinates
    exact, w = sin(pi * x) * cos(3 * t) + x * t, Field("w", domain)

    def inertia(u: Expr) -> Expr:
        return diff(u, t, t) + derivative((1 + x) * derivative(u, 2), 2)

    problem = Problem([w], [
        Condition("beam", inertia(w) == inertia(exact), on=domain), Condition("ends", w == exact, on=domain.boundary),
        Condition("moments", derivative(w, 2) == derivative(exact, 2), on=domain.boundary),
        Condition("start", w == exact, on=domain.initial), Condition("speed", diff(w, t) == diff(exact, t), on=domain.initial),
    ], exact={"w": exact})
    assert solve(problem).errors()["w"] < 1e-5


@pytest.mark.slow
def test_an_equation_of_sixth_order_takes_derivatives_at_its_ends() -> None:
    u, exact = Field("u", beam), (1 - x) * exp(x)
    ends = [Condition(f"order {order}", derivative(u, order) == derivative(exact, order), on=beam.boundary) for order in range(3)]
    equation = Condition("equation", derivative(u, 6) + u == derivative(exact, 6) + exact, on=beam)
    assert solve(Problem([u], [equation, *ends], exact={"u": exact})).errors()["u"] < 1e-8


def edge_shear(w: Expr, axis: Coordinate, across: Coordinate, nu: float) -> Expr:
    """Kirchhoff's shear force on an edge normal to `axis`: V = w_nnn + (2 − ν) w_nss."""
    return diff(w, axis, axis, axis) + (2 - nu) * diff(w, axis, across, across)


@pytest.mark.slow
def test_a_plate_with_two_free_edges() -> None:
    plate, nu = Rectangle((0, 0), (1, 1)), 0.3
    (a, b), w, n = plate.coordinates, Field("w", plate), plate.normal
    exact = sin(pi * a) * cosh(b)
    free, held = plate.boundary["bottom", "top"], plate.boundary["left", "right"]

    def bending(u: Expr) -> Expr:
        curvature = hessian(u)
        return dot(dot(nu * trace(curvature) * identity(2) + (1 - nu) * curvature, n), n)

    problem = Problem([w], [
        Condition("plate", laplacian(laplacian(w)) == laplacian(laplacian(exact)), on=plate),
        Condition("held", w == 0, on=held), Condition("hinge", bending(w) == bending(exact), on=held),
        Condition("moment", bending(w) == bending(exact), on=free),
        Condition("shear", edge_shear(w, b, a, nu) == edge_shear(exact, b, a, nu), on=free),
    ], exact={"w": exact})
    assert solve(problem).errors()["w"] < 1e-8


@pytest.mark.slow
def test_slopes_alone_on_the_boundary_and_one_value_determine_a_harmonic_function() -> None:
    plane = Rectangle((0, 0), (1, 1))
    (a, b), u = plane.coordinates, Field("u", plane)
    exact = exp(a) * sin(b)
    problem = Problem([u], [
        Condition("laplace", laplacian(u) == 0, on=plane),
        Condition("flux", dot(grad(u), plane.normal) == dot(grad(exact), plane.normal), on=plane.boundary["left", "right", "top"]),
        Condition("along", diff(u, a) == diff(exact, a), on=plane.boundary["bottom"]),
        Condition("level", u == 0, on=plane.where((a == 0) & (b == 0))),
    ], exact={"u": exact})
    assert solve(problem).errors()["u"] < 1e-8
