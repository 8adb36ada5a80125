"""The units of fields: whatever a problem file's units are, its equations see all of their fields."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation

from pinnaux import Condition, Eigenvalue, Field, Interval, Parameter, Problem, Rectangle, TimeInterval, VectorField, diff, div, exp, grad, laplacian, log, pi, sin, solve
from pinnaux.solution import Solution
from pinnaux.units import equilibrated, field_units


def seepage(permeability: float, pressure: float) -> Problem:
    """Darcy's law with its flux as a field of its own, over a smoothly varying ground."""
    domain = Rectangle((0, 0), (1, 1))
    x, y = domain.coordinates
    p, q = Field("p", domain), VectorField("q", domain, components=("qx", "qy"))
    exact = pressure * sin(pi * x) * exp(y)
    ground = permeability * exp(x)
    source = -(diff(ground * diff(exact, x), x) + diff(ground * diff(exact, y), y))
    return Problem([p, q], [Condition("darcy", q == -ground * grad(p), on=domain), Condition("mass", div(q) == source, on=domain),
                            Condition("edge", p == exact, on=domain.boundary)],
                   exact={"p": exact, "qx": -ground * diff(exact, x), "qy": -ground * diff(exact, y)})


def units(problem: Problem) -> dict[str, float]:
    with torch.no_grad():
        return dict(field_units(collocation(problem, **SMALL)))


def test_units_bring_the_terms_of_an_equation_to_one_size() -> None:
    lengths = np.array([[64.0, 8.0, 4096.0], [0.0, 0.0, 128.0], [0.0, 0.0, 1.0], [8.0, 0.0, 0.0]])
    found = equilibrated(lengths, np.array([0.0, 0.0, 1.0, 0.0]))
    assert found[0] / found[2] == 64 and found[1] / found[2] == 512
    assert found[2] == 1  # what is asked for is T = 1


def test_fields_that_no_equation_ties_have_units_of_their_own() -> None:
    assert equilibrated(np.array([[1e6, 0.0], [0.0, 1e-6]]), np.array([1.0, 1.0])) == [1.0, 1.0]


def test_components_share_a_unit_and_scales_of_the_problem_are_followed() -> None:
    plain, scaled = units(seepage(1.0, 1.0)), units(seepage(2.0**-40, 2.0**17))
    assert plain.get("qx", 1.0) == plain.get("qy", 1.0)
    for name, factor in (("p", 2.0**17), ("qx", 2.0**-23), ("qy", 2.0**-23)):
        assert scaled[name] == factor * plain.get(name, 1.0)


def test_equations_that_are_undefined_at_zero_tell_nothing() -> None:
    domain = Interval(0, 1)
    u, v, (x,) = Field("u", domain), Field("v", domain), domain.coordinates
    problem = Problem([u, v], [Condition("log", diff(u, x) == log(u) / v, on=domain), Condition("v", diff(v, x) == u, on=domain),
                               Condition("left", u == 1, on=domain.boundary["left"]), Condition("start", v == 1, on=domain.boundary["left"])])
    assert all(np.isfinite(unit) and unit > 0 for unit in units(problem).values())


def test_single_fields_and_eigenvalue_problems_are_as_they_are_written() -> None:
    domain = Rectangle((0, 0), (1, 1))
    u, v, lam = Field("u", domain), Field("v", domain), Eigenvalue("lam")
    edge = Condition("edge", u == 0, on=domain.boundary)
    assert not units(Problem([u], [Condition("poisson", -laplacian(u) == 1e9, on=domain), edge]))
    assert not units(Problem([u, v], [Condition("twice", v == -1e9 * laplacian(u), on=domain), Condition("tone", -laplacian(v) == lam * u, on=domain),
                                      edge, Condition("free", v == 0, on=domain.boundary)]))


@pytest.mark.parametrize("sizes", [(1.0, 3.0), (1e5, 1e-5)])
def test_of_systems_in_time_the_initial_values_tell_the_units(sizes: tuple[float, float]) -> None:
    """Not the rates, 0.04 and 3e7: a starts with a size of its own, c with another, b with nothing."""
    domain = TimeInterval(0, 1e11)
    a, b, c = (Field(name, domain) for name in "abc")
    t, = domain.coordinates
    found = units(Problem([a, b, c], [
        Condition("A", diff(a, t) == -0.04 * a + 1e4 * b * c, on=domain), Condition("B", diff(b, t) == 0.04 * a - 3e7 * b**2, on=domain),
        Condition("C", diff(c, t) == 3e7 * b**2, on=domain), Condition("a0", a == sizes[0], on=domain.initial), Condition("b0", b == 0, on=domain.initial),
        Condition("c0", 2 * c + a / sizes[0] == 1 + 2 * sizes[1], on=domain.initial)]))
    if sizes[0] == 1:
        assert found == {}
    else:
        assert found == {"a": pytest.approx(1e5, rel=0.5), "c": pytest.approx(1e-5, rel=0.5)}


def test_initial_values_that_a_step_does_not_find_tell_no_units() -> None:
    """y² = 4 at first: from zero a step goes nowhere, or by rounding."""
    domain = TimeInterval(0, 1)
    (t,), y, z = domain.coordinates, Field("y", domain), Field("z", domain)
    found = units(Problem([y, z], [Condition("y", diff(y, t) == -y, on=domain), Condition("z", diff(z, t) == y - z, on=domain),
                                   Condition("y0", y**2 == 4, on=domain.initial), Condition("z0", z == 0, on=domain.initial)]))
    assert all(2.0**-20 < unit < 2.0**20 for unit in found.values())


@pytest.mark.parametrize(("size", "far"), [(1.0, False), (1e6, True), (1e-6, True)])
def test_a_field_beside_unknown_numbers_has_the_unit_of_its_size(size: float, far: bool) -> None:
    domain = Interval(0, 1)
    u, k, (x,) = Field("u", domain), Parameter("k"), domain.coordinates
    found = units(Problem([u], [Condition("decay", diff(u, x) == -k * u, on=domain), Condition("start", u == size, on=domain.boundary["left"])]))
    assert set(found) == ({"u"} if far else set()) and abs(np.log2(found.get("u", size) / size)) < 2


@pytest.mark.parametrize(("permeability", "pressure"), [(1.0, 1.0), (1e-12, 1e5), (1e6, 1e-3)])
def test_errors_do_not_depend_on_the_units_of_the_file(permeability: float, pressure: float, tmp_path) -> None:
    problem = seepage(permeability, pressure)
    solution = solve(problem, accuracy=1e-6, steps=12)
    assert max(solution.errors().values()) < 1e-6
    solution.save(tmp_path / "solution.pt")
    points = np.random.default_rng(0).random((50, 2))
    again = Solution.load(tmp_path / "solution.pt", problem)
    for name, values in solution(points).items():
        np.testing.assert_array_equal(again(points)[name], values)
