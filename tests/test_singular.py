"""Singular functions at corners: which exponents, of which equations, and that they span what is known of flows and plates there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation
from scipy.optimize import brentq

from pinnaux import (Condition, Field, Observations, Polygon, Problem, Rectangle, TimeInterval, VectorField, atan2, cos, diff, div, dot, grad, laplacian, sin,
                     solve, sqrt)
from pinnaux.architecture import corner_branches
from pinnaux.collocation import Purpose
from pinnaux.jets.spec import JetSpec
from pinnaux.plan import Plan
from pinnaux.singular import Powers, Principal, singular_powers, wall_exponents
from pinnaux.trainers.deep import begin, with_corners
from pinnaux.trainers.features import held_out

square = Rectangle((0, 0), (1, 1))
COUPLED = Principal(coupled=True)
OPENINGS = (0.3, math.pi / 3, 1.4, math.pi / 2, 0.75 * math.pi, math.pi, 1.2 * math.pi, 1.5 * math.pi, 2 * math.pi)


@pytest.mark.parametrize("opening", OPENINGS)
def test_exponents_are_those_of_corner_singularities(opening: float) -> None:
    """Between sides of one kind kπ/ω, between two kinds (k − ½)π/ω; whole ones are polynomials and take a logarithm, as does a jump (0)."""
    found = singular_powers(opening)
    candidates = [k * math.pi / opening for k in range(1, 100)] + [(k - 0.5) * math.pi / opening for k in range(1, 100)]
    small = sorted(s for s in candidates if s <= 4 + 1e-6)
    assert found == Powers(pytest.approx([s for s in small if abs(s - round(s)) > 1e-6]), (0, *(round(s) for s in small if abs(s - round(s)) <= 1e-6)))


def test_a_square_and_a_straight_change_of_name_have_the_logarithms_of_their_kinds() -> None:
    assert singular_powers(math.pi / 2) == Powers((), (0, 1, 2, 3, 4))
    assert singular_powers(math.pi).exponents == pytest.approx((0.5, 1.5, 2.5, 3.5))


def test_exponents_between_walls_are_the_published_ones() -> None:
    """Of a re-entrant right angle 0.544484 and 0.908529 (Williams 1952); of a convex one below 146° there are only complex ones."""
    assert wall_exponents(1.5 * math.pi) == pytest.approx((0.544484, 0.908529), abs=1e-6)
    assert wall_exponents(math.radians(140)) == ()
    assert wall_exponents(2 * math.pi) == pytest.approx((0.5, 1.5, 2.5, 3.5), abs=1e-9)


@pytest.mark.parametrize("opening", [0.9 * math.pi, 1.1 * math.pi, 1.3 * math.pi, 1.5 * math.pi, 1.9 * math.pi])
def test_exponents_between_walls_are_where_a_clamped_plate_has_a_solution(opening: float) -> None:
    """r^(1+λ) f(θ) with f = f' = 0 at both sides: the determinant of its four conditions vanishes at each, and changes its sign nowhere else."""
    def determinant(s: float) -> float:
        rows = []
        for angle in (0.0, opening):
            rows.append([math.cos((s + 1) * angle), math.sin((s + 1) * angle), math.cos((s - 1) * angle), math.sin((s - 1) * angle)])
            rows.append([-(s + 1) * math.sin((s + 1) * angle), (s + 1) * math.cos((s + 1) * angle), -(s - 1) * math.sin((s - 1) * angle), (s - 1) * math.cos((s - 1) * angle)])
        return float(np.linalg.det(np.array(rows)))

    grid = np.linspace(0.05, 3.95, 3000)
    values = [determinant(s) for s in grid]
    signs = [brentq(determinant, low, high, xtol=1e-13) for low, high, first, last in zip(grid, grid[1:], values, values[1:]) if first * last < 0]
    expected = [s for s in signs if abs(s - round(s)) > 1e-5]
    assert [s for s in wall_exponents(opening) if 0.05 < s < 3.95] == pytest.approx(expected, abs=1e-7)


def flow(inertia: float = 0.0) -> Problem:
    velocity, p = VectorField("velocity", square, components=("u", "v")), Field("p", square)
    x, y = square.coordinates
    return Problem([velocity, p], [
        Condition("momentum", inertia * dot(grad(velocity), velocity) + grad(p) == laplacian(velocity), on=square), Condition("mass", div(velocity) == 0, on=square),
        Condition("walls", velocity == (0, 0), on=square.boundary["left", "right", "bottom"]), Condition("lid", velocity == (x * (1 - x), 0), on=square.boundary["top"]),
        Condition("level", p == 0, on=Observations({"x": [1.0], "y": [0.0]}, square))])


