"""Eigenvalue problems with known eigenvalues: of one field and several, of second and fourth order, with weights, kernels and multiple ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import jn_zeros, mathieu_a, mathieu_b

from pinnaux import (
    Box,
    ComplexField,
    Condition,
    Disk,
    Eigenvalue,
    Field,
    Interval,
    Problem,
    Rectangle,
    Tensor,
    Variable,
    VectorField,
    at,
    cos,
    cosh,
    diff,
    div,
    dot,
    grad,
    identity,
    integral,
    laplacian,
    pi,
    sym,
    where,
)
from pinnaux.geometry.domain import Domain
from pinnaux.symbolic.scalar import Expr


@dataclass(frozen=True)
class Known:
    """A problem for so many modes, and its eigenvalues in the order wanted."""

    make: Callable[[int], Problem]
    values: Sequence[float]

    def problem(self, modes: int) -> Problem:
        return self.make(modes)


def on_line(domain: Domain, operator: Callable[[Field, Expr], Expr], modes: int, near: float | None = None, weight: Callable[[Expr], Expr] = lambda x: 1) -> Problem:
    """operator(u) = λ w u, u = 0 at the ends."""
    (x,), u, lam = domain.coordinates, Field("u", domain), Eigenvalue("lam", near=near)
    ends = [Condition("ends", u == 0, on=domain.boundary)] if domain.boundary_names else []
    return Problem([u], [Condition("mode", operator(u, x) == lam * weight(x) * u, on=domain), *ends], modes=modes)


def membrane(domain: Domain, modes: int, near: float | None = None, free: bool = False) -> Problem:
    """−Δu = λu, u = 0 or ∂u/∂n = 0 on the rim."""
    u, lam = Field("u", domain), Eigenvalue("lam", near=near)
    rim = dot(grad(u), domain.normal) == 0 if free else u == 0
    return Problem([u], [Condition("mode", -laplacian(u) == lam * u, on=domain), Condition("rim", rim, on=domain.boundary)], modes=modes)


def cantilever(modes: int) -> Problem:
    """u'''' = λu, clamped on the left, free on the right."""
    domain = Interval(0, 1)
    (x,), u, lam = domain.coordinates, Field("u", domain), Eigenvalue("lam")
    left, right = domain.boundary["left"], domain.boundary["right"]
    return Problem([u], [
        Condition("mode", diff(u, x, x, x, x) == lam * u, on=domain),
        Condition("clamped", Tensor((u, diff(u, x))) == (0, 0), on=left),
        Condition("free", Tensor((diff(u, x, x), diff(u, x, x, x))) == (0, 0), on=right)], modes=modes)


def steklov(modes: int) -> Problem:
    """Δu = 0, ∂u/∂n = λu: the eigenvalue on the boundary only."""
    domain = Disk((0, 0), 1)
    u, lam = Field("u", domain), Eigenvalue("lam")
    return Problem([u], [Condition("inside", laplacian(u) == 0, on=domain), Condition("rim", dot(grad(u), domain.normal) == lam * u, on=domain.boundary)], modes=modes)


def elastic(modes: int, shear: float = 1.0, first: float = 1.5) -> Problem:
    """−div σ(u) = λu on a square between smooth walls: shear and pressure waves."""
    domain = Rectangle((0, 0), (1, 1))
    (x, y), u, lam = domain.coordinates, VectorField("u", domain), Eigenvalue("lam")
    stress = first * div(u) * identity(2) + 2 * shear * sym(grad(u))
    sides, ends = domain.boundary["left", "right"], domain.boundary["bottom", "top"]
    slip = diff(u[0], y) + diff(u[1], x) == 0
    return Problem([u], [
        Condition("motion", -div(stress) == lam * u, on=domain),
        Condition("sides", u[0] == 0, on=sides), Condition("sides slip", slip, on=sides),
        Condition("ends", u[1] == 0, on=ends), Condition("ends slip", slip, on=ends)], modes=modes)


def endless(modes: int) -> Problem:
    """q' = λp, −p' = λq, p = 0 at both ends: λ = kπ for every whole k."""
    domain = Interval(0, 1)
    (x,), w, lam = domain.coordinates, VectorField("w", domain, components=("p", "q")), Eigenvalue("lam")
    p, q = w
    return Problem([w], [Condition("mode", Tensor((diff(q, x), -diff(p, x))) == lam * w, on=domain), Condition("ends", p == 0, on=domain.boundary)], modes=modes)


def rotating(modes: int) -> Problem:
    """Two strings that pull each other round: λ = k²π² ± 5i."""
    domain = Interval(0, 1)
    (x,), w, lam = domain.coordinates, VectorField("w", domain, components=("p", "q")), Eigenvalue("lam")
    p, q = w
    return Problem([w], [Condition("mode", Tensor((5 * q - diff(p, x, x), -5 * p - diff(q, x, x))) == lam * w, on=domain),
                         Condition("ends", w == (0, 0), on=domain.boundary)], modes=modes)


def fredholm(modes: int) -> Problem:
    """u = λ ∫ min(x, s) u(s) ds, the string that is free at one end: λ = (k − ½)²π²."""
    domain = Interval(0, 1)
    (x,), u, lam, s = domain.coordinates, Field("u", domain), Eigenvalue("lam"), Variable("s")
    both = integral(s * at(u, x=s), over=s, start=0, end=x) + x * integral(at(u, x=s), over=s, start=x, end=1)
    return Problem([u], [Condition("mode", u == lam * both, on=domain)], modes=modes)


def cantilever_values(count: int) -> list[float]:
    """β⁴ for the roots of cos β cosh β = −1."""
    return [brentq(lambda b: np.cos(b) * np.cosh(b) + 1, (k - 0.5) * np.pi - 1, (k - 0.5) * np.pi + 1) ** 4 for k in range(1, count + 1)]


def stepped_values(count: int, place: float = 0.3, step: float = 100.0) -> list[float]:
    """λ of −u'' + V u on [0, 1] with V = 0 before the place and `step` after it: k cot ka + q cot qb = 0, both sides alike at the step."""
    def mismatch(value: float) -> float:
        k, q = np.sqrt(complex(value)), np.sqrt(complex(value - step))
        a, b = place, 1 - place
        return float((k * np.cos(k * a) * np.sin(q * b) / q + np.sin(k * a) * np.cos(q * b)).real)

    grid = np.linspace(1, 60 * count + 100, 4000)
    signs = [mismatch(value) > 0 for value in grid]
    return [brentq(mismatch, low, high) for low, high, one, other in zip(grid, grid[1:], signs, signs[1:]) if one != other][:count]


def squares(dimension: int, least: int = 1, factor: float = np.pi**2) -> list[float]:
    """π² times all sums of so many squares of whole numbers, in order."""
    return sorted(factor * sum(k * k for k in ks) for ks in np.ndindex(*(6,) * dimension) if min(ks) >= least)


def disk_values() -> list[float]:
    """Squares of the zeros of Bessel functions, double but for order zero."""
    return sorted(zero**2 for order in range(6) for zero in jn_zeros(order, 4) for _ in range(1 if order == 0 else 2))


UNIT, SQUARE = Interval(0, 1), Rectangle((0, 0), (1, 1))
STRING = [(k * np.pi) ** 2 for k in range(1, 9)]
WAVES = sorted([*squares(2), *(3.5 * value for value in squares(2, 0)[1:])])

KNOWN = {
    "string": Known(lambda modes: on_line(UNIT, lambda u, x: -diff(u, x, x), modes), STRING),
    "negative": Known(lambda modes: on_line(UNIT, lambda u, x: diff(u, x, x), modes), [-value for value in STRING]),
    "near": Known(lambda modes: on_line(UNIT, lambda u, x: -diff(u, x, x), modes, near=100), [STRING[2], STRING[3], STRING[1]]),
    "on the spot": Known(lambda modes: on_line(UNIT, lambda u, x: -diff(u, x, x), modes, near=STRING[1]), [STRING[1], STRING[0], STRING[2]]),
    "small units": Known(lambda modes: on_line(Interval(0, 1e6), lambda u, x: -1e-20 * diff(u, x, x), modes), [1e-32 * value for value in STRING]),
    "Sturm-Liouville": Known(lambda modes: on_line(UNIT, lambda u, x: -diff((1 + x) ** 2 * diff(u, x), x), modes),
                             [0.25 + (k * np.pi / np.log(2)) ** 2 for k in range(1, 6)]),
    "step": Known(lambda modes: on_line(UNIT, lambda u, x: where(x < 0.3, 0, 100 * u) - diff(u, x, x), modes), stepped_values(4)),
    "weight": Known(lambda modes: on_line(UNIT, lambda u, x: -diff(u, x, x), modes, weight=lambda x: 1 / (1 + x) ** 2),
                    [0.25 + (k * np.pi / np.log(2)) ** 2 for k in range(1, 6)]),
    "not self-adjoint": Known(lambda modes: on_line(UNIT, lambda u, x: 10 * diff(u, x) - diff(u, x, x), modes), [25 + value for value in STRING]),
    "oscillator": Known(lambda modes: on_line(Interval(-8, 8), lambda u, x: (x**2 * u - diff(u, x, x)) / 2, modes), [k + 0.5 for k in range(8)]),
    "well": Known(lambda modes: on_line(Interval(-6, 6), lambda u, x: -diff(u, x, x) / 2 - 10 / cosh(x) ** 2 * u, modes), [-8.0, -4.5, -2.0]),
    "ring": Known(lambda modes: on_line(Interval(0, 2, periodic="x"), lambda u, x: -diff(u, x, x), modes), [0, *(np.pi**2 * k * k for k in (1, 1, 2, 2, 3, 3))]),
    "Mathieu": Known(lambda modes: on_line(Interval(0, 2 * pi, periodic="x"), lambda u, x: 10 * cos(2 * x) * u - diff(u, x, x), modes),
                     sorted([*(mathieu_a(m, 5) for m in range(6)), *(mathieu_b(m, 5) for m in range(1, 6))])),
    "integral": Known(fredholm, [((k - 0.5) * np.pi) ** 2 for k in range(1, 6)]),
    "cantilever": Known(cantilever, cantilever_values(4)),
    "square": Known(lambda modes: membrane(SQUARE, modes), squares(2)),
    "free square": Known(lambda modes: membrane(SQUARE, modes, free=True), squares(2, 0)),
    "disk": Known(lambda modes: membrane(Disk((0, 0), 1), modes), disk_values()),
    "polar disk": Known(lambda modes: membrane(Rectangle((0, 0), (1, 2 * pi)).polar(), modes), disk_values()),
    "cube": Known(lambda modes: membrane(Box((0, 0, 0), (1, 1, 1)), modes), squares(3)),
    "Steklov": Known(steklov, [0, 1, 1, 2, 2, 3, 3]),
    "elastic": Known(elastic, WAVES),
    "endless": Known(endless, [0, np.pi, np.pi, 2 * np.pi, 2 * np.pi]),
}


def magnetic(modes: int, flux: float = 0.7) -> Problem:
    """(−i d/dx + a)² ψ = λψ on a ring of length 2π: λ = (k + a)² for every whole k, ψ complex."""
    domain = Interval(0, 2 * pi, periodic="x")
    (x,), psi, lam = domain.coordinates, ComplexField("psi", domain), Eigenvalue("lam")
    return Problem([psi], [Condition("mode", -diff(psi, x, x) - 2j * flux * diff(psi, x) + flux**2 * psi == lam * psi, on=domain)], modes=modes)
