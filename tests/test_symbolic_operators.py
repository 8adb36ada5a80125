"""Operators against hand-written formulas and the identities of vector calculus, on smooth explicit formulas."""

from __future__ import annotations

import numpy as np
import pytest

from pinnaux import (
    Box, Field, Interval, Parameter, Rectangle, Tensor, TimeInterval, VectorField, cos, cross, curl, diff, div, dot, exp, grad, hessian,
    identity, inner, laplacian, maximum, norm, outer, sin, sqrt, sym, trace, transpose, where,
)
from pinnaux.errors import DeclarationError
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Derivative, Product, Sum

space = Box((0, 0, 0), (1, 1, 1)) * TimeInterval(0, 1)
x, y, z, t = space.coordinates
plane = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 1)
px, py, pt = plane.coordinates

POINTS = {name: np.random.default_rng(7 + i).uniform(0.1, 0.9, 6) for i, name in enumerate("xyzt")}

f = sin(x * y) * exp(z) + t * x**2
g = cos(x - 2 * z) + y**3 * z
v = Tensor((x * y * z, sin(x) * z**2, exp(x - y) + t))
w = Tensor((y**2, x * z, cos(y)))


def assert_same(left, right):
    """Both formulas, or tensors of one shape, have the same values."""
    ours = left if isinstance(left, Tensor) else Tensor((left,))
    theirs = right if isinstance(right, Tensor) else Tensor(right if isinstance(right, tuple) else (right,))
    assert ours.shape == theirs.shape
    for a, b in zip(ours.components, theirs.components):
        np.testing.assert_allclose(evaluate(a, POINTS), evaluate(b, POINTS), rtol=1e-11, atol=1e-12)


def test_grad_is_the_vector_of_spatial_derivatives_and_never_time():
    assert_same(grad(f), (y * cos(x * y) * exp(z) + 2 * t * x, x * cos(x * y) * exp(z), sin(x * y) * exp(z)))


def test_grad_of_a_vector_has_the_derivative_index_last():
    assert_same(grad(v), Tensor((
        (y * z, x * z, x * y), (cos(x) * z**2, 0, 2 * sin(x) * z), (exp(x - y), -exp(x - y), 0),
    )))


def test_div_sums_the_derivatives_along_the_components():
    assert_same(div(v), y * z)


def test_div_of_a_matrix_acts_row_by_row():
    assert_same(div(outer(w, v)), dot(grad(w), v) + w * div(v))


def test_laplacian_is_div_grad():
    assert_same(laplacian(f), div(grad(f)))
    assert_same(laplacian(v), div(grad(v)))
    assert_same(laplacian(f), trace(hessian(f)))


def test_laplacian_by_hand():
    assert_same(laplacian(f), (1 - x**2 - y**2) * sin(x * y) * exp(z) + 2 * t)


def test_curl_of_a_gradient_is_zero():
    assert_same(curl(grad(f)), (0 * x, 0 * x, 0 * x))


def test_div_of_a_curl_is_zero():
    assert_same(div(curl(v)), 0 * x)


def test_curl_of_a_curl_is_grad_div_minus_laplacian():
    assert_same(curl(curl(v)), grad(div(v)) - laplacian(v))


def test_curl_by_hand():
    assert_same(curl(v), (-exp(x - y) - 2 * sin(x) * z, x * y - exp(x - y), cos(x) * z**2 - x * z))


def test_in_the_plane_curl_takes_scalars_to_vectors_and_back():
    stream = sin(px) * py**2
    velocity = curl(stream)
    assert_same(velocity, (2 * sin(px) * py, -cos(px) * py**2))
    assert_same(div(velocity), 0 * px)
    assert_same(curl(velocity), -laplacian(stream))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (lambda: grad(f * g), lambda: f * grad(g) + g * grad(f)),
        (lambda: div(f * v), lambda: dot(grad(f), v) + f * div(v)),
        (lambda: curl(f * v), lambda: cross(grad(f), v) + f * curl(v)),
        (lambda: div(cross(v, w)), lambda: dot(w, curl(v)) - dot(v, curl(w))),
        (lambda: grad(dot(v, w)), lambda: dot(w, grad(v)) + dot(v, grad(w))),
        (lambda: laplacian(f * g), lambda: f * laplacian(g) + 2 * dot(grad(f), grad(g)) + g * laplacian(f)),
        (lambda: grad(f / g), lambda: (g * grad(f) - f * grad(g)) / g**2),
        (lambda: diff(v, t), lambda: Tensor((0, 0, 1))),
    ],
)
def test_product_rules_hold(left, right):
    assert_same(left(), right())


def test_hessian_is_symmetric_and_by_hand():
    second = hessian(x**2 * y * z)
    assert_same(second, Tensor(((2 * y * z, 2 * x * z, 2 * x * y), (2 * x * z, 0, x**2), (2 * x * y, x**2, 0))))


MATRIX = Tensor(((x, y, z), (x * y, 1, sin(z)), (0, x**2, y)))
OTHER = Tensor(((1, x, 0), (z, y, x), (y * z, 2, x)))


def numbers(formula):
    """The values, shape (N, *shape of the formula)."""
    flat = np.stack([evaluate(entry, POINTS) for entry in formula.components], axis=-1)
    return flat.reshape(6, *formula.shape)