def single(equation: Callable[[Field], object]) -> Problem:
    u = Field("u", square)
    return Problem([u], [Condition("equation", equation(u) == 1, on=square), Condition("rim", u == 0, on=square.boundary)])


def reaction() -> Problem:
    u, v = Field("u", square), Field("v", square)
    return Problem([u, v], [Condition("first", laplacian(u) == u * v, on=square), Condition("second", laplacian(v) == u - v, on=square)])


@pytest.mark.parametrize("problem, expected", [
    (single(laplacian), Principal(False, False)), (single(lambda u: laplacian(u) + u), Principal(True, False)), (single(lambda u: laplacian(laplacian(u))), COUPLED),
    (flow(), COUPLED), (flow(1.0), Principal(True, True)), (reaction(), Principal(True, False))], ids=["Poisson", "Helmholtz", "plate", "slow flow", "flow", "reaction"])
def test_what_equations_do_to_their_unknowns_decides_which_functions_there_are(problem: Problem, expected: Principal) -> None:
    plan = Plan.of(problem)
    assert plan.principal(plan.groups[0]) == expected


def test_time_derivatives_couple_nothing() -> None:
    domain = square * TimeInterval(0, 1)
    (x, y, t), u, v = domain.coordinates, Field("u", domain), Field("v", domain)
    plan = Plan.of(Problem([u, v], [Condition("first", diff(u, t) + diff(v, t) == laplacian(u), on=domain), Condition("second", diff(v, t) == laplacian(v), on=domain)]))
    assert not plan.principal(plan.groups[0]).coupled


def test_coupled_unknowns_are_smooth_where_a_value_is_given_at_a_corner() -> None:
    places = [tuple(branch.network.input.vertex) for branch in branches(flow())]
    assert sorted((round(x), round(y)) for x, y in places) == [(0, 0), (0, 1), (1, 1)]
    u = Field("u", square)
    given = Condition("given", u == 0, on=square.where((square.coordinates[0] == 0) & (square.coordinates[1] == 0)))
    plan = Plan.of(Problem([u], [Condition("equation", laplacian(u) == 1, on=square), given]))
    assert [place.tolist() for place in plan.given_places] == [[0, 0]]
    assert len(corner_branches(plan.groups[0], square, plan.principal(plan.groups[0]), plan.given_places)) == 4


def branches(problem: Problem) -> list:
    plan = Plan.of(problem)
    return corner_branches(plan.groups[0], problem.domain, plan.principal(plan.groups[0]), plan.given_places)


