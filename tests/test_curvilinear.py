"""Operators in polar, cylindrical and spherical coordinates against those in Cartesian ones, on the same functions of space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from pinnaux import (
    Box, Field, Interval, Polygon, Rectangle, Tensor, cos, cross, curl, div, dot, exp, grad, hessian, identity, laplacian, outer, sin, sym, trace,
    transpose,
)
from pinnaux.geometry import Domain
from pinnaux.geometry.frames import coordinates_at, in_space, positions, scale_factors, unit_vectors
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Expr

Formula = Expr | Tensor
Scalar = Callable[..., Expr]


@dataclass(frozen=True, eq=False)
class Case:
    """A curvilinear domain and a Cartesian one of the same dimension; `place` says where its coordinates are in that."""

    curved: Domain
    flat: Domain
    place: Callable[..., tuple[Expr, ...]]

    @property
    def points(self) -> np.ndarray:
        """Points (N, d) in the curvilinear coordinates."""
        return self.curved.interior.sample(16, np.random.default_rng(4)).coordinates

    def scalar(self, function: Scalar) -> Expr:
        """A function of the place as a formula of the curvilinear coordinates."""
        return function(*self.place(*self.curved.coordinates))

    def vector(self, functions: tuple[Scalar, ...]) -> Tensor:
        """The components along the unit vectors of a vector given by its Cartesian ones."""
        return dot(transpose(turned(self.curved)), Tensor(tuple(self.scalar(one) for one in functions)))

    def matrix(self, functions: tuple[tuple[Scalar, ...], ...]) -> Tensor:
        rows = Tensor(tuple(tuple(self.scalar(one) for one in row) for row in functions))
        return dot(dot(transpose(turned(self.curved)), rows), turned(self.curved))


def turned(domain: Domain) -> Tensor:
    """The matrix whose columns are the unit vectors, as formulas; they may depend on coordinates that the domain lacks."""
    names = dict(zip(("r", "theta", "z", "phi"), (None,) * 4)) | {one.name: one for one in domain.coordinates}
    theta = names["theta"] if names["theta"] is not None else 0 * names["r"]
    if domain.system == "polar":
        return Tensor(((cos(theta), -sin(theta)), (sin(theta), cos(theta))))
    if domain.system == "cylindrical":
        return Tensor(((cos(theta), -sin(theta), 0), (sin(theta), cos(theta), 0), (0, 0, 1)))
    phi = names["phi"] if names["phi"] is not None else 0 * names["r"]
    out, up = sin(theta), cos(theta)
    return Tensor(((out * cos(phi), up * cos(phi), -sin(phi)), (out * sin(phi), up * sin(phi), cos(phi)), (up, -out, 0)))


plane, space = Rectangle((-3, -3), (3, 3)), Box((-3, -3, -3), (3, 3, 3))
CASES = {
    "polar": Case(Rectangle((0.5, 0.3), (2, 5)).polar(), plane, lambda r, a: (r * cos(a), r * sin(a))),
    "cylindrical": Case(Box((0.5, -1, -1), (2, 2, 1)).cylindrical(), space, lambda r, a, z: (r * cos(a), r * sin(a), z)),
    "spherical": Case(Box((0.5, 0.4, 0.1), (2, 2.5, 6)).spherical(), space,
                      lambda r, a, b: (r * sin(a) * cos(b), r * sin(a) * sin(b), r * cos(a))),
}
SCALARS: tuple[Scalar, ...] = (
    lambda x, y, z=0.3: sin(x * y) + x * exp(z) + y**3, lambda x, y, z=0.3: cos(x - 2 * y) * z + x**2, lambda x, y, z=0.3: exp(-x) * y + z * x * y,
    lambda x, y, z=0.3: x**2 * y - z**2, lambda x, y, z=0.3: sin(x + z) * y, lambda x, y, z=0.3: x * y * z + cos(y),
    lambda x, y, z=0.3: x - y**2 + z * y, lambda x, y, z=0.3: exp(x * y / 9) + z, lambda x, y, z=0.3: sin(z - y) + x**3 / 9,
)


def of_size(size: int) -> tuple[tuple[Scalar, ...], tuple[tuple[Scalar, ...], ...]]:
    """Functions for a vector and a matrix."""
    return SCALARS[:size], tuple(SCALARS[i * size: (i + 1) * size] for i in range(size))


# An operator of a scalar u, a vector v and a matrix A.
OPERATORS: dict[str, Callable[[Expr, Tensor, Tensor], Formula]] = {
    "grad": lambda u, v, A: grad(u),
    "hessian": lambda u, v, A: hessian(u),
    "laplacian": lambda u, v, A: laplacian(u),
    "bilaplacian": lambda u, v, A: laplacian(laplacian(u)),
    "flux": lambda u, v, A: div((1 + u**2) * grad(u)),
    "gradient of a vector": lambda u, v, A: grad(v),
    "divergence": lambda u, v, A: div(v),
    "divergence of a matrix": lambda u, v, A: div(A),
    "laplacian of a vector": lambda u, v, A: laplacian(v),
    "curl": lambda u, v, A: curl(v),
    "curl of curl": lambda u, v, A: curl(curl(v)),
    "convective derivative": lambda u, v, A: dot(grad(v), v),
    "advection": lambda u, v, A: dot(grad(u), v),
    "elasticity": lambda u, v, A: div(2 * sym(grad(v)) + trace(grad(v)) * identity(len(v))),
    "momentum flux": lambda u, v, A: div(outer(v, v)),
    "vorticity times velocity": lambda u, v, A: cross(curl(v), v) if len(v) == 3 else curl(v) * v,
}


def values(formula: Formula, domain: Domain, points: np.ndarray) -> np.ndarray:
    """(N,), (N, k) or (N, k, l)."""
    given = dict(zip(domain.names, points.T))
    return np.stack([evaluate(one, given) for one in formula.components], axis=1).reshape(len(points), *formula.shape)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("system", CASES)
def test_an_operator_gives_the_same_in_any_coordinates(system: str, operator: str) -> None:
    case, apply = CASES[system], OPERATORS[operator]
    vector, matrix = of_size(len(case.flat.space))
    found = values(apply(case.scalar(SCALARS[0]), case.vector(vector), case.matrix(matrix)), case.curved, case.points)
    x = case.flat.coordinates
    straight = apply(SCALARS[0](*x), Tensor(tuple(one(*x) for one in vector)), Tensor(tuple(tuple(one(*x) for one in row) for row in matrix)))
    places = positions(case.curved.frame, case.points)
    expected = values(straight, case.flat, places)
    np.testing.assert_allclose(in_space(case.curved.frame, case.points, found), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def test_in_the_plane_the_curl_of_a_scalar_is_the_velocity_of_a_stream_function() -> None:
    case = CASES["polar"]
    velocity = curl(case.scalar(SCALARS[1]))
    expected = values(curl(SCALARS[1](*plane.coordinates)), plane, positions(case.curved.frame, case.points))
    np.testing.assert_allclose(in_space(case.curved.frame, case.points, values(velocity, case.curved, case.points)), expected, rtol=1e-10)
    np.testing.assert_allclose(values(div(velocity), case.curved, case.points), 0, atol=1e-11)


# Domains of fewer coordinates, the full one, and where a point of the former is in the latter.
SYMMETRIC = {
    "axisymmetric, with swirl": (Rectangle((0.5, -1), (2, 1)).cylindrical(), CASES["cylindrical"].curved, (0, 2)),
    "infinite cylinder": (Interval(0.5, 2).cylindrical(), CASES["cylindrical"].curved, (0,)),
    "axisymmetric in spherical coordinates": (Rectangle((0.5, 0.4), (2, 2.5)).spherical(), CASES["spherical"].curved, (0, 1)),
    "spherically symmetric": (Interval(0.5, 2).spherical(), CASES["spherical"].curved, (0,)),
    "round in the plane": (Interval(0.5, 2).polar(), CASES["polar"].curved, (0,)),
}


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name not in ("curl of curl", "vorticity times velocity")])
@pytest.mark.parametrize("symmetry", SYMMETRIC)
def test_what_does_not_depend_on_a_coordinate_needs_none(symmetry: str, operator: str) -> None:
    few, full, axes = SYMMETRIC[symmetry]
    found, expected = (OPERATORS[operator](*invariant(one, few)) for one in (few, full))
    points = full.interior.sample(16, np.random.default_rng(4)).coordinates
    np.testing.assert_allclose(values(found, few, points[:, axes]), values(expected, full, points), rtol=1e-9, atol=1e-9)


def invariant(domain: Domain, few: Domain) -> tuple[Expr, Tensor, Tensor]:
    """A scalar, a vector and a matrix on a domain that depend on the coordinates of one of fewer only."""
    r, *others = (one for one in domain.coordinates if one.name in few.names)
    second = others[0] if others else 1.3 + 0 * r
    if few.frame.is_radial:
        return exp(r) + r**2, Tensor((sin(r), 0, 0)), Tensor(((r**2, 0, 0), (0, exp(r), 0), (0, 0, exp(r))))
    u = sin(r) * second + r**2
    entries = (u * r, exp(-r) * second, r**2 - second)[: len(domain.frame.axes)]
    return u, Tensor(entries), outer(entries, entries)


@pytest.mark.parametrize("system", CASES)
def test_places_and_unit_vectors_agree_with_scale_factors(system: str) -> None:
    """∂x/∂q_j = h_j e_j, by differences; and places are turned back into coordinates."""
    domain, points = CASES[system].curved, CASES[system].points
    frame, step = domain.frame, 1e-6
    for axis in range(points.shape[1]):
        shift = step * np.eye(points.shape[1])[axis]
        slope = (positions(frame, points + shift) - positions(frame, points - shift)) / (2 * step)
        expected = scale_factors(frame, points)[:, axis, None] * unit_vectors(frame, points)[:, :, axis]
        np.testing.assert_allclose(slope, expected, atol=1e-8)
    places = positions(frame, points)
    places = np.pad(places, ((0, 0), (0, 3 - places.shape[1])))
    np.testing.assert_allclose(coordinates_at(frame, places, domain.bounds[:, 0]), points, atol=1e-12)


@pytest.mark.parametrize(("domain", "part", "expected"), [
    (Rectangle((1, 0), (2, 1)).polar(), "right", lambda r, a: (1 + 0 * r, 0 * r)),
    (Rectangle((1, 0), (2, 1)).polar(), "top", lambda r, a: (0 * r, 1 + 0 * r)),
    (Rectangle((1, 0), (2, 1)).cylindrical(), "bottom", lambda r, z: (0 * r, -1 + 0 * r)),
])
def test_normals_point_along_the_unit_vectors(domain: Domain, part: str, expected: Callable[..., tuple[np.ndarray, ...]]) -> None:
    points = domain.boundary[part].sample(9, np.random.default_rng(1))
    np.testing.assert_allclose(points.normals, np.column_stack(expected(*points.coordinates.T)), atol=1e-14)


def test_a_normal_on_a_slanted_edge_is_that_of_the_curve_in_space() -> None:
    """The spiral r = 1 + θ: its normal is at right angles to its tangent d(place)/dθ."""
    domain = Polygon([(0.5, 0), (1, 0), (2, 1), (0.5, 1)]).polar()
    points = domain.boundary["edge 1"].sample(20, np.random.default_rng(1))
    r, angle = points.coordinates.T
    np.testing.assert_allclose(r, 1 + angle, atol=1e-12)
    tangent = np.column_stack([np.cos(angle) - r * np.sin(angle), np.sin(angle) + r * np.cos(angle)])
    normal = in_space(domain.frame, points.coordinates, points.normals)
    np.testing.assert_allclose((normal * tangent).sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1, atol=1e-12)
    assert (points.normals[:, 0] > 0).all()


def test_the_normal_derivative_on_a_straight_side_of_a_sector_divides_by_the_radius() -> None:
    domain = Rectangle((1, 0), (2, 1)).polar()
    u = Field("u", domain)
    assert str(dot(grad(u), domain.normal)) == "u_r*n_r + u_{theta}*n_theta/r"


def test_an_angle_at_its_lower_bound_stays_there_for_all_rounding() -> None:
    domain = Rectangle((0.1, -0.7), (1, 1.3)).polar()
    points = np.column_stack([np.linspace(0.1, 1, 1220), np.full(1220, -0.7)])
    exact = np.pad(positions(domain.frame, points), ((0, 0), (0, 1)))
    for places in (exact, exact.astype(np.float32).astype(float)):
        np.testing.assert_allclose(coordinates_at(domain.frame, places, domain.bounds[:, 0]), points, atol=1e-6)
