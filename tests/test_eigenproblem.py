"""Eigenvalue problems as they are declared: what their formulas consist of, and the problems they become."""

from __future__ import annotations

import numpy as np
import pytest

from pinnaux import (
    Condition,
    Eigenvalue,
    Field,
    Interval,
    Parameter,
    Problem,
    Rectangle,
    VectorField,
    cos,
    diff,
    div,
    dot,
    exp,
    grad,
    laplacian,
    where,
)
from pinnaux.eigenproblem import NotPolynomial, linear_parts, parts
from pinnaux.modes import pencil, unfolded
from pinnaux.plan import Plan
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Coordinate, Expr
from pinnaux.symbolic.walk import replaced

LINE = Interval(0, 1)
X = LINE.coordinates[0]
U, V, LAM = Field("u", LINE), Field("v", LINE), Eigenvalue("lam")
SHEET = Rectangle((0, 0), (1, 1))

FORMULAS = {
    "operator": (-diff((1 + X) ** 2 * diff(U, X), X) - LAM * U, {(1, 0), (1, 1)}),
    "bracket": ((LAM - X) * (U + 2 * V) / (1 + X), {(1, 0), (1, 1)}),
    "choice": (where(X < 0.3, U, LAM * V) + where(X < 0.5, 2, X), {(1, 0), (1, 1), (0, 0)}),
    "square": ((U + LAM) ** 2, {(2, 0), (1, 1), (0, 2)}),
    "cube": (LAM**3 * U * diff(V, X) + exp(X), {(2, 3), (0, 0)}),
    "left": (U - U * cos(X), {(1, 0)}),
}


def value(formula: Expr, u: float, v: float, lam: float, x: np.ndarray) -> np.ndarray:
    """The formula with numbers u and v for the unknowns, and twice them for every derivative."""
    numbers = {"u": u, "v": v, "lam": lam}

    def leaf(node: Expr) -> Expr:
        name = str(node).split("_")[0]
        return Coordinate(name, ("x",)) * (1 + ("_" in str(node))) if name in numbers else node

    names = {**{name: np.full_like(x, number) for name, number in numbers.items()}, "x": x}
    return np.broadcast_to(evaluate(replaced(formula, leaf), names), x.shape)


@pytest.mark.parametrize("formula, degrees", FORMULAS.values(), ids=FORMULAS)
def test_the_parts_of_a_formula_are_homogeneous_and_sum_to_it(formula: Expr, degrees: set[tuple[int, int]]) -> None:
    x = np.linspace(0.1, 0.9, 5)
    found = parts(formula)
    assert set(found) == degrees
    total = sum(value(part, 0.7, -1.3, 0.0, x) * 2.1**j for (_, j), part in found.items())
    assert total == pytest.approx(value(formula, 0.7, -1.3, 2.1, x), rel=1e-13)
    for (i, _), part in found.items():
        assert value(part, 3 * 0.7, 3 * -1.3, 0.0, x) == pytest.approx(3**i * value(part, 0.7, -1.3, 0.0, x), rel=1e-13)


@pytest.mark.parametrize("formula, inner", [(exp(LAM) * U, "exp(lam)"), (U**0.5, "u^0.5"), (LAM / U, "1/u"), (where(U < 0, 0, U), "where")])
def test_a_function_of_unknowns_has_no_parts(formula: Expr, inner: str) -> None:
    with pytest.raises(NotPolynomial) as refused:
        parts(formula)
    assert str(refused.value.inner).startswith(inner)


def drum(**arguments: object) -> Problem:
    u = Field("u", SHEET)
    return Problem([u], [Condition("tone", -laplacian(u) == LAM * u, on=SHEET), Condition("rim", u == 0, on=SHEET.boundary)], **arguments)


def test_a_condition_gives_the_formulas_of_both_operators() -> None:
    x, y = SHEET.coordinates
    u = Field("u", SHEET)
    robin = Condition("robin", dot(grad(u), SHEET.normal) + 2 * u == 3 * LAM * x * u, on=SHEET.boundary)
    (left,), (right,) = linear_parts(robin, LAM)
    assert (str(left), str(right)) == ("u_x*n_x + u_y*n_y + 2*u", "3*x*u")


def test_the_pencil_has_both_operators_and_no_eigenvalue() -> None:
    problem = pencil(drum(modes=3))
    assert problem.eigenvalue is None and problem.parameters == ()
    assert [tuple(map(str, condition.residuals)) for condition in problem.conditions] == [("-(u_xx + u_yy)", "u"), ("u", "0")]


def test_the_unfolded_problem_has_every_field_condition_and_output_once_for_every_mode() -> None:
    u, v = Field("u", SHEET), VectorField("v", SHEET, components=("a", "b"))
    x, _ = SHEET.coordinates
    problem = unfolded(Problem(
        [u, v], [Condition("first", -laplacian(u) + div(v) == LAM * (1 + x) * u, on=SHEET), Condition("second", laplacian(v) == LAM * v, on=SHEET)],
        outputs={"u": u, "v": v, "scaled": LAM * grad(u)}, modes=2, accuracy=1e-3, time_limit=7))
    assert [field.name for field in problem.fields] == ["u_1", "v_1", "u_2", "v_2"]
    assert [one.name for one in problem.unknowns] == ["u_1", "a_1", "b_1", "u_2", "a_2", "b_2"]
    assert [one.name for one in problem.parameters] == ["lam_1", "lam_2"]
    assert [one.name for one in problem.conditions] == ["first 1", "second 1", "first 2", "second 2"]
    assert str(problem.conditions[2].residuals[0]) == "a_2_x - (u_2_xx + u_2_yy) + b_2_y - lam_2*(x + 1)*u_2"
    assert str(problem.outputs["scaled_2"].components[1]) == "lam_2*u_2_y"
    assert (problem.accuracy, problem.time_limit) == (1e-3, 7)


def test_one_mode_keeps_the_names_it_was_given() -> None:
    problem = unfolded(drum())
    assert list(problem.outputs) == ["u"] and problem.parameters[0].name == "lam"
    assert [one.name for one in problem.conditions] == ["tone", "rim"]


def test_a_problem_without_an_eigenvalue_is_not_unfolded() -> None:
    u, k = Field("u", LINE), Parameter("k")
    problem = Problem([u], [Condition("balance", diff(u, X, X) == k, on=LINE)])
    assert unfolded(problem) is problem


@pytest.mark.parametrize("near, said", [(None, "3 modes, those with the lowest lam"), (20, "3 modes, those with the nearest to 20 lam")])
def test_the_plan_says_which_modes_are_sought(near: float | None, said: str) -> None:
    u, lam = Field("u", LINE), Eigenvalue("lam", near=near)
    problem = Problem([u], [Condition("tone", diff(u, X, X) == lam * u, on=LINE)], modes=3)
    assert said in str(Plan.of(problem)).splitlines()


@pytest.mark.parametrize("formula", [where(X < 0.5, 0, 50 * U), 2 * (1 + U) - 2, U * (0 * X + 0.0) + 3 * U], ids=["well", "brackets", "zero"])
def test_terms_that_vanish_are_no_parts(formula: Expr) -> None:
    assert set(parts(formula - LAM * U)) == {(1, 0), (1, 1)}
