"""Complex formulas against NumPy's complex numbers, their derivatives against those of analytic functions."""

from __future__ import annotations

import cmath

import numpy as np
import pytest

from pinnaux import (
    Box, ComplexField, Condition, Field, Interval, Rectangle, TimeInterval, VectorField, abs, atan2, conj, cos, cosh, cross, curl, diff, div,
    dot, exp, grad, hessian, imag, inner, laplacian, log, norm, outer, phase, real, sin, sinh, sqrt, sym, tan, tanh, trace, transpose, where,
)
from pinnaux.derivatives import structure
from pinnaux.errors import DeclarationError
from pinnaux.symbolic.complex import Complex
from pinnaux.symbolic.expression import Expr
from pinnaux.symbolic.numeric import evaluate

space = Box((0, 0, 0), (1, 1, 1)) * TimeInterval(0, 1)
x, y, z, t = space.coordinates
POINTS = {name: np.random.default_rng(11 + i).uniform(-0.9, 0.9, 7) for i, name in enumerate("xyzt")}
X, Y = POINTS["x"], POINTS["y"]
A, B = X + 1j * Y, np.exp(1j * X) * Y - 0.3
a, b = x + 1j * y, exp(1j * x) * y - 0.3
psi, phi = (ComplexField(name, space) for name in ("psi", "phi"))
u = Field("u", space)

FUNCTIONS = {exp: np.exp, sin: np.sin, cos: np.cos, tan: np.tan, sinh: np.sinh, cosh: np.cosh, tanh: np.tanh, log: np.log, sqrt: np.sqrt}
# Their derivatives, as functions of complex numbers.
SLOPES = {exp: np.exp, sin: np.cos, cos: lambda w: -np.sin(w), tan: lambda w: 1 / np.cos(w) ** 2, sinh: np.cosh, cosh: np.sinh,
          tanh: lambda w: 1 / np.cosh(w) ** 2, log: lambda w: 1 / w, sqrt: lambda w: 0.5 / np.sqrt(w)}
NAMES = [function.__name__ for function in FUNCTIONS]


def values(formula):
    """Values of a formula of coordinates at the points: (N,), (N, k) or (N, k, l), complex where it is."""
    return formula.assembled(np.stack([evaluate(one, POINTS) for one in formula.components]))


