"""Derivatives and values of scalar formulas, against differences of high order and against NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pinnaux import (
    Field, Interval, Parameter, Rectangle, TimeInterval, abs, acos, asin, atan, atan2, cos, cosh, diff, div, erf, exp, grad, log,
    maximum, minimum, pi, pointwise, sign, sin, sinh, sqrt, tan, tanh, where,
)
from pinnaux.errors import DeclarationError
from pinnaux.symbolic.numeric import FUNCTIONS, evaluate, evaluate_predicate
from pinnaux.symbolic.scalar import Derivative, postorder

domain = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 1)
x, y, t = domain.coordinates
u, v = Field("u", domain), Field("v", domain)
k = Parameter("k")

# Weights of the eighth-order central difference at offsets 1 to 4.
STENCIL = (4 / 5, -1 / 5, 4 / 105, -1 / 280)

# The points avoid the kinks of abs, minimum, maximum and where.
POINTS = {
    "x": np.array([0.21, 0.37, 0.55, 0.72, 0.81]),
    "y": np.array([0.63, 0.12, 0.48, 0.29, 0.91]),
    "t": np.array([0.33, 0.84, 0.17, 0.58, 0.05]),
}

gap = x - y
FORMULAS = {
    "sin": sin(3 * x * y),
    "cos": cos(x + y**2),
    "tan": tan(x * y),
    "asin": asin(x * y),
    "acos": acos(x * y),
    "atan": atan(4 * x - y),
    "atan2": atan2(y - 0.5 * x, x - 0.45 * y),
    "sinh": sinh(x - 2 * y),
    "cosh": cosh(x * y),
    "tanh": tanh(3 * (x - y)),
    "exp": exp(x * y - t),
    "log": log(x + y),
    "sqrt": sqrt(x + y**2),
    "abs": abs(gap) * gap * y,
    "sign": sign(gap) * gap**2,
    "minimum": minimum(gap, 0) ** 3 * y,
    "maximum": maximum(0, gap) ** 2 * x,
    "erf": erf(2 * x - y),
    "where": where(x < y, x**2 * y, x**2 * y + sin(gap) ** 3),
    "whole power": (x + 2 * y) ** 3,
    "negative power": (x + 2 * y) ** -2,
    "fractional power": (x + y) ** 1.7,
    "formula to a formula": (x + 1) ** (y * x),
    "number to a formula": 2 ** (x * y),
    "quotient": (x - y) / (1 + x * y),
    "product of many": x * y * sin(x) * exp(y) * x,
    "nested": sin(exp(x * cos(y)) / (1 + x**2)),
}


def difference(formula, name, step=1e-2):
    """∂formula/∂name by the eighth-order central difference."""
    total = 0.0
    for offset, weight in enumerate(STENCIL, start=1):
        for side in (1, -1):
            moved = {**POINTS, name: POINTS[name] + side * offset * step}
            total = total + side * weight * evaluate(formula, moved) / step
    return total


@pytest.mark.parametrize("coordinate", [x, y], ids=str)
@pytest.mark.parametrize("name", FORMULAS)
def test_a_derivative_agrees_with_differences(name, coordinate):
    formula = FORMULAS[name]
    np.testing.assert_allclose(evaluate(diff(formula, coordinate), POINTS), difference(formula, coordinate.name), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_second_derivative_agrees_with_differences_of_the_first(name):
    slope = diff(FORMULAS[name], x)
    second = evaluate(diff(FORMULAS[name], x, x), POINTS)
    np.testing.assert_allclose(second, difference(slope, "x"), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_mixed_derivatives_commute(name):
    one, other = diff(FORMULAS[name], x, y), diff(FORMULAS[name], y, x)
    np.testing.assert_allclose(evaluate(one, POINTS), evaluate(other, POINTS), rtol=1e-11, atol=1e-12)


KINKS = {
    "abs": abs(x - y) * y,
    "minimum": minimum(x * y, y - x),
    "maximum": maximum(x * y, y - x),
    "where": where(x < 0.5, x, 1 - x),
    "where of a curve": where(x**2 + y**2 < 0.5, 0, (x**2 + y**2 - 0.5) * exp(x)),
    "where of several": where((x > 0.3) & (x < 0.6) & (y > x), (x - 0.3) * (x - 0.6) * (y - x), 0),
    "where far from the origin": where(x < 500, x, 1000 - x),
    "where both are zero": where(abs(x - 0.5) < 0.25, cos(2 * pi * (x - 0.5)), 0),
    "where of a root": where(x < 0.4, 0, sqrt(x - 0.4) * y),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_differentiated_once(name):
    found, expected = evaluate(diff(KINKS[name], x), POINTS), difference(KINKS[name], "x", 1e-4)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["abs", "minimum", "maximum", "where"])
def test_a_kink_is_not_differentiated_twice(name):
    with pytest.raises(DeclarationError, match="cannot differentiate .* in x: it jumps where .*, and the derivative of a jump is no function"):
        diff(KINKS[name], x, x)


JUMPS = {
    "sign": 5.5 + 4.5 * sign(x - 0.5),
    "sign of an unknown": sign(u) * x,
    "numbers": where(x < 0.5, 1, 10),
    "formulas": where(x < 0.5, 1 + 0.1 * y, 10 + y),
    "formula and number": where(x + y > 1, exp(x), 3),
    "a disk": where(x**2 + y**2 < 0.25, 1 + x, 2 + y),
    "several": where((x > 0.3) & (x < 0.6), 1 + y, 2 + y),
    "far from the origin": where(x < 500, x, 1001 - x),
    "large and small": where(x < 0.5, 1e8 + y, 1.01e8 + y),
    "in a branch": where(u > 0, where(x < 0.5, 1, 2), u),
    "a divisor": 1 / where(x < 0.5, 1 + y, 2 + y),
    "a kink of an unknown, twice": diff(abs(u), x),
    "singular where it jumps": sign(x) / x,
}


@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_is_not_differentiated(name):
    with pytest.raises(DeclarationError, match="cannot differentiate .* in x: it jumps where") as caught:
        diff(JUMPS[name], x)
    assert "make the flux a field" in caught.value.hint and "tanh" in caught.value.hint
    with pytest.raises(DeclarationError, match="it jumps where"):
        div(JUMPS[name] * grad(u))


@pytest.mark.parametrize(("formula", "text"), [
    (lambda: diff(where(t < 0.5, 1, 2) * u, x), "where(t < 0.5, 1, 2)*u_x"),
    (lambda: diff(sign(t - 0.5) * u, x), "sign(t - 0.5)*u_x"),
    (lambda: diff(where(u > 0, u**2, 0), x, x), "where(0 < u, 2*u_x^2 + 2*u*u_xx, 0)"),
    (lambda: diff(where(u > 0, u, 0), x), "where(0 < u, u_x, 0)"),
    (lambda: diff(where(u > 0, u, v), x), "where(0 < u, u_x, v_x)"),
    (lambda: diff(abs(u), x), "sign(u)*u_x"),
    (lambda: diff(maximum(u, 0), x), "where(0 <= u, 1, 0)*u_x"),
    (lambda: diff(where(x < 0.5, 2, 2) * u, x), "where(x < 0.5, 2, 2)*u_x"),
    (lambda: diff(where(x < k, 1 + x, 2 + x), x), "where(x < k, 1, 1)"),
], ids=lambda value: "" if callable(value) else str(value))
def test_what_does_not_jump_along_a_coordinate_is_differentiated_in_it(formula, text):
    assert str(formula()) == text


def test_a_jump_hidden_by_a_factor_that_is_zero_there_is_differentiated():
    assert str(diff(abs(u) * u, x)) == "u*sign(u)*u_x + abs(u)*u_x"
    diff(maximum(u, 0) ** 2, x, x)
    diff(abs(u) * u, x, x)
    with pytest.raises(DeclarationError, match="it jumps where u is 0"):
        diff(abs(u) * u, x, x, x)


def test_geometric_predicates_may_jump():
    values = {"x": np.array([0.2, 0.7])}
    assert evaluate_predicate(sign(x - 0.5) > 0, values, {"x": 1e-8}).tolist() == [False, True]
    assert evaluate_predicate(where(x < 0.5, 1, 2) == 1, values, {"x": 1e-8}).tolist() == [True, False]


def test_every_named_function_is_differentiated_here():
    assert set(FUNCTIONS) <= set(FORMULAS)


NUMBERS = {
    sin: math.sin, cos: math.cos, tan: math.tan, asin: math.asin, acos: math.acos, atan: math.atan, sinh: math.sinh, cosh: math.cosh,
    tanh: math.tanh, exp: math.exp, log: math.log, sqrt: math.sqrt, erf: math.erf, abs: math.fabs, sign: lambda a: math.copysign(1, a),
}


@pytest.mark.parametrize("function", NUMBERS, ids=lambda function: function.__name__)
def test_a_function_of_a_number_is_the_number(function):
    assert function(0.3) == pytest.approx(NUMBERS[function](0.3), rel=1e-15)
    assert isinstance(function(0.3), float)
    assert function(np.float64(0.3)) == function(0.3)


def test_functions_of_two_numbers_are_numbers():
    assert (minimum(2, 3), maximum(2, 3), minimum(4, 2, 3), maximum(4, 5, 3)) == (2, 3, 2, 5)
    assert atan2(1, -1) == pytest.approx(3 * pi / 4)


def test_formulas_evaluate_as_numpy_does():
    ours = evaluate(FORMULAS["nested"] - 3 * FORMULAS["quotient"] / 7, POINTS)
    xs, ys = POINTS["x"], POINTS["y"]
    by_hand = np.sin(np.exp(xs * np.cos(ys)) / (1 + xs**2)) - 3 * (xs - ys) / (1 + xs * ys) / 7
    np.testing.assert_allclose(ours, by_hand, rtol=1e-14)


def test_a_number_is_evaluated_at_every_point():
    assert np.array_equal(evaluate(0 * x + 2.5, POINTS), np.full(5, 2.5))


def test_where_takes_the_branch_at_each_point_and_ignores_the_other():
    values = {"x": np.array([-1.0, 0.0, 4.0])}
    assert np.array_equal(evaluate(where(x > 0, sqrt(x), -1), values), [-1, -1, 2])


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (x < 0.5, [1, 1, 0, 0]), (x <= 0.5, [1, 1, 1, 0]), (x > 0.5, [0, 0, 0, 1]), (x >= 0.5, [0, 0, 1, 1]), (x == 0.5, [0, 0, 1, 0]),
        ((x > 0.2) & (x < 0.6), [0, 1, 1, 0]), ((x < 0.2) | (x > 0.6), [1, 0, 0, 1]), (~(x < 0.5), [0, 0, 1, 1]), (0.5 > x, [1, 1, 0, 0]),
    ],
    ids=str,
)
def test_predicates_choose_as_the_mathematics_says(relation, expected):
    values = {"x": np.array([0.1, 0.3, 0.5, 0.7])}
    assert np.array_equal(evaluate(where(relation, 1, 0), values), expected)
    assert np.array_equal(evaluate_predicate(relation, values, {}), np.array(expected, dtype=bool))


def test_geometric_predicates_allow_for_rounding_in_the_direction_that_keeps_boundaries():
    values = {"x": np.array([1 + 1e-12, 1 - 1e-12, 1 + 1e-3, 1 - 1e-3])}
    tolerance = {"x": 1e-8}
    assert evaluate_predicate(x == 1, values, tolerance).tolist() == [True, True, False, False]
    assert evaluate_predicate(x <= 1, values, tolerance).tolist() == [True, True, False, True]
    assert evaluate_predicate(x < 1, values, tolerance).tolist() == [False, False, False, True]
    assert evaluate_predicate(~(x < 1), values, tolerance).tolist() == evaluate_predicate(x >= 1, values, tolerance).tolist()


def test_the_tolerance_of_a_curve_is_a_distance_whatever_the_formulas_scale():
    angle = np.linspace(0, 6, 7)
    for scale in (1e-3, 1.0, 1e3):
        circle = scale * (x**2 + y**2) == scale * 4
        for distance, expected in ((0.5e-8, True), (4e-8, False)):
            radius = 2 + distance
            values = {"x": radius * np.cos(angle), "y": radius * np.sin(angle)}
            assert np.all(evaluate_predicate(circle, values, {"x": 1e-8, "y": 1e-8}) == expected)


def test_derivatives_of_a_field_merge_into_one_and_commute():
    third = diff(diff(diff(u, t), x), x)
    assert isinstance(third, Derivative)
    assert third.unknown is u
    assert third.orders == (("x", 2), ("t", 1))
    assert third.key == diff(u, x, t, x).key
    assert third.order == 3


def test_derivatives_of_any_order_exist():
    assert diff(u, *[x] * 7, *[y] * 4).orders == (("x", 7), ("y", 4))


def test_a_field_that_lacks_a_coordinate_is_constant_in_products():
    w = Field("w", domain, depends_on=(x, y))
    assert str(diff(w * u, t)) == "w*u_t"


def test_a_parameter_is_constant():
    assert str(diff(k * u + k, x)) == "k*u_x"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (u * diff(u, x), "u*u_x"),
        (diff(u, t) + u * diff(u, x) - diff(u, x, x), "u_t + u*u_x - u_xx"),
        (1 - x, "1 - x"),
        (-(u + v) / x**2, "-(u + v)/x^2"),
        (2 * u / (3 * v), "2*u/(3*v)"),
        ((u + v) ** 3, "(u + v)^3"),
        (u**-x, "u^(-x)"),
        (1 / u, "1/u"),
        (sin(pi * x) * exp(-t), "sin(3.14159*x)*exp(-t)"),
        (atan2(y, x), "atan2(y, x)"),
        (where(u > 0, u, 0), "where(0 < u, u, 0)"),
        (x * x * x, "x^3"),
        (diff(Field("f", Rectangle((0, 0), (1, 1), names=("x1", "x2"))), *Rectangle((0, 0), (1, 1), names=("x1", "x2")).coordinates), "f_{x1,x2}"),
    ],
)
def test_formulas_print_as_readable_mathematics(formula, text):
    assert str(formula) == text


@pytest.mark.parametrize(
    ("formula", "text"),
    [(0 * u + x, "x"), (1 * u, "u"), (u + 0, "u"), (u - 0, "u"), (u**1, "u"), (u**0, "1"), (2 * (3 * u), "6*u"), (1 + (u + 2), "u + 3"),
     (u * u * u**2, "u^4"), (2 * u / 2, "u"), (sin(0 * x), "0"), ((u**2) ** 3, "u^6"), (diff(u, x) * diff(u, x), "u_x^2")],
)
def test_formulas_are_simplified_where_it_is_free_of_risk(formula, text):
    assert str(formula) == text


def test_a_quotient_of_equals_is_kept_for_it_is_undefined_at_zero():
    assert str(u / u) == "u/u"


def test_numbers_of_numpy_combine_with_formulas_from_either_side():
    two = np.float64(2)
    for ours, plain in ((two * x, 2 * x), (two - x, 2 - x), (two / x, 2 / x), (two**x, 2**x), (x * two, x * 2), (np.array(2.0) + x, 2 + x)):
        assert np.array_equal(evaluate(ours, POINTS), evaluate(plain, POINTS))
    assert np.array_equal(evaluate_predicate(np.float64(0.5) < x, POINTS, {}), POINTS["x"] > 0.5)


def test_a_shared_part_is_visited_once_however_often_it_occurs():
    formula = x
    for _ in range(60):
        formula = (sin(formula) + formula * formula) / 2
    assert len(postorder([formula])) < 60 * 8
    assert len(str(formula)) < 2000
    assert np.all(np.isfinite(evaluate(diff(formula, x), POINTS)))


def test_deep_formulas_need_no_recursion():
    formula = x
    for _ in range(1200):
        formula = sin(formula)
    slope = evaluate(diff(formula, x), POINTS)
    assert np.all(np.abs(slope) < 1)


def test_pointwise_functions_differentiate_by_the_derivative_given():
    cube = pointwise(lambda a: a**3, derivative=lambda a: 3 * a**2)
    square = x**2 + y
    np.testing.assert_allclose(evaluate(diff(cube(square), x), POINTS), evaluate(6 * x * square**2, POINTS), rtol=1e-14)


def test_the_derivative_of_a_pointwise_function_may_be_another_one():
    slope = pointwise(lambda a: 2 * a)
    law = pointwise(lambda a: a**2, derivative=slope)
    assert str(diff(law(u), x)) == "pointwise(u)*u_x"


def test_one_dimensional_coordinates_unpack():
    (s,) = Interval(0, 2).coordinates
    assert str(diff(s**3, s)) == "3*x^2"
