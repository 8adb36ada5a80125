"""Unknown functions of a number: their formulas against NumPy and differences, and laws that are found from what they lead to."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from compute_problems import SMALL, collocation
from scipy.optimize import brentq

from pinnaux import Condition, Field, Interval, Observations, Parameter, Problem, TimeInterval, UnknownFunction, Variable, at, diff, integral, sin
from pinnaux.applications import applications
from pinnaux.architecture import nothing
from pinnaux.curves import write_functions
from pinnaux.errors import DeclarationError
from pinnaux.report import report
from pinnaux.solution import Solution
from pinnaux.solver import solve
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Constant, Expr
from pinnaux.symbolic.walk import replaced
from pinnaux.unknown_function import FoundFunction


def with_numbers(formula: Expr, numbers: np.ndarray, *functions: UnknownFunction) -> Expr:
    """The formula with numbers for the coefficients of the functions."""
    known = {one: number for function in functions for one, number in zip(function.coefficients, numbers)}
    return replaced(formula, lambda leaf: Constant(known[leaf]) if leaf in known else leaf)


@pytest.mark.parametrize("positive", [False, True])
def test_a_function_and_its_derivatives_are_those_of_its_numbers(positive: bool) -> None:
    function = UnknownFunction("k", between=(-2, 3), initial=0.5, positive=positive)
    numbers = 0.3 * np.random.default_rng(0).standard_normal(len(function.coefficients))
    x, = Interval(0, 1).coordinates
    places, step = np.linspace(0, 1, 20), 1e-5
    formula = function(sin(3 * x))

    def values(x: np.ndarray) -> np.ndarray:
        return function.values(numbers, np.sin(3 * x))

    found = [evaluate(with_numbers(one, numbers, function), {"x": places}) for one in (formula, diff(formula, x), diff(formula, x, x))]
    assert np.allclose(found[0], values(places), rtol=1e-13)
    assert np.allclose(found[1], (values(places + step) - values(places - step)) / (2 * step), rtol=1e-7, atol=1e-7)
    assert np.allclose(found[2], (values(places + 1e-4) - 2 * values(places) + values(places - 1e-4)) / 1e-8, rtol=1e-4, atol=1e-4)
    assert str(diff(formula, x)) == "3*k'(sin(3*x))*cos(3*x)"


def test_smooth_functions_are_met_to_a_millionth() -> None:
    function, places = UnknownFunction("k", between=(0, 2)), np.linspace(0, 2, 400)
    columns = np.column_stack([function.values(row, places) for row in np.eye(len(function.coefficients))])
    for law in (np.exp(places), 1 / (1 + places**2), places**3 - places, np.tanh(2 * places)):
        numbers, *_ = np.linalg.lstsq(columns, law, rcond=1e-14)
        assert np.abs(columns @ numbers - law).max() < 2e-6 * np.abs(law).max()


@pytest.mark.parametrize("arguments, message", [
    ({"name": "two words", "between": (0, 1)}, "an unknown function needs a name that is one word"),
    ({"name": "k", "between": (1, 0)}, "function k needs the least and the largest value of its argument"),
    ({"name": "k", "between": 1}, "function k needs the least and the largest value of its argument, not number 1"),
    ({"name": "k", "between": (0, float("inf"))}, "function k needs the least and the largest value"),
    ({"name": "k", "between": (0, 1), "initial": "1"}, "the initial value of function k must be a finite number"),
    ({"name": "k", "between": (0, 1), "initial": -1, "positive": True}, "function k is declared positive and starts from -1")])
def test_what_is_no_function_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message.replace("(", r"\(")):
        UnknownFunction(**arguments)


def test_a_function_takes_scalars_and_has_a_name_of_its_own() -> None:
    domain = Interval(0, 1)
    (x,), u, function = domain.coordinates, Field("u", domain), UnknownFunction("u", between=(0, 1))
    with pytest.raises(DeclarationError, match="the unknown function u cannot take"):
        function((u, u))
    with pytest.raises(DeclarationError, match="two of the fields, parameters and functions are named 'u'"):
        Problem([u], [Condition("law", diff(u, x) == function(u), on=domain)])


def conducting(between: tuple[float, float] = (0, 1), positive: bool = True) -> Problem:
    """(k(u) u')' = 0 with k = 1 + u² unknown, u(0) = 0, k u' = 4/3 at 0: u + u³/3 = 4x/3, seen at 51 places."""
    domain = Interval(0, 1)
    (x,), u, k = domain.coordinates, Field("u", domain), UnknownFunction("k", between, positive=positive)
    places = np.linspace(0, 1, 51)
    values = np.array([brentq(lambda u, at=at: u + u**3 / 3 - 4 / 3 * at, -1, 2, xtol=1e-15) for at in places])
    seen = Observations({"x": places, "u": values}, domain, columns=("u",))
    cold = domain.boundary["left"]
    return Problem([u], [Condition("heat", diff(k(u) * diff(u, x), x) == 0, on=domain), Condition("cold", u == 0, on=cold),
                         Condition("flux", k(u) * diff(u, x) == 4 / 3, on=cold), Condition("seen", u == seen["u"], on=seen)])


def growing(deviation: float) -> Problem:
    """y' = r(y) with r = y (1 − y) unknown, from y = 1 / (1 + 9 e^(−t)) at 60 times, with noise."""
    domain = TimeInterval(0, 5)
    (t,), y, r = domain.coordinates, Field("y", domain), UnknownFunction("r", between=(0.1, 0.95))
    times = np.linspace(0, 5, 60)
    values = 1 / (1 + 9 * np.exp(-times)) + deviation * np.random.default_rng(1).standard_normal(60)
    seen = Observations({"t": times, "y": values}, domain, columns=("y",))
    return Problem([y], [Condition("growth", diff(y, t) == r(y), on=domain), Condition("start", y == 0.1, on=domain.initial),
                         Condition("seen", y == seen["y"], on=seen, noise=deviation or None)])


def test_where_equations_apply_a_function_is_known() -> None:
    points = collocation(conducting(), **SMALL)
    uses, = applications(points).values()
    zero = nothing(points)
    assert uses.function.name == "k"
    assert uses.reach(zero.ansatz, zero.theta) == (0.0, 0.0)
    assert bool((uses.values(zero.ansatz, zero.theta) == 1).all())
    assert uses.rows(zero.ansatz, zero.theta).shape == (len(uses.values(zero.ansatz, zero.theta)), zero.theta.numel())


def test_a_function_within_an_integral_is_known_everywhere() -> None:
    domain, s = Interval(0, 1), Variable("s")
    (x,), u, k = domain.coordinates, Field("u", domain), UnknownFunction("k", between=(0, 2))
    points = collocation(Problem([u], [Condition("whole", u + integral(k(at(u, x=s)), over=s, start=0, end=1) == x, on=domain)]), **SMALL)
    zero = nothing(points)
    assert applications(points)["k"].reach(zero.ansatz, zero.theta) == (0.0, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("positive", [False, True])
def test_a_conductivity_is_found_from_the_temperature(positive: bool) -> None:
    solution = solve(conducting(positive=positive), time_limit=150)
    places = np.linspace(0, 1, 101)
    assert solution.verdict.status == "accuracy"
    assert np.linalg.norm(solution.functions["k"](places) - (1 + places**2)) < 5e-4 * np.linalg.norm(1 + places**2)
    assert solution.parameters == {}
    assert solution.functions["k"].reach == (0.0, 1.0)
    assert "function  argument from" in report(solution)


@pytest.mark.slow
def test_a_rate_is_found_as_well_as_noise_lets(tmp_path) -> None:
    exact, noisy = (solve(growing(deviation), time_limit=150) for deviation in (0.0, 0.01))
    places = np.linspace(0.1, 0.93, 101)
    rate = places * (1 - places)
    error, doubtful = (np.linalg.norm(one.functions["r"](places) - rate) / np.linalg.norm(rate) for one in (exact, noisy))
    assert error < 1e-3
    assert 0.3 * doubtful < noisy.verdict.confidence.fields["r"] < 10 * doubtful
    exact.save(tmp_path / "solution.pt")
    again = Solution.load(tmp_path / "solution.pt", growing(0.0))
    assert np.array_equal(again.functions["r"](places), exact.functions["r"](places))


@pytest.mark.slow
def test_arguments_beyond_the_declared_ones_are_told() -> None:
    solution = solve(conducting(between=(0, 0.5)), time_limit=150)
    told = "the conditions give k arguments from 0 to .*, but it is declared between 0 and 0.5"
    assert solution.functions["k"].reach == (0.0, pytest.approx(1, abs=0.01))
    assert any(re.match(told, note) for note in solution.verdict.notes)


def test_a_function_is_written_as_a_table_and_a_picture(tmp_path) -> None:
    function = UnknownFunction("k", between=(0, 2))
    found = FoundFunction(function, (3.0, *(0.0 for _ in function.coefficients[1:])), (0.5, 1.5))
    write_functions(SimpleNamespace(functions={"k": found}), tmp_path, "rod")
    table = np.genfromtxt(tmp_path / "rod_k.csv", delimiter=",", names=True)
    assert table["argument"][[0, -1]].tolist() == [0.5, 1.5]
    assert np.array_equal(table["k"], np.full(201, 3.0))
    assert (tmp_path / "rod_k.png").read_bytes().startswith(b"\x89PNG")


def test_numbers_beside_a_function_are_told_apart() -> None:
    domain = Interval(0, 1)
    (x,), u = domain.coordinates, Field("u", domain)
    k, c = UnknownFunction("k", between=(0, 1)), Parameter("c", 2.0)
    problem = Problem([u], [Condition("law", c * diff(u, x) == k(u), on=domain)])
    assert problem.names == ("u", "c", "k")
    assert [one.name for one in problem.numbers] == ["c"]
    assert len(problem.parameters) == 1 + len(k.coefficients)


def test_the_value_of_a_function_somewhere_is_a_condition() -> None:
    """u' = k u with k = 2 + x unknown but for k(0) = 2, and u = e^(2x + x²/2) seen: its relative residual is one of k, not of a field."""
    domain = Interval(0, 1)
    (x,), u, k = domain.coordinates, Field("u", domain), UnknownFunction("k", between=(0, 1), initial=2.0)
    places = np.linspace(0, 1, 21)
    seen = Observations({"x": places, "u": np.exp(2 * places + places**2 / 2)}, domain, columns=("u",))
    balance, data = Condition("balance", diff(u, x) == k(x) * u, on=domain), Condition("seen", u == seen["u"], on=seen)
    solution = solve(Problem([u], [balance, data, Condition("known", k(0) == 2, on=domain)]), accuracy=1e-3)
    assert solution.functions["k"](np.array([0.0, 1.0])) == pytest.approx([2, 3], rel=1e-3)
    assert solution.verdict.conditions["known"].relative < 1e-6
    with pytest.raises(DeclarationError, match="condition 'known' holds no field, so that it does not tell its domain"):
        Condition("known", k(0) == 2)
