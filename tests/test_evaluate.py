"""Compiled formulas agree with their evaluation by NumPy, and parameters stay within their bounds."""

from __future__ import annotations

from typing import Any

import cases
import numpy as np
import pytest
import torch
from cases import normal
from programs import compiled, random_jets, run_on_points
from reference import assert_same
from scipy import special

from pinnaux import (
    Field,
    Observations,
    Parameter,
    Rectangle,
    TimeInterval,
    VectorField,
    diff,
    dot,
    exp,
    grad,
    laplacian,
    log,
    maximum,
    minimum,
    norm,
    pointwise,
    sin,
    sqrt,
    where,
)
from pinnaux.derivatives import jet_specs
from pinnaux.evaluate import FUNCTIONS, FormulaProgram, Layout, free_start, parameter_value
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic import numeric
from pinnaux.symbolic.functions import applied
from pinnaux.symbolic.scalar import Expr

domain = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 1)
x, y, t = domain.coordinates
u, v = Field("u", domain), Field("v", domain)
# A coarse grid as well, where comparisons of coordinates meet equality.
points = np.concatenate([0.05 + 0.9 * np.random.default_rng(0).random((60, 3)), np.stack(np.meshgrid(*[[0.25, 0.5, 0.75]] * 3), -1).reshape(-1, 3)])
columns = dict(zip("xyt", points.T))

