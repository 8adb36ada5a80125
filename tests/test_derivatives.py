"""Which derivatives formulas need, and that collapsing sums of them changes no value."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from cases import normal
from programs import compiled, grouped, random_jets, with_forms
from reference import assert_same

from pinnaux import (
    Box,
    Field,
    Interval,
    Rectangle,
    TimeInterval,
    VectorField,
    cos,
    diff,
    div,
    dot,
    exp,
    grad,
    laplacian,
    sin,
    where,
)
from pinnaux.derivatives import collapse, jet_specs, structure
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic.scalar import Expr

plane = Rectangle((0, 0), (1, 1))
x, y = plane.coordinates
u, v, p = Field("u", plane), Field("v", plane), Field("p", plane)
velocity = VectorField("velocity", plane)
line_in_time = Interval(0, 1) * TimeInterval(0, 1)
s, t = line_in_time.coordinates
w, q = Field("w", line_in_time), Field("q", line_in_time, depends_on=(s,))
space = Box((0, 0, 0), (1, 1, 1))
T = Field("T", space)
xx, yy = diff(u, x, x), diff(u, y, y)

# Formulas, their fields, and the channels (all groups together) before and after.
smaller = (
    pytest.param([-laplacian(u) - sin(x)], [u], 5, 4, id="poisson"),
    pytest.param([laplacian(T) + T**2], [T], 7, 5, id="3d"),
    pytest.param([diff(w, t, t) - 4 * diff(w, s, s)], [w], 5, 4, id="wave"),
    pytest.param([div((1 + x * y) * grad(u)) - u], [u], 5, 4, id="variable-coefficient"),
    pytest.param([div(exp(u) * grad(u))], [u], 5, 4, id="nonlinear-coefficient"),
    pytest.param([(1 + x * y) * xx + (1 + x * y) * yy], [u], 5, 4, id="factors-built-twice"),
    pytest.param([xx / x + 2 * yy / x + u], [u], 5, 4, id="quotient"),
    pytest.param([sin(laplacian(u)) + cos(u) * laplacian(u)], [u], 5, 4, id="inside-a-function"),
    pytest.param([laplacian(u) * laplacian(v) - u, laplacian(v) - v], [u, v], 5, 4, id="coupled"),
    pytest.param([*(dot(grad(one), velocity) - laplacian(one) + slope for one, slope in zip(velocity, grad(p))), div(velocity)],
                 [*velocity, p], 5, 4, id="navier-stokes"),
    pytest.param([diff(w, t, t) + diff(w, s, s) - q - diff(q, s, s)], [w, q], 8, 7, id="two-groups"),
    pytest.param([where(x + y < 1, 1, 2) * laplacian(u)], [u], 5, 4, id="predicate-of-a-sum"),
    pytest.param([where((laplacian(u) < 0) & ~(u + v < x), u, laplacian(u)) - v], [u, v], 5, 4, id="predicate-of-a-laplacian"),
)
kept = (
    pytest.param([laplacian(u) - u, xx + 3 * yy - v], [u, v], id="two-forms"),
    pytest.param([laplacian(u), xx - v], [u, v], id="one-of-them-alone"),
    pytest.param([laplacian(u), where(x < 0.5, xx, 0)], [u], id="alone-in-a-branch"),
    pytest.param([x * xx + y * yy], [u], id="different-factors"),
    pytest.param([diff(w, t) - diff(w, s, s)], [w], id="heat-in-1d"),
    pytest.param([laplacian(laplacian(u))], [u], id="biharmonic"),
    pytest.param([xx * yy - diff(u, x, y) ** 2], [u], id="monge-ampere"),
    pytest.param([diff(u, x, x) + diff(v, y, y)], [u, v], id="two-unknowns"),
    pytest.param([xx + 2 * xx], [u], id="one-derivative-twice"),
    pytest.param([xx + 2 * xx + 3 * yy], [u], id="one-derivative-twice-beside-another"),
)


def channels(formulas: Sequence[Expr], fields: Sequence[Field]) -> int:
    return sum(len(spec) for spec in jet_specs(formulas, grouped(fields)))


def assert_values_kept(formulas: Sequence[Expr], found: Sequence[Expr], fields: Sequence[Field]) -> None:
    """Both programs give the same on random jets, the collapsed channels summed from their parts."""
    domain, count = fields[0].domain, 50
    plain, layout = compiled(formulas, domain, fields)
    other, other_layout = compiled(found, domain, fields)
    jets = random_jets(layout.specs, layout.groups, count)
    surroundings = Surroundings(normal(count, domain.dimension, seed=30).abs() + 0.1)
    numbers = torch.zeros(0, count, dtype=torch.float64)
    expected = plain(jets, numbers, surroundings)
    assert_same(other(with_forms(jets, layout.specs, other_layout.specs), numbers, surroundings), expected, 1e-13)


@pytest.mark.parametrize("formulas, fields, before, after", smaller)
def test_collapsing_changes_no_value_and_saves_channels(formulas: list[Expr], fields: list[Field], before: int, after: int) -> None:
    found = collapse(formulas, grouped(fields))
    assert channels(formulas, fields) == before
    assert channels(found, fields) == after
    assert_values_kept(formulas, found, fields)


@pytest.mark.parametrize("formulas, fields", kept)
def test_what_would_save_nothing_is_left_as_written(formulas: list[Expr], fields: list[Field]) -> None:
    found = collapse(formulas, grouped(fields))
    assert len(found) == len(formulas) and all(new is old for new, old in zip(found, formulas))


def test_a_collapsed_operator_prints_as_it_reads() -> None:
    (found,) = collapse([laplacian(u) - x], grouped([u]))
    assert str(found) in ("-x + (∂²/∂x² + ∂²/∂y²) u", "(∂²/∂x² + ∂²/∂y²) u - x")
    (found,) = collapse([diff(w, t, t) - 4 * diff(w, s, s)], grouped([w]))
    assert str(found) == "(∂²/∂t² + -4 ∂²/∂x²) w"


def test_channels_are_counted_for_each_group_of_unknowns() -> None:
    specs = jet_specs([diff(w, s, t) - diff(q, s, s)], grouped([w, q]))
    assert specs[0].indices == ((0, 0), (1, 0), (0, 1), (1, 1))
    assert specs[1].indices == ((0,), (1,), (2,))


def test_an_unknown_that_is_not_differentiated_needs_its_value_only() -> None:
    assert jet_specs([u * v - x], grouped([u, v]))[0].indices == ((0, 0),)


def test_formulas_built_alike_share_their_structure_and_others_do_not() -> None:
    assert structure(sin(x * y) + u) == structure(sin(x * y) + u)
    pairs = [(sin(x), cos(x)), (x, y), (u, v), (x + y, x * y), (x**2, x**3), (xx, yy), (where(x < 1, u, v), where(x < 2, u, v)), (x - y, y - x)]
    assert all(structure(one) != structure(other) for one, other in pairs)
