"""Problems with solutions whose every value is known, to test what is made of solutions without training one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pinnaux import (
    Box, ComplexField, Condition, Disk, Field, Interval, Polygon, Problem, Rectangle, TimeInterval, VectorField, conj, diff, dot, exp, grad,
    laplacian,
)
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.frames import positions, unit_vectors
from pinnaux.geometry.points import Points

Values = Callable[[np.ndarray], np.ndarray]     # points (N, d) → (N,), (N, k) or (N, k, l)


class KnownSolution:
    """Looks like a Solution, but every output is a NumPy function of the points: no network, no training.

    So are the residuals (N, m) of each condition; one that is not given has the first coordinate for residual.
    """

    def __init__(self, problem: Problem, functions: Mapping[str, Values], residuals: Mapping[str, Values] | None = None) -> None:
        self.problem = problem
        self.values = functions
        self.functions: dict[str, object] = {}
        self.residual_functions = residuals or {}
        self.parameters: dict[str, float] = {}
        self.eigenvalues: dict[str, float] = {}

    def __call__(self, points: np.ndarray) -> dict[str, np.ndarray]:
        return {name: function(points) for name, function in self.values.items()}

    def residuals(self, name: str, points: Points | None = None) -> tuple[Points, np.ndarray]:
        if points is None:
            condition = next(condition for condition in self.problem.conditions if condition.name == name)
            points = condition.region.sample(50, np.random.default_rng(0))
        function = self.residual_functions.get(name, lambda coordinates: coordinates[:, :1])
        return points, function(points.coordinates)

    def save(self, path: Path) -> None:
        path.write_bytes(b"a saved solution")


def bar(exact: bool = False) -> KnownSolution:
    """u = sin 3x on an interval."""
    domain = Interval(-1, 2)
    u, (x,) = Field("u", domain), domain.coordinates
    conditions = [Condition("balance", laplacian(u) == 0, on=domain), Condition("ends", u == 0, on=domain.boundary)]
    return KnownSolution(Problem([u], conditions, exact={"u": 2 * x} if exact else None), {"u": lambda p: np.sin(3 * p[:, 0])})


def wave() -> KnownSolution:
    """u = sin(3x) cos(2t) on an interval over time, with u = 2x t stated as exact."""
    domain = Interval(-1, 2) * TimeInterval(0.5, 2)
    u, (x, t) = Field("u", domain), domain.coordinates
    conditions = [Condition("balance", laplacian(u) == 0, on=domain), Condition("ends", u == 0, on=domain.boundary)]
    return KnownSolution(Problem([u], conditions, exact={"u": 2 * x * t}), {"u": lambda p: np.sin(3 * p[:, 0]) * np.cos(2 * p[:, 1])})


def corner() -> KnownSolution:
    """A scalar, its gradient and a matrix on an L-shape; 'low' holds on the lower part of the boundary only."""
    domain = Polygon([(0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1)])
    u, (x, y) = Field("u", domain), domain.coordinates
    conditions = [Condition("poisson", -laplacian(u) == 1, on=domain), Condition("wall", u == 0, on=domain.boundary),
                  Condition("low", dot(grad(u), domain.normal) == 0, on=domain.boundary.where(y < -0.5))]
    outputs = {"u": u, "gradient": grad(u), "hessian": grad(grad(u))}
    functions = {"u": lambda p: p[:, 0] ** 2 * p[:, 1], "gradient": lambda p: np.column_stack([2 * p[:, 0] * p[:, 1], p[:, 0] ** 2]),
                 "hessian": lambda p: np.stack([2 * p[:, 1], 2 * p[:, 0], 2 * p[:, 0], 0 * p[:, 0]], axis=1).reshape(-1, 2, 2)}
    residuals = {"wall": lambda p: 1 + p[:, :1], "low": lambda p: 5 + 0 * p[:, :1]}
    return KnownSolution(Problem([u], conditions, outputs=outputs), functions, residuals)


def flow() -> KnownSolution:
    """A velocity and a pressure over time on a plate with a hole."""
    domain = (Rectangle((0, 0), (2, 1)) - Disk((0.5, 0.5), 0.2, name="hole")) * TimeInterval(0, 3)
    velocity, p = VectorField("velocity", domain, components=("u", "v")), Field("p", domain)
    conditions = [Condition("motion", laplacian(velocity) == grad(p), on=domain),
                  Condition("no slip", velocity == (0, 0), on=domain.boundary["hole", "top", "bottom"])]
    functions = {"velocity": lambda q: np.column_stack([q[:, 1] * q[:, 2], -q[:, 0]]), "p": lambda q: q[:, 0] + q[:, 2]}
    return KnownSolution(Problem([velocity, p], conditions), functions, {"no slip": lambda q: q[:, :2] * q[:, 2:]})


def box(dimensions: int) -> KnownSolution:
    """u = Σ k x_k on a unit cube."""
    domain = Box((0,) * dimensions, (1,) * dimensions)
    u = Field("u", domain)
    conditions = [Condition("balance", laplacian(u) == 0, on=domain), Condition("faces", u == 0, on=domain.boundary)]
    return KnownSolution(Problem([u], conditions), {"u": lambda p: p @ np.arange(1.0, dimensions + 1)})


def decay() -> KnownSolution:
    """u = exp(-t), time being the only coordinate."""
    domain = TimeInterval(0, 3)
    u, (t,) = Field("u", domain), domain.coordinates
    conditions = [Condition("decay", diff(u, t) == -u, on=domain), Condition("start", u == 1, on=domain.initial)]
    return KnownSolution(Problem([u], conditions, exact={"u": exp(-t)}), {"u": lambda p: np.exp(-p[:, 0])})


def packet() -> KnownSolution:
    """ψ = (1 + t) exp(2ix) on an interval over time, with exp(2ix) stated as exact."""
    domain = Interval(-1, 2) * TimeInterval(0, 1)
    psi, (x, t) = ComplexField("psi", domain), domain.coordinates
    conditions = [Condition("motion", 1j * diff(psi, t) == -laplacian(psi), on=domain), Condition("start", psi == exp(2j * x), on=domain.initial)]
    problem = Problem([psi], conditions, outputs={"psi": psi, "density": psi * conj(psi)}, exact={"psi": exp(2j * x)})
    return KnownSolution(problem, {"psi": lambda p: (1 + p[:, 1]) * np.exp(2j * p[:, 0]), "density": lambda p: (1 + p[:, 1]) ** 2})


def curved(domain: Domain) -> KnownSolution:
    """On a domain in curvilinear coordinates what is simple in Cartesian ones: u = x, flow = (1 + z, x, -2) and the matrix spin[i, j] = 3i + j."""
    u, flow = Field("u", domain), VectorField("flow", domain)
    size, count = len(domain.frame.axes), len(domain.space)
    conditions = [Condition("balance", laplacian(u) == 0, on=domain), Condition("rest", flow == (0,) * size, on=domain.boundary),
                  Condition("flux", dot(grad(u), domain.normal) == 0, on=domain.boundary)]

    def place(points: np.ndarray) -> np.ndarray:
        where = positions(domain.frame, points[:, :count])
        return np.pad(where, ((0, 0), (0, 3 - where.shape[1])))

    def vector(points: np.ndarray) -> np.ndarray:
        x, _, z = place(points).T
        flat = np.column_stack([1 + z, x, 0 * x - 2])[:, :size]
        return np.einsum("nci,nc->ni", unit_vectors(domain.frame, points[:, :count]), flat)

    def matrix(points: np.ndarray) -> np.ndarray:
        turned = unit_vectors(domain.frame, points[:, :count])
        return np.einsum("nci,cd,ndj->nij", turned, SPIN[:size, :size], turned)

    problem = Problem([u, flow], conditions, outputs={"u": u, "flow": flow, "spin": grad(flow)})
    return KnownSolution(problem, {"u": lambda points: place(points)[:, 0], "flow": vector, "spin": matrix})


SPIN = np.arange(9.0).reshape(3, 3)