def close(formula, expected) -> bool:
    return np.allclose(values(formula), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("formula, expected", [
    (a + b, A + B), (a - b, A - B), (a * b, A * B), (a / b, A / B), (-a, -A), (+a, A), (a**3, A**3), (a**-2, A**-2), (a**0, 1),
    (a + 2, A + 2), (2 + a, 2 + A), (2 - a, 2 - A), (a - 2, A - 2), (3 * a, 3 * A), (a / 3, A / 3), (3 / a, 3 / A),
    (a + 2j, A + 2j), (2j + a, 2j + A), (2j - a, 2j - A), (a * (1 - 2j), A * (1 - 2j)), ((1 - 2j) / a, (1 - 2j) / A), (a / 2j, A / 2j),
    (x + a, X + A), (x - a, X - A), (x * a, X * A), (a * x, A * X), (x / a, X / A), (a / x, A / X),
    (x + 2j, X + 2j), (2j - x, 2j - X), (x * 2j, 2j * X), (2j / x, 2j / X), (x / 2j, X / 2j),
    (np.complex128(2j) * x, 2j * X), (np.complex64(2j) - a, 2j - A), (np.array(2j) + x, X + 2j),
    (real(b), B.real), (imag(b), B.imag), (conj(b), B.conj()), (abs(b), np.abs(B)), (phase(b), np.angle(B)), (abs(b) ** 2, np.abs(B) ** 2),
    (where(x < y, a, 1j), np.where(X < Y, A, 1j)), (where(x < y, x, b), np.where(X < Y, X, B)),
])
def test_arithmetic_is_that_of_complex_numbers(formula, expected):
    assert close(formula, expected)


@pytest.mark.parametrize("function", FUNCTIONS, ids=NAMES)
def test_functions_are_those_of_complex_numbers(function):
    assert close(function(b), FUNCTIONS[function](B))


@pytest.mark.parametrize("function", FUNCTIONS, ids=NAMES)
def test_functions_are_analytic(function):
    """∂f/∂x = f' and ∂f/∂y = i f' of f(x + iy)."""
    assert close(diff(function(a), x), SLOPES[function](A))
    assert close(diff(function(a), y), 1j * SLOPES[function](A))


@pytest.mark.parametrize("number", [1 + 2j, -3 + 0.5j, complex(2), -1j])
def test_functions_of_numbers_are_numbers(number):
    for function in FUNCTIONS:
        assert function(number) == getattr(cmath, function.__name__)(number)
    assert (real(number), imag(number), conj(number)) == (number.real, number.imag, number.conjugate())
    assert (abs(number), phase(number)) == (cmath.polar(number))
    assert (real(2.5), imag(2.5), conj(2.5)) == (2.5, 0.0, 2.5)


def test_a_real_formula_is_its_own_real_part_and_conjugate():
    assert real(u) is u
    assert conj(u) is u
    assert str(imag(u)) == "0"
    assert structure(phase(x)) == structure(atan2(0, x))


def test_what_is_real_becomes_a_real_formula():
    product, wave = psi * phi, exp(1j * x)
    real_formulas = (psi * conj(psi), psi - conj(psi) - 2j * imag(psi), (1j * x) ** 2, 1j * (psi - conj(psi)), product * conj(product),
                     wave * u * conj(wave), u * (2 + 0j), dot(conj(grad(psi)), grad(psi)))
    assert all(isinstance(formula, Expr) for formula in real_formulas)
    assert isinstance(psi * phi, Complex)


def test_the_square_of_a_size_holds_no_root():
    """|ψ|² is smooth where ψ = 0."""
    assert str(abs(psi) ** 2) == "psi_real^2 + psi_imag^2"
    assert str(norm(grad(u)) ** 4) == "(u_x^2 + u_y^2 + u_z^2)^2"
    assert "sqrt" in str(abs(psi) ** 3)


def parts_agree(whole, on_parts, *operands):
    """An operator that is linear in each operand, from what it does to real and imaginary parts."""
    first, *rest = operands
    if not rest:
        expected = values(on_parts(real(first))) + 1j * values(on_parts(imag(first)))
    else:
        second, = rest
        expected = (values(on_parts(real(first), real(second))) - values(on_parts(imag(first), imag(second)))
                    + 1j * (values(on_parts(real(first), imag(second))) + values(on_parts(imag(first), real(second)))))
    return close(whole, expected)


scalar, vector, other = a * b * exp(1j * z) + t, grad(b * sin(a + z)), grad(a**2 * exp(z)) * 1j
matrix = outer(vector, other)


@pytest.mark.parametrize("operator, operands", [
    (grad, [scalar]), (grad, [vector]), (div, [vector]), (div, [matrix]), (laplacian, [scalar]), (laplacian, [vector]), (hessian, [scalar]),
    (curl, [vector]), (transpose, [matrix]), (sym, [matrix]), (trace, [matrix]), (lambda f: diff(f, x, z), [scalar]), (lambda f: f[1], [vector]),
    (lambda f: f[1, 2], [matrix]), (dot, [vector, other]), (dot, [matrix, other]), (inner, [vector, other]), (outer, [vector, other]),
    (cross, [vector, other]), (lambda f, g: f * g, [scalar, other]), (lambda f, g: g * f, [scalar, other]),
])
def test_operators_act_on_real_and_imaginary_part(operator, operands):
    assert parts_agree(operator(*operands), operator, *operands)


@pytest.mark.parametrize("operator", [dot, inner, outer, cross])
def test_a_product_may_have_one_real_factor(operator):
    plain = grad(x * y * z)
    assert close(operator(plain, vector), values(operator(plain, real(vector))) + 1j * values(operator(plain, imag(vector))))
    assert close(operator(vector, plain), values(operator(real(vector), plain)) + 1j * values(operator(imag(vector), plain)))


def test_the_size_of_a_complex_vector_counts_both_parts():
    assert close(norm(vector), np.linalg.norm(values(vector), axis=1))
    assert close(inner(conj(vector), vector), np.linalg.norm(values(vector), axis=1) ** 2)


def test_tuples_of_complex_formulas_are_vectors():
    assert close(div((a, 1j * y, 2 * z)), 3 + 1j)
    assert close(vector + (a, 1, 1j), values(vector) + np.column_stack([A, np.ones(7), 1j * np.ones(7)]))
    assert close(grad(x * y * z) * 1j + (1j, 0, 0), 1j * (values(grad(x * y * z)) + [1, 0, 0]))
    assert len(vector) == 3
    assert [str(one) for one in grad(psi)] == ["grad(psi)[0]", "grad(psi)[1]", "grad(psi)[2]"]


def test_the_curl_in_the_plane_and_two_dimensional_products():
    px, py = Rectangle((0, 0), (1, 1)).coordinates
    field = ((1 + 1j) * px * py, 1j * px**2)
    assert close(curl(field), 2j * X - (1 + 1j) * X)
    assert close(curl((1 + 2j) * px * py), np.column_stack([(1 + 2j) * X, -(1 + 2j) * Y]))
    assert close(cross(field, (1j, 1)), (1 + 1j) * X * Y + X**2)


def test_a_real_part_without_dependence_does_not_spoil_an_operator():
    assert str(diff(1j * u, x).imag) == "u_x"
    assert close(grad(1j * x * y + t), np.column_stack([1j * Y, 1j * X, 0 * X]))
    with pytest.raises(DeclarationError, match="nothing in it depends on a field"):
        diff(Interval(0, 1, names="s").coordinates[0] * 0 + 2j, x)


def test_an_equation_has_a_residual_for_either_part():
    condition = Condition("wave", 1j * diff(psi, t) == laplacian(psi) * (1 + 2j), on=space)
    assert condition.component_names == ("wave.real", "wave.imag")
    expected = 1j * diff(psi, t) - laplacian(psi) * (1 + 2j)
    assert [structure(one) for one in condition.residuals] == [structure(real(expected)), structure(imag(expected))]
    fluxes = Condition("fluxes", grad(psi) == (1j, 0, psi), on=space)
    assert fluxes.component_names == tuple(f"fluxes.{part}[{i}]" for part in ("real", "imag") for i in range(3))


def test_an_equation_that_is_real_in_the_end_has_one_residual():
    condition = Condition("population", diff(u, t) == 1j * (psi - conj(psi)) + u, on=space)
    assert condition.component_names == ("population",)
    assert str(condition.residuals[0]) == "u_t - (u - 2*psi_imag)"
    assert Condition("factor", 1j * diff(u, t) == 1j * u, on=space).component_names == ("factor.imag",)


def test_a_complex_formula_prints_as_it_was_written():
    assert str(1j * diff(psi, t) + 0.5 * laplacian(psi) == exp(1j * x) / (2 - psi)) == "1j*psi_t + 0.5*laplacian(psi) == exp(1j*x)/(2 - psi)"
    assert str(conj(psi) ** 2 * VectorField("v", space)) == "conj(psi)^2*v"
    assert len(str(sum((psi for _ in range(200)), start=psi))) < 250


def test_a_root_that_meets_what_it_is_the_root_of_keeps_its_multiplicity() -> None:
    domain = Rectangle((1, 1), (4, 4))
    x, y = domain.coordinates
    s = sqrt(x)
    formula = real((x + s * (s * x)) + 1j * y)
    assert evaluate(formula, {"x": np.array([3.0]), "y": np.array([1.0])}) == pytest.approx([12.0])
    assert str(s * (s * x)) == "x^2"