def fitted(opening: float, known: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
    """The largest difference between functions (N, k) of r and θ in a sector and the best combinations of singular functions, constants and coordinates."""
    corners = [(0, 0), (1, 0), (math.cos(opening), math.sin(opening))] if opening < math.pi else [(0, 0), (1, 0), (1, 1), (-1, 1), (-1, -1), (0, -1)]
    domain = Polygon(corners)
    velocity, p = VectorField("velocity", domain, components=("u", "v")), Field("p", domain)
    problem = Problem([velocity, p], [Condition("momentum", grad(p) == laplacian(velocity), on=domain), Condition("mass", div(velocity) == 0, on=domain)])
    layer = next(branch.network.input for branch in branches(problem) if np.allclose(branch.network.input.vertex, 0))
    shares = np.random.default_rng(0).random((400, 2))
    r, angle = 1e-3 ** shares[:, 0], opening * shares[:, 1]
    points = torch.as_tensor(np.column_stack([r * np.cos(angle), r * np.sin(angle)]))
    columns = np.column_stack([layer.push(points, JetSpec.closure(2, []))[0].numpy(), np.ones(400), points.numpy()])
    values = known(r, angle)
    scale = np.linalg.norm(columns, axis=0)
    found = np.linalg.lstsq(columns / scale, values, rcond=1e-15)[0]
    return float(np.abs(columns / scale @ found - values).max())


@pytest.mark.parametrize("opening", [1.2, math.pi / 2, 2.5])
def test_the_functions_span_slow_flow_beside_a_lid_whose_speed_grows_from_the_corner(opening: float) -> None:
    """ψ = r² f(θ), f = A + Bθ + C cos 2θ + D sin 2θ with f = 0 at both sides, f' = 1 at the lid and 0 at the wall; p = −4B log r."""
    rows = [[1, 0, 1, 0], [1, opening, math.cos(2 * opening), math.sin(2 * opening)], [0, 1, 0, 2], [0, 1, -2 * math.sin(2 * opening), 2 * math.cos(2 * opening)]]
    a, b, c, d = np.linalg.solve(rows, [0, 0, 1, 0])

    def known(r: np.ndarray, angle: np.ndarray) -> np.ndarray:
        f, slope = a + b * angle + c * np.cos(2 * angle) + d * np.sin(2 * angle), b - 2 * c * np.sin(2 * angle) + 2 * d * np.cos(2 * angle)
        outwards, around = r * slope, -2 * r * f
        return np.column_stack([outwards * np.cos(angle) - around * np.sin(angle), outwards * np.sin(angle) + around * np.cos(angle), -4 * b * np.log(r)])

    assert fitted(opening, known) < 1e-10


@pytest.mark.parametrize("number", [0, 1])
def test_the_functions_span_slow_flow_around_a_re_entrant_corner(number: int) -> None:
    """ψ = r^(1+λ) f(θ) with the two exponents between walls, symmetric and not; p has the power λ − 1."""
    opening, s = 1.5 * math.pi, wall_exponents(1.5 * math.pi)[number]
    wave, slope = ((np.cos, lambda z: -np.sin(z)), (np.sin, np.cos))[number]
    half = opening / 2
    a, b = wave((s - 1) * half), -wave((s + 1) * half)

    def known(r: np.ndarray, angle: np.ndarray) -> np.ndarray:
        middle = angle - half
        f, df = a * wave((s + 1) * middle) + b * wave((s - 1) * middle), a * (s + 1) * slope((s + 1) * middle) + b * (s - 1) * slope((s - 1) * middle)
        outwards, around = r**s * df, -(1 + s) * r**s * f
        turned = (np.sin, lambda z: -np.cos(z))[number]
        return np.column_stack([outwards * np.cos(angle) - around * np.sin(angle), outwards * np.sin(angle) + around * np.cos(angle),
                                -4 * s * b * r ** (s - 1) * turned((s - 1) * middle)])

    assert fitted(opening, known) < 1e-8


def test_training_goes_on_from_the_same_functions_when_it_gets_singular_ones() -> None:
    points = collocation(flow(1.0), **SMALL)
    plain = replace(points, corners=False)
    with torch.no_grad():
        before = begin(plain, held_out(plain))
        after = with_corners(points, before)
    assert after.theta.numel() == before.theta.numel() + sum(branch.size for branch in branches(flow(1.0)))
    at = points.domain_points(50, Purpose(0, 1))
    one, other = (state.objective.ansatz.groups[0].push(state.theta, at, JetSpec.closure(2, []))[0] for state in (before, after))
    assert torch.equal(one, other) and after.steps == before.steps


@pytest.mark.slow
def test_slow_flow_around_a_re_entrant_corner_is_solved_with_its_infinite_pressure() -> None:
    """ψ = r^(1+λ) f(θ), whose pressure is r^(λ−1): without these functions the velocity comes to 1e-3 and the pressure to 4e-2."""
    half, s, root = 0.75 * math.pi, wall_exponents(1.5 * math.pi)[0], 0.5**0.5
    domain = Polygon([(0, 0), (-root, -root), (0, -2 * root), (2 * root, 0), (0, 2 * root), (-root, root)])
    x, y = domain.coordinates
    r, angle = sqrt(x**2 + y**2), atan2(y, x)
    a, b = math.cos((s - 1) * half), -math.cos((s + 1) * half)
    around = -(1 + s) * r**s * (a * cos((s + 1) * angle) + b * cos((s - 1) * angle))
    outwards = -r**s * (a * (s + 1) * sin((s + 1) * angle) + b * (s - 1) * sin((s - 1) * angle))
    exact = (outwards * cos(angle) - around * sin(angle), outwards * sin(angle) + around * cos(angle))
    velocity, p = VectorField("velocity", domain, components=("u", "v")), Field("p", domain)
    solution = solve(Problem([velocity, p], [
        Condition("momentum", laplacian(velocity) == grad(p), on=domain), Condition("mass", div(velocity) == 0, on=domain),
        Condition("walls", velocity == (0, 0), on=domain.boundary["edge 0", "edge 5"]), Condition("level", p == 0, on=domain.where((x == 0.5) & (y == 0))),
        Condition("sides", velocity == exact, on=domain.boundary["edge 1", "edge 2", "edge 3", "edge 4"])],
        exact={"velocity": exact, "p": -4 * s * b * r ** (s - 1) * sin((s - 1) * angle)}), time_limit=120)
    assert solution.verdict.status == "accuracy"
    assert max(solution.errors().values()) < 1e-7