formulas = {
    "sum": x + 2 * y - t - 3, "product": 2 * x * y * t, "nested": (x + y) * (x - t) + (x + y),
    "square": x**2, "cube of a negative": (x - 1) ** 3, "inverse": 1 / x, "negative inverse square": (x - 2) ** -2,
    "root": x**0.5, "inverse root": x**-1.5, "field in the exponent": x**y, "number to a power": 2**x, "quotient": x / (y + t),
    "number": x * 0 + 7, "minus": -(x**2) - y,
    "less": where(x < 0.5, x, y), "at most": where(x <= 0.5, x, y), "greater": where(x > 0.5, x, y), "at least": where(x >= 0.5, x, y),
    "equal": where(x == 0.5, 1, 0), "equal vectors": where((x == y) & (y == t), 1, 0),
    "and": where((x > 0.2) & (y < 0.7), x, t), "or": where((x > 0.8) | (y < 0.2), x, t), "not": where(~(x + y < 1), x, t),
    "nested predicate": where(((x < y) | (y == 0.5)) & ~((t > 0.5) & (x * y < 0.2)), x, 2),
    "choice in a choice": where(x < 0.5, where(y < 0.5, 1, where(t < 0.5, 2, 3)), where(x + y < t, 4, 5)),
    "choice in a predicate": where(where(x < 0.5, y, t) < 0.3, x, 1),
    "undefined branch": where(x > 0.5, sqrt(x - 0.5), log(0.6 - x)),
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_agrees_with_numpy(name: str) -> None:
    two = name in ("atan2", "minimum", "maximum")
    formula = applied(name, x - 0.5, y - 0.5) if two else applied(name, x)
    shifted = applied(name, 2 * (x - 0.5)) if name in ("abs", "sign", "sin", "tanh", "erf", "asin", "sinh") else formula
    found = run_on_points([formula, shifted], domain, points)
    assert_same(found, torch.tensor(np.stack([numeric.evaluate(one, columns) for one in (formula, shifted)])), 1e-13)


def test_the_language_and_its_programs_know_the_same_functions() -> None:
    assert set(FUNCTIONS) == set(numeric.FUNCTIONS)


@pytest.mark.parametrize("name", formulas)
def test_a_program_agrees_with_numpy(name: str) -> None:
    expected = torch.tensor(numeric.evaluate(formulas[name], columns))
    assert_same(run_on_points([formulas[name]], domain, points)[0], expected, 1e-13, 0)


@pytest.mark.parametrize("device", cases.devices)
@pytest.mark.parametrize("dtype", cases.dtypes)
def test_programs_compute_in_the_precision_of_their_points(dtype: torch.dtype, device: str) -> None:
    formula = list(formulas.values())
    program, _ = compiled(formula, domain)
    found = program([], torch.zeros(0, len(points), dtype=dtype, device=device), Surroundings(torch.tensor(points, dtype=dtype, device=device)))
    assert found.dtype == dtype and found.device.type == device
    # Next to 0.5 and the like, float32 may decide otherwise: compare away from the grid.
    expected = torch.tensor(np.stack([numeric.evaluate(one, columns) for one in formula]))
    assert_same(found.double().cpu()[:, :60], expected[:, :60], cases.tolerances[dtype])


def test_normals_and_measured_columns_are_found_by_name() -> None:
    measured = Observations({**columns, "a": points[:, 0] ** 2, "b": 3 * points[:, 1]}, domain, columns=("a", "b"))
    angle = 7 * points[:, 0]
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    formula = [domain.normal[1] * x - domain.normal[0], measured["b"] - measured["a"] * t]
    found = run_on_points(formula, domain, points, normals, {"a": points[:, 0] ** 2, "b": 3 * points[:, 1]})
    expected = np.stack([np.sin(angle) * points[:, 0] - np.cos(angle), 3 * points[:, 1] - points[:, 0] ** 2 * points[:, 2]])
    assert_same(found, torch.tensor(expected), 1e-14)


def test_unknowns_and_their_derivatives_are_found_in_their_jets() -> None:
    q = Field("q", domain, depends_on=(y,))
    velocity = VectorField("velocity", domain)
    fields = [u, v, q, *velocity]
    formula = [u * v, diff(u, x, y) - diff(v, t), diff(q, y, y) + q, dot(grad(velocity[1]), velocity), diff(velocity[0], y, t)]
    program, layout = compiled(formula, domain, fields)
    jets = random_jets(layout.specs, layout.groups, 9)
    main, side = jets
    at, own = layout.specs[0].position, layout.specs[1].position
    expected = torch.stack([
        main[0, :, 0] * main[0, :, 1], main[at[1, 1, 0], :, 0] - main[at[0, 0, 1], :, 1], side[own[2,], :, 0] + side[0, :, 0],
        main[at[1, 0, 0], :, 3] * main[0, :, 2] + main[at[0, 1, 0], :, 3] * main[0, :, 3], main[at[0, 1, 1], :, 2]])
    found = program(jets, torch.zeros(0, 9, dtype=torch.float64), Surroundings(normal(9, 3)))
    assert_same(found, expected, 1e-14)


def test_equal_parts_are_computed_once() -> None:
    once, _ = compiled([sin(x * y) * t], domain)
    twice, _ = compiled([sin(x * y) * t, sin(x * y) * t + sin(x * y) * t], domain)
    assert len(twice.instructions) == len(once.instructions) + 1


def test_a_pointwise_function_is_applied_to_tensors_and_differentiated_by_its_derivative() -> None:
    j1 = pointwise(torch.special.bessel_j1)
    j0 = pointwise(torch.special.bessel_j0, derivative=lambda a: -j1(a))
    found = run_on_points([j0(3 * x) + y, diff(j0(3 * x), x)], domain, points)
    expected = np.stack([special.j0(3 * points[:, 0]) + points[:, 1], -3 * special.j1(3 * points[:, 0])])
    assert_same(found, torch.tensor(expected), 1e-11)


def derivative_in_value(formula: Expr, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The formula of u (N,) and its derivative in u at every point."""
    program, layout = compiled([formula], domain, [u])
    jets = [torch.zeros(len(spec), len(values), 1, dtype=torch.float64) for spec in layout.specs]
    jets[0][0, :, 0] = values
    leaf = jets[0].requires_grad_()
    half = torch.full((len(values), 3), 0.25, dtype=torch.float64)
    half[::2, 0] = 0.75
    found = program([leaf], torch.zeros(0, len(values), dtype=torch.float64), Surroundings(half))[0]
    return found.detach(), torch.autograd.grad(found.sum(), leaf)[0][0, :, 0]


signed = torch.tensor([-2.0, -0.5, 0.5, 2.0], dtype=torch.float64)
root = torch.where(signed > 0, signed.abs().sqrt(), -signed)


@pytest.mark.parametrize("formula, values, slopes", [
    (where(u > 0, sqrt(u), -u), root, torch.where(signed > 0, 0.5 / signed.abs().sqrt(), torch.tensor(-1.0))),
    (where(u < 0, -u, where(u > 0, sqrt(u), log(u))), root, torch.where(signed > 0, 0.5 / signed.abs().sqrt(), torch.tensor(-1.0))),
    (where(x > 0.5, u / (x - 0.5) ** 0.5, 2 * u), torch.tensor([2.0, 2, 2, 2]) * signed, torch.full((4,), 2.0)),
    (where(x > 0.5, u * exp(-1 / (x - 0.5)), u * 1 / (0.5 - x)), signed * torch.tensor([np.exp(-4.0), 4] * 2), torch.tensor([np.exp(-4.0), 4] * 2)),
    (maximum(u, 0) + minimum(u, 1), torch.tensor([-2, -0.5, 1.0, 3]), torch.tensor([1.0, 1, 2, 1])),
], ids=["root", "nested", "coordinate", "bump", "minimum"])
def test_a_branch_that_is_not_taken_has_no_part_in_value_or_derivative(formula: Expr, values: torch.Tensor, slopes: torch.Tensor) -> None:
    # x − 0.5 is ±0.25: (0.25)^½ = ½.
    found, slope = derivative_in_value(formula, signed)
    assert_same(found, values.double(), 1e-14, 0)
    assert_same(slope, slopes.double(), 1e-14, 0)


def test_a_choice_that_all_points_make_alike_is_no_special_case() -> None:
    found = run_on_points([where(x < 2, x, log(-x)), where(x > 2, 1, y), where(x < 2, 1, 2)], domain, points)
    assert_same(found, torch.tensor(np.stack([points[:, 0], points[:, 1], np.ones(len(points))])), 0.0)


parameters = (
    Parameter("free", initial=-3.0), Parameter("zero", initial=0.0), Parameter("large", initial=1e6),
    Parameter("above", initial=2.0, lower=1.5), Parameter("below", initial=-2.0, upper=10.0),
    Parameter("between", initial=0.2, lower=-1.0, upper=0.3), Parameter("positive", initial=1e-4, positive=True),
    Parameter("decades", initial=1e-8, lower=1e-12, upper=1e-5), Parameter("narrow", initial=1.0 + 1e-9, lower=1.0, upper=1.0 + 1e-8),
)


@pytest.mark.parametrize(("bounds", "expected"), [
    ({}, 1.0), ({"positive": True}, 1.0), ({"lower": 0, "upper": 1}, 0.5), ({"lower": -4, "upper": 1e3}, 498.0), ({"lower": 2.0, "upper": 3.0}, 2.5),
    ({"lower": 1e-12, "upper": 1e-8}, 1e-10), ({"upper": 1e-3, "positive": True}, 5e-4), ({"lower": 1.0}, 2.0), ({"lower": -7.0}, 1.0),
    ({"lower": 1e-100, "upper": 1e100}, 1.0), ({"lower": -1.7e308, "upper": -1.6e308}, -1.65e308), ({"upper": 1.0}, 0.0), ({"upper": -30.0}, -60.0),
    ({"upper": 5.0}, 1.0)], ids=str)
def test_without_an_initial_value_a_parameter_starts_well_inside_its_bounds(bounds: dict[str, Any], expected: float) -> None:
    parameter = Parameter("k", **bounds)
    assert parameter.initial == pytest.approx(expected, rel=1e-12)
    assert parameter_value(parameter, torch.tensor(free_start(parameter), dtype=torch.float64)).item() == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("parameter", parameters, ids=str)
def test_a_parameter_starts_at_its_initial_value(parameter: Parameter) -> None:
    found = parameter_value(parameter, torch.tensor(free_start(parameter), dtype=torch.float64)).item()
    assert found == pytest.approx(parameter.initial, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("parameter", parameters, ids=str)
def test_a_parameter_never_leaves_its_bounds_and_reaches_every_value_between(parameter: Parameter) -> None:
    free = torch.linspace(-30, 30, 601, dtype=torch.float64)
    found = parameter_value(parameter, free)
    low, high = parameter.lower, parameter.upper
    assert (low is None or (found >= low).all()) and (high is None or (found <= high).all())
    steps = found.diff() * (-1 if low is None and high is not None else 1)
    assert (steps >= 0).all()
    size = high - low if low is not None and high is not None else abs(parameter.initial) or 1.0
    assert low is None or found.min() - low < 1e-6 * size
    assert high is None or high - found.max() < 1e-6 * size
    assert high is not None or found.max() > 5 * size
    assert low is not None or found.min() < -5 * size


def test_between_bounds_that_are_decades_apart_every_decade_is_as_near() -> None:
    parameter = Parameter("decades", initial=1e-8, lower=1e-12, upper=1e-4)
    share = torch.linspace(0.05, 0.95, 19, dtype=torch.float64)
    assert torch.allclose(torch.log10(parameter_value(parameter, torch.logit(share))), -12 + 8 * share, rtol=1e-12)


@pytest.mark.parametrize("parameter", [one for one in parameters if one.name != "decades"], ids=str)
def test_a_unit_step_of_the_free_number_is_a_step_that_matters(parameter: Parameter) -> None:
    free = torch.tensor(free_start(parameter), dtype=torch.float64, requires_grad=True)
    slope = abs(torch.autograd.grad(parameter_value(parameter, free), free)[0].item())
    gaps = [abs(parameter.initial - bound) for bound in (parameter.lower, parameter.upper) if bound is not None]
    expected = min(gaps) if gaps else abs(parameter.initial) or 1.0
    assert 0.4 * expected <= slope <= 1.01 * expected


def test_parameters_in_formulas_have_the_values_of_their_free_numbers() -> None:
    several = parameters[3:6]
    formula = [u * several[0] + several[2], several[1] * laplacian(u)]
    layout = Layout(((u,),), jet_specs(formula, ((u,),)), several, domain.names, domain.space)
    jets, free = random_jets(layout.specs, layout.groups, 5), normal(3, 5, seed=50)
    found = FormulaProgram(formula, layout)(jets, free, Surroundings(normal(5, 3)))
    first = several[0].lower + (several[0].initial - several[0].lower) * torch.exp(free[0])
    third = several[2].lower + (several[2].upper - several[2].lower) / (1 + torch.exp(-free[2]))
    at = layout.specs[0].position
    second = several[1].upper - (several[1].upper - several[1].initial) * torch.exp(free[1])
    expected = torch.stack([jets[0][0, :, 0] * first + third, second * (jets[0][at[2, 0, 0], :, 0] + jets[0][at[0, 2, 0], :, 0])])
    assert_same(found, expected, 1e-13)


def test_norms_are_those_of_numpy() -> None:
    velocity = VectorField("velocity", domain)
    program, layout = compiled([norm(velocity)], domain, [*velocity])
    jets = random_jets(layout.specs, layout.groups, 7)
    assert_same(program(jets, torch.zeros(0, 7, dtype=torch.float64), Surroundings(normal(7, 3)))[0], jets[0][0].norm(dim=1), 1e-14, 0)