@pytest.mark.parametrize(
    ("formula", "subscripts", "operands"),
    [
        (lambda: dot(v, w), "ni,ni->n", (v, w)),
        (lambda: dot(MATRIX, v), "nij,nj->ni", (MATRIX, v)),
        (lambda: dot(v, MATRIX), "ni,nij->nj", (v, MATRIX)),
        (lambda: dot(MATRIX, OTHER), "nij,njk->nik", (MATRIX, OTHER)),
        (lambda: inner(v, w), "ni,ni->n", (v, w)),
        (lambda: inner(MATRIX, OTHER), "nij,nij->n", (MATRIX, OTHER)),
        (lambda: outer(v, w), "ni,nj->nij", (v, w)),
        (lambda: transpose(MATRIX), "nij->nji", (MATRIX,)),
        (lambda: trace(MATRIX), "nii->n", (MATRIX,)),
        (lambda: dot(identity(3), v), "ni->ni", (v,)),
    ],
)
def test_products_agree_with_einsum(formula, subscripts, operands):
    expected = np.einsum(subscripts, *(numbers(one) for one in operands))
    np.testing.assert_allclose(numbers(formula()), expected, rtol=1e-12)


def test_cross_agrees_with_numpy():
    np.testing.assert_allclose(numbers(cross(v, w)), np.cross(numbers(v), numbers(w)), rtol=1e-12)
    assert_same(cross(Tensor((x, y)), Tensor((z, t))), x * t - y * z)


def test_sym_is_the_symmetric_part():
    assert_same(sym(MATRIX), (MATRIX + transpose(MATRIX)) / 2)


def test_norm_is_the_length_and_its_derivative_is_finite_with_eps():
    np.testing.assert_allclose(evaluate(norm(v), POINTS), np.linalg.norm(numbers(v), axis=1), rtol=1e-13)
    assert_same(norm(MATRIX), sqrt(inner(MATRIX, MATRIX)))
    slope = diff(norm((x, y), eps=1e-3), x)
    assert evaluate(slope, {"x": np.zeros(1), "y": np.zeros(1)}) == 0.0


def test_tensors_add_and_scale_entry_by_entry():
    assert_same(2 * v - w / f + (-v) * g, Tensor(tuple(2 * a - b / f - a * g for a, b in zip(v, w))))
    assert_same((1, 0, x) + v, Tensor((1 + v[0], v[1], x + v[2])))
    assert_same((1, 0, x) - v, Tensor((1 - v[0], -v[1], x - v[2])))


def test_tensors_are_indexed_by_one_or_two_numbers_from_either_end():
    assert v[-1] is v[2]
    assert MATRIX[0, 2] is MATRIX[0][2]
    assert [str(entry) for entry in MATRIX[1]] == ["x*y", "1", "sin(z)"]
    assert len(v) == len(MATRIX) == 3


def test_operators_take_tuples_of_formulas():
    assert_same(div((x * y, y * z, z)), y + z + 1)
    assert_same(dot((1, 0, 0), grad(f)), diff(f, x))


def test_spatial_operators_leave_out_coordinates_a_field_lacks():
    u = Field("u", space, depends_on=(x, t))
    assert [str(entry) for entry in grad(u)] == ["u_x", "0", "0"]
    assert str(laplacian(u)) == "u_xx"


def test_operators_of_a_one_dimensional_domain_are_one_vectors():
    line = Interval(0, 1)
    u = Field("u", line)
    assert grad(u).shape == (1,)
    assert str(div(grad(u))) == str(laplacian(u)) == "u_xx"
    assert str(dot(grad(u), line.normal)) == "u_x*n_x"


def test_div_of_a_flux_keeps_the_factors_so_that_the_laplacian_can_be_found_again():
    u, conductivity = Field("u", plane), 1 + px**2
    k = Parameter("k")
    terms = div(k * conductivity * grad(u)).terms
    second = [term for term in terms if isinstance(term.factors[-1], Derivative) and term.factors[-1].order == 2]
    assert [str(term.factors[-1]) for term in second] == ["u_xx", "u_yy"]
    assert second[0].factors[:-1] == () or all(a is b for a, b in zip(second[0].factors[:-1], second[1].factors[:-1]))
    assert all(isinstance(term, Product) for term in terms)


def test_a_laplacian_is_a_sum_of_its_second_derivatives():
    u = Field("u", plane)
    assert isinstance(laplacian(u), Sum)
    assert str(laplacian(u)) == "u_xx + u_yy"


def test_a_vector_field_is_a_tensor_of_its_components():
    velocity = VectorField("velocity", plane, components=("u", "v"))
    assert [str(entry) for entry in laplacian(velocity)] == ["u_xx + u_yy", "v_xx + v_yy"]
    assert str(velocity) == "velocity"
    assert str(div(velocity)) == "u_x + v_y"
    assert [one.name for one in VectorField("force", plane)] == ["force_x", "force_y"]


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda u: grad(u), "grad(u)"),
        (lambda u: 2 * grad(u), "2*grad(u)"),
        (lambda u: grad(u) + grad(u * u), "grad(u) + grad(u^2)"),
        (lambda u: u * (grad(u) - (1, 0)), "u*(grad(u) - (1, 0))"),
        (lambda u: -grad(u) / u, "(-grad(u))/u"),
        (lambda u: diff(grad(u), pt), "grad(u)_t"),
        (lambda u: transpose(outer(grad(u), grad(u))), "transpose(outer(grad(u), grad(u)))"),
        (lambda u: hessian(u)[0], "hessian(u)[0]"),
    ],
)
def test_tensors_keep_the_names_of_what_made_them(formula, text):
    assert str(formula(Field("u", plane))) == text


def test_the_derivative_of_a_jump_is_refused_and_that_of_a_kink_is_not():
    u = Field("u", plane)
    with pytest.raises(DeclarationError, match="jumps where x < 0.5 changes") as caught:
        div(where(px < 0.5, 1, 10) * grad(u))
    assert "flux a field" in caught.value.hint
    assert_same(diff(maximum(px, 0) ** 2, px, px), 2.0 + 0 * px)
    assert_same(diff(where(px < 0.5, px**2, px - 0.25), px, px), where(px < 0.5, 2, 0))
