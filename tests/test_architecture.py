"""Which networks a problem gets: scaled inputs, and singular functions at corners whose cuts stay outside."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from cases import normal
from compute_problems import collocation, conductivity, everything, oscillator, plate, ring, source
from reference import assert_same

from pinnaux import Condition, Disk, Field, Interval, Polygon, Problem, Rectangle, TimeInterval, laplacian
from pinnaux.architecture import corner_branches, cut_radius, embedding, start, wide, with_branches
from pinnaux.collocation import Purpose
from pinnaux.evaluate import parameter_value
from pinnaux.geometry.domain import Domain
from pinnaux.jets.inputs import CornerFunctions
from pinnaux.jets.spec import JetSpec
from pinnaux.plan import Plan

l_shape = Polygon([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)])
VALUES = JetSpec.closure(2, [])


def layers(domain: Domain) -> list[CornerFunctions]:
    """The input layers of the corner branches of one field on the domain."""
    return [branch.network.input for branch in corner_branches([Field("u", domain)], domain)]


@pytest.mark.parametrize("problem", [plate, oscillator, source, everything])
def test_inputs_are_scaled_to_the_domain(problem) -> None:
    declared = problem()
    for group in Plan.of(declared).groups:
        layer = embedding(group, declared.domain)
        names = [coordinate.name for coordinate in group[0].coordinates]
        ends = torch.tensor(declared.domain.bounds[[declared.domain.names.index(name) for name in names]].T)
        found = layer.push(ends, JetSpec.closure(len(names), []))[0]
        assert_same(found, torch.tensor([[-1.0] * len(names), [1.0] * len(names)], dtype=torch.float64), 1e-14, 0)


def test_a_periodic_coordinate_goes_once_around_the_circle() -> None:
    problem = ring()
    around = torch.tensor([[0.0], [0.5], [1.0], [2.0]], dtype=torch.float64)
    found = embedding(problem.unknowns, problem.domain).push(around, JetSpec.closure(1, []))[0]
    assert_same(found[0], found[3], 1e-14)
    assert found.norm(dim=1).tolist() == pytest.approx([1, 1, 1, 1])
    assert_same(found[0], -found[2], 1e-14)
    assert (found[0] @ found[1]).item() == pytest.approx(0, abs=1e-14)


def test_a_square_has_its_functions_at_its_vertices() -> None:
    vertices = {tuple(round(coordinate, 9) for coordinate in layer.vertex) for layer in layers(Rectangle((0, 0), (1, 1)))}
    assert vertices == {(0, 0), (1, 0), (1, 1), (0, 1)}


def test_an_l_shape_has_the_functions_of_its_re_entrant_corner_everywhere() -> None:
    layer = max(layers(l_shape), key=lambda one: one.opening)
    assert layer.vertex == pytest.approx((0, 0), abs=1e-12) and layer.opening == pytest.approx(1.5 * math.pi)
    assert layer.exponents[:2] == pytest.approx((1 / 3, 2 / 3))
    assert layer.radius == 0


def jumps(domain: Domain, layer: CornerFunctions, cells: int = 160) -> tuple[np.ndarray, float]:
    """The largest jump of each function between neighbours on a fine grid, both in the domain as is what lies between; and their distance."""
    low, high = domain.bounds[:2].T
    grid = np.stack(np.meshgrid(*[np.linspace(low[i] - 1e-3, high[i] + 1.3e-3, cells) for i in range(2)], indexing="ij"), axis=-1)
    value = layer.push(torch.tensor(grid.reshape(-1, 2)), VALUES)[0].reshape(cells, cells, -1).numpy()
    found, apart = np.zeros(layer.width), 0.0
    later, earlier, every = slice(1, None), slice(None, -1), slice(None)
    for first, second in (((later, every), (earlier, every)), ((every, later), (every, earlier))):
        ends = [grid[first].reshape(-1, 2), grid[second].reshape(-1, 2)]
        joined = np.all([domain.contains(points) for points in (*ends, 0.5 * (ends[0] + ends[1]))], axis=0)
        found = np.maximum(found, np.abs(value[first] - value[second]).reshape(-1, layer.width)[joined].max(axis=0))
        apart = max(apart, np.linalg.norm(ends[0] - ends[1], axis=1).max())
    return found, apart


def steepest(layer: CornerFunctions, apart: float, reach: float) -> np.ndarray:
    """How much the functions, times their bump, change over the distance `apart` within `reach` of the corner; anything for the angle."""
    r, bounds = np.linspace(apart, reach, 200), []
    for s in layer.exponents:
        # The bump (1 − q²)⁶ falls by at most 4 over its radius.
        bump = 4 * layer.radius ** (s - 1) if layer.radius else 0
        bounds += 2 * [max(1.5 * apart**s, apart * (1.5 * s * reach ** (s - 1) + bump))]
    for k in layer.logs:
        size = np.abs(np.log(r)) + 2 * np.pi
        bump = 4 * (r**k * size).max() / layer.radius if layer.radius else 0
        bounds += 2 * [1.5 * apart * ((r ** (k - 1) * (k * size + 1)).max() + bump)] if k else [np.inf]
    return np.array(bounds)


holed = {
    "L": l_shape,
    "U": Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)]),
    "square hole": Rectangle((0, 0), (4, 4)) - Rectangle((1, 1), (2, 2)),
    "small hole": Rectangle((0, 0), (4, 4)) - Rectangle((1.9, 1.9), (2.1, 2.1)),
    "two holes": Rectangle((0, 0), (4, 4)) - Rectangle((1, 1), (1.5, 1.5)) - Rectangle((1.7, 1.7), (2.5, 2.5)),
    "hook": Polygon([(0, 0), (4, 0), (4, 4), (1, 4), (1, 2), (2, 2), (2, 3), (3, 3), (3, 1), (0, 1)]),
    "step": Polygon([(0, 0), (3, 0), (3, 2), (1, 2), (1, 1), (0, 1)]),
}


@pytest.mark.parametrize("name", holed)
def test_no_cut_of_a_corner_function_crosses_the_domain(name: str) -> None:
    domain = holed[name]
    found = layers(domain)
    assert found
    for layer in found:
        jump, apart = jumps(domain, layer)
        reach = layer.radius or np.linalg.norm(domain.bounds[:, 1] - domain.bounds[:, 0])
        assert (jump <= steepest(layer, apart, reach)).all()


def test_a_square_hole_gets_bumps_that_end_within_the_hole_behind_its_corner() -> None:
    found = layers(holed["square hole"])
    bumped = [layer for layer in found if layer.opening > math.pi]
    assert len(bumped) == 4 and not any(layer.radius for layer in found if layer not in bumped)
    for layer in bumped:
        assert 0.9 * math.sqrt(2) < layer.radius < math.sqrt(2)


def test_where_nothing_lies_behind_a_corner_there_is_no_bump() -> None:
    assert [cut_radius(corner, l_shape) for corner in l_shape.corners] == [0] * len(l_shape.corners)


def test_corner_functions_are_for_unknowns_of_both_planar_coordinates_only() -> None:
    over_time = l_shape * TimeInterval(0, 2)
    x, y, t = over_time.coordinates
    assert all(branch.network.input.time[:2] == (0, 2) for branch in corner_branches([Field("u", over_time)], over_time))
    steady = corner_branches([Field("s", over_time, depends_on=(x, y))], over_time)
    assert len(steady) == 6 and all(branch.network.input.time is None for branch in steady)
    assert corner_branches([Field("q", over_time, depends_on=(x, t))], over_time) == []
    assert corner_branches([Field("w", Interval(0, 1))], Interval(0, 1)) == []
    smooth = Disk((0, 0), 1)
    assert corner_branches([Field("v", smooth)], smooth) == []


def l_problem() -> Problem:
    u = Field("u", l_shape)
    return Problem([u], [Condition("balance", -laplacian(u) == 1, on=l_shape), Condition("edge", u == 0, on=l_shape.boundary)])


@pytest.mark.parametrize("problem", [plate, everything, conductivity, l_problem])
def test_a_wide_ansatz_starts_at_zero_with_parameters_at_their_initial_values(problem) -> None:
    points = collocation(problem())
    ansatz = wide(points, "tanh", 2.0, 300, Purpose(0, 1))
    theta = start(ansatz, points)
    *groups, numbers = ansatz.split(theta)
    for number, (group, own) in enumerate(zip(ansatz.groups, groups)):
        axes = points.axes(number)
        jet, _ = group.push(own, points.domain_points(20, Purpose(0, 2))[:, axes], JetSpec.closure(len(axes), []))
        assert (jet == 0).all()
    for parameter, free in zip(points.plan.problem.parameters, numbers):
        assert parameter_value(parameter, free).item() == pytest.approx(parameter.initial, rel=1e-14)


def test_a_wide_ansatz_has_about_as_many_parameters_as_asked_for_and_corner_functions_beside() -> None:
    for problem in (plate(), everything(), l_problem()):
        ansatz = wide(collocation(problem), "sin", 2.0, 600, Purpose(0, 1))
        corners = sum(branch.size for plan in [Plan.of(problem)] for group in plan.groups
                      for branch in corner_branches(group, problem.domain, plan.principal(group)))
        assert ansatz.size - corners == pytest.approx(600, rel=0.05)


@pytest.mark.parametrize("scale", [0.01, 10.0])
def test_the_scale_of_the_features_is_their_steepness(scale: float) -> None:
    """The root mean square slope w·cos z of sin features grows with the scale, where cos z is 1 or takes all values."""
    points = collocation(plate())
    spec, slopes = JetSpec.closure(2, [(1, 0)]), []
    for steepness in (scale, 4 * scale):
        (group,) = wide(points, "sin", steepness, 400, Purpose(0, 1)).groups
        _, ((features, *_), *_) = group.push(normal(group.size), points.domain_points(200, Purpose(0, 2)), spec)
        slopes.append(features[1].square().mean().sqrt().item())
    assert slopes[1] / slopes[0] == pytest.approx(4, rel=0.02)


@pytest.mark.parametrize("reaction, beside", [(0, ()), (1, (7 / 3, 8 / 3, 10 / 3, 11 / 3))], ids=["Poisson", "Helmholtz"])
def test_singular_functions_are_there_times_the_squared_radius_where_an_equation_holds_the_unknown(reaction: int, beside: tuple[float, ...]) -> None:
    """r² times r^s e^(isθ) is the conjugated function of the exponent s + 2."""
    u = Field("u", l_shape)
    problem = Problem([u], [Condition("balance", laplacian(u) + reaction * u == 1, on=l_shape), Condition("rim", u == 0, on=l_shape.boundary)])
    collocated = collocation(problem)
    group = with_branches(collocated, collocated.plan.groups[0], [])
    sharpest = max((branch.network.input for branch in group.branches), key=lambda layer: layer.opening)
    assert sharpest.conjugated == pytest.approx(beside) and sharpest.exponents[:4] == pytest.approx((1 / 3, 2 / 3, 4 / 3, 5 / 3))
