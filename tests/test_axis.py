"""The axis of curvilinear coordinates: equations are finite on it, scalars smooth across it, and outputs have their limits there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import cases
import reference
from pinnaux import (
    Box, Condition, Disk, Field, Interval, Problem, Rectangle, Tensor, TimeInterval, VectorField, cos, diff, div, dot,
    exp, grad, laplacian, norm, pi, sin, solve, sqrt,
)
from pinnaux.architecture import embedding
from pinnaux.geometry import Domain
from pinnaux.geometry.frames import in_space, positions
from pinnaux.jets.products import Products
from pinnaux.jets.spec import JetSpec
from pinnaux.axis_values import with_limits
from pinnaux.network import Network
from pinnaux.plan import Plan
from pinnaux.solution import Solution
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.poles import has_pole, without_poles
from pinnaux.symbolic.scalar import Expr

disk = Rectangle((0, 0), (2, 2 * pi)).polar()
ring = Rectangle((1, 0), (2, 2 * pi)).polar()
wedge = Rectangle((0, 0), (1, 1)).polar()
pipe = Rectangle((0, 0), (1, 3)).cylindrical()
ball = Rectangle((0, 0), (2, pi)).spherical()
shell = Box((1, 0, 0), (2, pi, 2 * pi)).spherical()
r, theta = disk.coordinates
ZEROS = {domain: [root for root, _ in domain.zeros] for domain in (disk, ball, shell)}


def at(formulas: tuple[Expr, ...], points: np.ndarray, domain: Domain) -> np.ndarray:
    given = dict(zip(domain.names, points.T))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([np.broadcast_to(evaluate(one, given), len(points)) for one in formulas])


@pytest.mark.parametrize(("domain", "parts"), [
    (disk, ("right",)), (ring, ("left", "right")), (wedge, ("right", "bottom", "top")), (pipe, ("right", "bottom", "top")), (ball, ("right",)),
    (shell, ("left", "right")), (Interval(0, 1).spherical(), ("right",)), (Interval(1, 2).polar(), ("left", "right")),
    (Rectangle((0, 0.5), (1, pi)).spherical(), ("right", "bottom")),
    ((Rectangle((0, 0), (1, 4)) - Disk((0, 2), 0.5)).cylindrical(), ("right", "bottom", "top", "circle")),
])
def test_the_axis_is_no_boundary(domain: Domain, parts: tuple[str, ...]) -> None:
    assert domain.boundary_names == parts
    points = domain.boundary.sample(200, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(points.normals, axis=1), 1, rtol=1e-12)
    assert (points.coordinates[:, 0] > 1e-6).all()


@pytest.mark.parametrize(("formula", "text"), [
    (lambda u: laplacian(u), "u_rr*r^2 + u_{theta,theta} + u_r*r"),
    (lambda u: dot(grad(u), grad(u)) - u, "u_r^2*r^2 + u_{theta}^2 - u*r^2"),
    (lambda u: diff(u, r) - 3, "u_r - 3"),
    (lambda u: r * diff(u, r) / r, "u_r"),
    (lambda u: u * laplacian(u) / (1 + r), None),
    (lambda u: (u + diff(u, theta) / r) ** 3 + r * u, None),
    (lambda u: laplacian(laplacian(u)), None),
])
def test_an_equation_times_powers_of_the_radius_has_no_pole(formula, text: str | None) -> None:
    explicit = exp(r * cos(theta)) + sin(r) * cos(2 * theta)
    regular, orders = without_poles(formula(Field("u", disk)), ZEROS[disk])
    assert not has_pole(regular, ZEROS[disk])
    assert text is None or str(regular) == text
    original, (cleared, orders) = formula(explicit), without_poles(formula(explicit), ZEROS[disk])
    points = disk.interior.sample(20, np.random.default_rng(1)).coordinates
    factors = at(ZEROS[disk], points, disk)
    expected = at((original,), points, disk) * np.prod([factor**order for factor, order in zip(factors, orders)], axis=0)
    np.testing.assert_allclose(at((cleared,), points, disk), expected, rtol=1e-9, atol=1e-9)
    points[:, 0] = 0
    assert np.isfinite(at((cleared,), points, disk)).all()


def test_the_poles_of_a_divisor_are_zeros_of_the_quotient() -> None:
    u = Field("u", disk)
    assert str(without_poles(1 / (diff(u, r) + u / r), ZEROS[disk])[0]) == "r/(u_r*r + u)"


def test_in_spherical_coordinates_the_sine_of_the_polar_angle_is_taken_out_too() -> None:
    u = Field("u", ball)
    regular, orders = without_poles(laplacian(u), ZEROS[ball])
    assert orders == (2, 1) and not has_pole(regular, ZEROS[ball])
    assert without_poles(laplacian(Field("w", shell)), ZEROS[shell])[1] == (2,)     # of the sine alone: there is no r = 0 in a shell
    assert ring.zeros == () and len(ZEROS[ball]) == 2


def test_a_division_inside_a_function_is_a_pole_that_stays() -> None:
    u = Field("u", disk)
    assert has_pole(norm(grad(u)), ZEROS[disk]) and not has_pole(sqrt(u) / (1 + u), ZEROS[disk])
    assert without_poles(norm(grad(u)), ZEROS[disk])[1] == (0,)


def test_cartesian_equations_stay_as_they_are() -> None:
    domain = Rectangle((0, 0), (1, 1))
    x, _ = domain.coordinates
    formula = Field("u", domain) / x
    assert without_poles(formula, ())[0] is formula
    assert Condition("c", formula == 0, on=domain).residuals[0] is formula


def test_a_condition_is_the_equation_away_from_the_axis_and_finite_on_it() -> None:
    u = Field("u", disk)
    (residual,) = Condition("c", laplacian(u) == 0, on=disk).residuals
    assert str(residual) == "(u_rr*r^2 + u_{theta,theta} + u_r*r)/(r^2 + 0.04)"
    assert [size for _, size in ball.zeros] == [2.0, 1.0]


def test_components_that_say_nothing_are_left_out() -> None:
    flow = VectorField("flow", pipe, components=("u", 0, "w"))
    condition = Condition("c", laplacian(flow) == (0, 0, 0), on=pipe)
    assert condition.component_names == ("c[0]", "c[2]") and len(condition.residuals) == 2


# A domain, the coordinates a field depends on, and the functions that its networks start from: places, or their squares around the axis.
AROUND = {
    "disk": (disk, "r theta", lambda r, a: (r / 2 * np.cos(a), r / 2 * np.sin(a))),
    "disk, radius only": (disk, "r", lambda r: ((r / 2) ** 2,)),
    "radius": (Interval(0, 2).polar(), "r", lambda r: ((r / 2) ** 2,)),
    "axisymmetric": (pipe, "r z", lambda r, z: (r**2, (z - 1.5) / 1.5)),
    "axisymmetric in time": (pipe * TimeInterval(0, 2), "r z t", lambda r, z, t: (r**2, (z - 1.5) / 1.5, t - 1)),
    "cylinder": (Box((0, 0, 0), (1, 2 * pi, 2), periodic="z").cylindrical(), "r theta z",
                 lambda r, a, z: (r * np.cos(a), r * np.sin(a), np.cos(np.pi * z), np.sin(np.pi * z))),
    "ball, axisymmetric": (ball, "r theta", lambda r, a: (r / 2 * np.cos(a), (r / 2 * np.sin(a)) ** 2)),
    "ball, radius": (Interval(0, 2).spherical(), "r", lambda r: ((r / 2) ** 2,)),
    "shell": (shell, "r theta phi", lambda r, a, b: (r / 2 * np.cos(a), r / 2 * np.sin(a) * np.cos(b), r / 2 * np.sin(a) * np.sin(b))),
}


@pytest.mark.parametrize("name", AROUND)
def test_scalars_around_an_axis_are_functions_of_the_place(name: str) -> None:
    domain, coordinates, expected = AROUND[name]
    chosen = tuple(one for one in domain.coordinates if one.name in coordinates.split())
    u = Field("u", domain, depends_on=chosen)
    points = domain.interior.sample(9, np.random.default_rng(1)).coordinates[:, [domain.names.index(one.name) for one in chosen]]
    layer = embedding((u,), domain)
    found = layer.push(torch.from_numpy(points), JetSpec.closure(points.shape[1], []))[0].numpy()
    assert u.is_smooth and isinstance(layer, Products)
    np.testing.assert_allclose(found, np.column_stack(expected(*points.T)), atol=1e-12)
    assert Plan.of(Problem([u], [Condition("c", u == 0, on=domain)])).inputs((u,)) == layer.width


@pytest.mark.parametrize("field", [
    Field("u", ring), Field("u", wedge), Field("u", Rectangle((0, 0), (1, 1), periodic="y").polar()), Field("u", disk, depends_on=(theta,)),
    VectorField("v", disk)[0], Field("u", Rectangle((0, 0.5), (1, 1)).spherical()), Field("u", Rectangle((0, 0), (1, 1))),
])
def test_what_is_no_scalar_around_an_axis_is_a_function_of_the_coordinates(field: Field) -> None:
    assert not field.is_smooth and not isinstance(embedding((field,), field.domain), Products)


def test_scalars_and_components_of_vectors_have_networks_of_their_own_around_an_axis() -> None:
    u, v = Field("u", disk), VectorField("v", disk)
    same, w = Field("p", ring), VectorField("w", ring)
    assert len(Plan.of(Problem([u, v], [Condition("a", u == 0, on=disk), Condition("b", v == (0, 0), on=disk)])).groups) == 2
    assert len(Plan.of(Problem([same, w], [Condition("a", same == 0, on=ring), Condition("b", w == (0, 0), on=ring)])).groups) == 1


def test_the_laplacian_of_a_network_is_the_cartesian_one_by_nested_differentiation() -> None:
    """u(x, y) by its own chain of functions, differentiated in x and y; and the polar formula on the jet in r and θ."""
    u = Field("u", disk)
    network = Network.dense(embedding((u,), disk), (8,), 1, "tanh")
    parameters = 0.7 * cases.normal(network.size, seed=5)
    points = disk.interior.sample(12, np.random.default_rng(2)).coordinates
    spec = JetSpec.closure(2, [(2, 0), (0, 2)])
    jet = network.push(parameters, torch.from_numpy(points), spec)[0][:, :, 0].numpy()
    of = {index: jet[channel] for index, channel in spec.position.items()}
    polar = of[2, 0] + of[1, 0] / points[:, 0] + of[0, 2] / points[:, 0] ** 2

    def plain(places: torch.Tensor) -> torch.Tensor:
        angle = torch.atan2(places[:, 1], places[:, 0])
        return reference.values(network, parameters, torch.stack([torch.hypot(*places.T), angle], dim=1))

    flat = reference.jet(plain, torch.from_numpy(positions(disk.frame, points)), spec)[:, :, 0].detach().numpy()
    np.testing.assert_allclose(polar, flat[spec.position[2, 0]] + flat[spec.position[0, 2]], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("domain", "place"), [
    (disk, lambda r, a: (r * cos(a), r * sin(a), 0.3)), (Box((0, 0, 0), (1, 2 * pi, 1)).cylindrical(), lambda r, a, z: (r * cos(a), r * sin(a), z)),
    (shell, lambda r, a, b: (r * sin(a) * cos(b), r * sin(a) * sin(b), r * cos(a))),
])
def test_outputs_have_their_limits_on_the_axis(domain: Domain, place) -> None:
    """The gradient and the Laplacian of a function of the place, also where they are 0/0: on r = 0, on θ = 0 and θ = π."""
    cartesian = Box((-3, -3, -3), (3, 3, 3))
    f = lambda x, y, z: sin(x + 0.5 * y) * exp(z / 2) + x * y  # noqa: E731
    x = cartesian.coordinates
    points = domain.interior.sample(12, np.random.default_rng(3)).coordinates
    if domain.system == "spherical":
        points[:6, 1], points[6:, 1] = 0, np.pi
    else:
        points[:, 0] = 0
    places = positions(domain.frame, points)
    places = np.pad(places, ((0, 0), (0, 3 - places.shape[1])), constant_values=0.3)
    u = f(*place(*domain.coordinates))
    formulas = (*grad(u).components, laplacian(u), u)
    found = with_limits(lambda chosen, where: at(tuple(chosen), where, domain), formulas, points, domain)
    size = len(domain.frame.axes)
    flat = f(*x)
    expected = at(grad(flat).components, places, cartesian)[:size].T
    np.testing.assert_allclose(in_space(domain.frame, points, found[:size].T), expected, atol=1e-5)
    second = sum(at((diff(flat, one, one),), places, cartesian)[0] for one in x[:size])
    np.testing.assert_allclose(found[-2], second, atol=1e-4)
    np.testing.assert_allclose(found[-1], at((flat,), places, cartesian)[0], atol=1e-14)


def solved(domain: Domain, equation, exact, time_limit: float = 100) -> Solution:
    """-Δu = f with the values of the exact solution on the boundary."""
    u = Field("u", domain)
    return solve(Problem([u], [Condition("balance", equation(u) == equation(exact), on=domain), Condition("rim", u == exact, on=domain.boundary)],
                         exact={"u": exact}), time_limit=time_limit)


def test_a_function_of_the_radius_needs_no_condition_at_the_centre() -> None:
    domain = Interval(0, 1).polar()
    radius, = domain.coordinates
    solution = solved(domain, laplacian, exp(-(radius**2)))
    assert solution.errors()["u"] < 1e-8
    values = solution(np.array([[0.0], [0.5]]))["u"]
    np.testing.assert_allclose(values, np.exp([0, -0.25]), rtol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["disk", "ball", "plate"])
def test_a_problem_around_an_axis_is_solved(name: str) -> None:
    """Poisson on a disk and in a ball, and a plate: cos 2θ satisfies Δ²w = 0 off the axis and is no solution."""
    if name == "plate":
        domain = Rectangle((0, 0), (1, 2 * pi)).polar()
        radius, _ = domain.coordinates
        w, n, nu = Field("w", domain), domain.normal, 0.3
        bend = grad(grad(w))
        conditions = [Condition("plate", laplacian(laplacian(w)) == 1, on=domain), Condition("edge", w == 0, on=domain.boundary),
                      Condition("moment", nu * laplacian(w) + (1 - nu) * dot(dot(bend, n), n) == 0, on=domain.boundary)]
        exact = (1 - radius**2) * ((5 + nu) / (1 + nu) - radius**2) / 64
        assert solve(Problem([w], conditions, exact={"w": exact})).errors()["w"] < 1e-6
        return
    domain = disk if name == "disk" else ball
    radius, angle = domain.coordinates
    x, y = radius * cos(angle), radius * sin(angle)
    exact = exp(x / 2) * cos(y) if name == "disk" else exp(x / 2) * (1 + y**2)
    assert solved(domain, laplacian, exact).errors()["u"] < 1e-7


@pytest.mark.slow
def test_flow_through_a_pipe_is_poiseuilles() -> None:
    radius, z = pipe.coordinates
    velocity, p, viscosity = VectorField("velocity", pipe, components=("u", 0, "w")), Field("p", pipe), 0.1
    profile = (0, 0, 1 - radius**2)
    solution = solve(Problem([velocity, p], [
        Condition("momentum", dot(grad(velocity), velocity) + grad(p) == viscosity * laplacian(velocity), on=pipe),
        Condition("mass", div(velocity) == 0, on=pipe),
        Condition("inflow", velocity == profile, on=pipe.boundary["bottom"]),
        Condition("wall", velocity == (0, 0, 0), on=pipe.boundary["right"]),
        Condition("outflow", Tensor((velocity[0], p)) == (0, 0), on=pipe.boundary["top"]),
    ], outputs={"velocity": velocity, "p": p, "spin": grad(velocity)}, exact={"velocity": profile, "p": 4 * viscosity * (3 - z)}))
    assert max(solution.errors().values()) < 1e-6
    on_axis = solution(np.array([[0.0, 1.0], [0.0, 2.0]]))
    assert np.isfinite(on_axis["spin"]).all() and np.abs(on_axis["velocity"][:, 2] - 1).max() < 1e-6
