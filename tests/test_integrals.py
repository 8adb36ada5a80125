"""Integrals in formulas: what they are, their derivatives, and their values where nothing is unknown, against SciPy's quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import inf

import numpy as np
import pytest
from scipy import integrate, special

from pinnaux import (
    Condition,
    Disk,
    Field,
    Interval,
    Parameter,
    PinnauxError,
    Problem,
    Rectangle,
    TimeInterval,
    Variable,
    at,
    diff,
    exp,
    grad,
    integral,
    laplacian,
    log,
    sin,
    sqrt,
    where,
)
from pinnaux.evolution import Evolution
from pinnaux.plan import Plan
from pinnaux.settings import Settings
from pinnaux.signature import signature
from pinnaux.siteplan import Sites
from pinnaux.symbolic.integral import Integral
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.places import dependences_of
from pinnaux.symbolic.scalar import Expr

square = Rectangle((0, 0), (1, 2))
domain = square * TimeInterval(0, 3)
x, y, t = domain.coordinates
u, v = Field("u", domain), Field("v", domain)
s = Variable("s")
places = {"x": np.linspace(0.1, 0.9, 7), "y": np.linspace(0.2, 1.9, 7), "t": np.linspace(0.3, 2.9, 7)}

# Formula, and the integrand as a function of s, x, y, t with its ends as functions of x, y, t.
Ends = Callable[[float, float, float], float]
known: dict[str, tuple[Expr, Callable[..., float], Ends, Ends]] = {
    "kernel": (integral(exp(x * s - y), over=s, start=0, end=1), lambda s, x, y, t: math.exp(x * s - y), lambda *_: 0, lambda *_: 1),
    "moving end": (integral(sin(t - s) * s, over=s, start=0, end=t), lambda s, x, y, t: math.sin(t - s) * s, lambda *_: 0, lambda x, y, t: t),
    "both ends": (integral(s**2 / t, over=s, start=x, end=1 + y**2), lambda s, x, y, t: s**2 / t, lambda x, y, t: x, lambda x, y, t: 1 + y**2),
    "backwards": (integral(s * t, over=s, start=1, end=x), lambda s, x, y, t: s * t, lambda *_: 1, lambda x, y, t: x),
    "weakly singular": (integral(1 / sqrt(t - s), over=s, start=0, end=t), lambda s, x, y, t: 1 / math.sqrt(t - s), lambda *_: 0, lambda x, y, t: t),
    "half-line": (integral(exp(-s * t) * sin(x), over=s, start=0, end=inf), lambda s, x, y, t: math.exp(-s * t) * math.sin(x), lambda *_: 0, lambda *_: inf),
    "other half-line": (integral(exp(s * t), over=s, start=-inf, end=-x), lambda s, x, y, t: math.exp(s * t), lambda *_: -inf, lambda x, y, t: -x),
    "line": (integral(exp(-((s - x) ** 2) * t), over=s, start=-inf, end=inf), lambda s, x, y, t: math.exp(-((s - x) ** 2) * t), lambda *_: -inf, lambda *_: inf),
    "coordinate": (integral(x * exp(-x * t), over=x, start=0, end=1), lambda s, x, y, t: s * math.exp(-s * t), lambda *_: 0, lambda *_: 1),
    "choice": (integral(where(s < 0.5, 0, s - 0.5) ** 3 * y, over=s, start=0, end=1), lambda s, x, y, t: max(0.0, s - 0.5) ** 3 * y, lambda *_: 0, lambda *_: 1),
}


@pytest.mark.parametrize("name", known)
def test_an_integral_of_known_formulas_has_the_value_of_scipys_quadrature(name: str) -> None:
    formula, integrand, start, end = known[name]
    expected = [integrate.quad(integrand, start(*point), end(*point), args=point, epsabs=1e-12, epsrel=1e-12)[0] for point in zip(*places.values())]
    assert evaluate(formula, places) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("name", "along"), [(name, along) for name in known for along in dependences_of(known[name][0])])
def test_the_derivative_of_an_integral_is_that_of_its_values_moving_ends_included(name: str, along: str) -> None:
    formula, step = known[name][0], 1e-5
    near = [evaluate(formula, {**places, along: places[along] + way * step}) for way in (-1, 1)]
    slope = diff(formula, domain.coordinates["xyt".index(along)])
    assert evaluate(slope, places) == pytest.approx((near[1] - near[0]) / (2 * step), rel=1e-6, abs=1e-7)


def test_integrals_over_regions_of_known_formulas_have_their_values() -> None:
    disk = Disk((0, 0), 2)
    a, b = disk.coordinates
    assert evaluate(integral(a**2, over=disk), {})[0] == pytest.approx(np.pi * 4, rel=1e-12)
    assert evaluate(integral(1, over=disk.boundary), {})[0] == pytest.approx(4 * np.pi, rel=1e-12)
    n = disk.normal
    assert evaluate(integral(a**3 * n[0] + b**3 * n[1], over=disk.boundary), {})[0] == pytest.approx(integrate_r2(3, 2), rel=1e-12)
    assert evaluate(integral(t * x * y, over=square), places) == pytest.approx(places["t"], rel=1e-13)
    assert evaluate(integral(x * t, over=domain), {})[0] == pytest.approx(0.5 * 2 * 4.5, rel=1e-13)
    assert evaluate(integral(x * t, over=domain.final), {})[0] == pytest.approx(0.5 * 2 * 3, rel=1e-13)


def integrate_r2(factor: float, radius: float) -> float:
    """∫ factor r² over a disk."""
    return factor * np.pi * radius**4 / 2


def test_an_abelian_integral_is_that_of_the_beta_function() -> None:
    half = integral(s**2 / sqrt(t - s), over=s, start=0, end=t)
    assert evaluate(half, places) == pytest.approx(places["t"] ** 2.5 * special.beta(3, 0.5), rel=1e-10)


def test_fields_elsewhere_are_written_as_they_are_meant() -> None:
    assert str(at(u, x=s)) == "u(x=s)"
    assert str(at(diff(u, x) * x, x=0, t=t / 2)) == "u_x(x=0, t=0.5*t)*0"
    assert at(u, t=t) is u
    assert str(at(at(u, x=s), t=y)) == "u(x=s, t=y)"
    assert [str(one) for one in at(grad(u), y=1)] == ["u_x(y=1)", "u_y(y=1)"]
    assert str(diff(at(u, t=t**2) * x, t)) == "2*x*u_t(t=t^2)*t"
    assert str(integral(u * v, over=x)) == "integral(u*v, over=x)"


def test_what_an_integral_depends_on_is_known() -> None:
    assert not integral(u, over=domain).varies
    assert Condition("level", integral(u, over=square) == 1, on=domain).varies and not Condition("all", integral(u, over=domain) == 1).varies
    assert integral(u, over=square).varies
    assert integral(at(u, x=s, y=0, t=1), over=s, start=0, end=1).varies is False
    assert integral(at(u, x=s), over=s, start=0, end=1).varies
    with pytest.raises(PinnauxError, match="cannot differentiate scalar integral"):
        diff(integral(u, over=x), x)
    assert isinstance(diff(integral(u, over=x), t), Integral)


def test_nodes_that_depend_on_the_point_are_told_from_those_that_all_share() -> None:
    line = Interval(0, 1)
    (z,), w = line.coordinates, Field("w", line)
    fredholm = integral(exp(z * s) * at(w, x=s), over=s, start=0, end=1)
    volterra = integral(at(w, x=s), over=s, start=0, end=z)
    sites = Sites.of([fredholm + volterra + integral(w, over=line)], [(w,)])
    assert [site.along for site in sites.sites] == [(), ("x",)]
    assert [len(sites.totals), len(sites.integrals)] == [1, 2]
    assert sites.sites[0].count > sites.sites[1].count


def test_integrals_at_the_same_nodes_share_one_push() -> None:
    sites = Sites.of([integral(u**2, over=x) + integral(diff(v, y) * x, over=x), at(u, x=0) * at(v, x=0)], [(u, v)])
    assert sorted((site.count, len(site.spec)) for site in sites.sites) == [(1, 1), (32, 2)]


def heat(extra: Expr | float) -> Problem:
    return Problem([u], [Condition("heat", diff(u, t) == laplacian(u) + extra, on=domain), Condition("wall", u == 0, on=domain.boundary),
                         Condition("start", u == sin(x), on=domain.initial)])


def test_only_integrals_over_space_can_be_marched_through() -> None:
    for extra, marches in ((integral(u, over=square), True), (integral(u, over=x), True), (integral(u, over=t, end=t), False),
                           (integral(u, over=domain), False), (at(u, t=t / 2), False), (0, True)):
        assert (Evolution.of(Plan.of(heat(extra), Settings())) is not None) is marches


def test_a_problem_is_another_one_if_an_integral_in_it_is() -> None:
    seen = [signature(heat(extra)) for extra in (
        integral(u, over=square), integral(u, over=x), integral(u, over=x, end=0.5), integral(u * x, over=x), integral(u, over=t, end=t),
        integral(u, over=domain), at(u, t=t / 2), at(u, t=t / 3))]
    assert all(one.agrees(other) is (one is other) for one in seen for other in seen)
    assert signature(heat(integral(u, over=x))).agrees(signature(heat(integral(u, over=x))))


def test_a_condition_between_numbers_needs_no_place() -> None:
    k = Parameter("k")
    mean = Condition("mean", integral(u, over=domain) == 2 * k)
    assert str(mean) == "mean: integral(u, over=Rectangle((0, 0), (1, 2)) * TimeInterval(0, 3)) == 2*k"
    plan = Plan.of(Problem([u], [*heat(0).conditions, mean]))
    counts = [plan.count(region, 500) for region in plan.regions]
    assert counts.count(1) == 1 and min(counts) == 1
    assert plan.floating == ()


def test_an_integral_fixes_the_constant_of_a_field() -> None:
    line = Interval(0, 1)
    (z,), w = line.coordinates, Field("w", line)
    flux = [Condition("balance", diff(w, z, z) == sin(z), on=line), Condition("ends", diff(w, z) == 0, on=line.boundary)]
    assert Plan.of(Problem([w], flux)).floating == (w,)
    assert Plan.of(Problem([w], [*flux, Condition("mean", integral(w, over=line) == 0)])).floating == ()


def test_an_equation_without_derivatives_in_space_needs_no_boundary_condition() -> None:
    line = Interval(0, 1)
    (z,), w = line.coordinates, Field("w", line)
    kernel = Condition("kernel", w == z + integral(z * s * at(w, x=s), over=s, start=0, end=1), on=line)
    assert Plan.of(Problem([w], [kernel])).bare_parts == ()
    slope = Condition("kernel", w == z + integral(z * s * at(diff(w, z), x=s), over=s, start=0, end=1), on=line)
    assert Plan.of(Problem([w], [slope])).bare_parts == ("left", "right")


def test_checking_a_problem_shows_its_integrals_and_their_nodes() -> None:
    plan = str(Plan.of(heat(integral(u * x, over=square) * integral(u, over=domain) + integral(exp(-s) * at(u, x=s, y=0, t=0), over=s, start=0, end=1) * log(y))))
    assert "integral(u*x, over=Rectangle((0, 0), (1, 2))): 196 nodes for each t" in plan
    assert "integral(u, over=Rectangle((0, 0), (1, 2)) * TimeInterval(0, 3)): 4913 nodes" in plan
