"""Residuals with integrals and with fields at other points, against dense quadrature of the networks themselves and nested autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

import numpy as np
import pytest
import reference
import torch
from cases import normal
from compute_problems import collocation, small_ansatz
from reference import assert_same
from torch import Tensor

from pinnaux import (
    Condition,
    Field,
    Interval,
    Parameter,
    Problem,
    Rectangle,
    TimeInterval,
    Variable,
    VectorField,
    at,
    diff,
    dot,
    exp,
    grad,
    integral,
    laplacian,
    sin,
    where,
)
from pinnaux import objective as objective_module
from pinnaux.ansatz import Ansatz
from pinnaux.collocation import Purpose
from pinnaux.homotopy import Partly
from pinnaux.jets.layers import Linear
from pinnaux.objective import Objective, balanced_weights
from pinnaux.residuals import term_scales

domain = Rectangle((0, 0), (2, 1)) * TimeInterval(0, 1)
x, y, t = domain.coordinates
pair = VectorField("pair", domain, components=("u", "v"))
u, v = pair
w = Field("w", domain, depends_on=(x, t))
k = Parameter("k", initial=0.7, positive=True)
s = Variable("s")


def everywhere() -> Problem:
    """Every kind of integral, in every place: no solution is meant."""
    return Problem([pair, w], [
        Condition("inside", diff(u, t) - laplacian(u) == integral(exp(-x) * u * diff(v, x), over=x) + k * integral(u**2, over=domain) + w, on=domain),
        Condition("moving", diff(w, x) == diff(integral(at(u, t=s) * x, over=s, start=0, end=t**2), t) * integral(exp(-s * k), over=s, start=0, end=inf),
                  on=domain),
        Condition("walls", v == integral(exp(s - t) * at(diff(u, x), t=s) * v, over=s, start=0, end=t)
                  + integral(at(w, x=1 + s / 2, t=0.5) * sin(x * s) * k, over=s, start=-2, end=2), on=domain.boundary["left", "top"]),
        Condition("flux", integral(dot(grad(u), domain.normal), over=domain.boundary["top"]) * k == 1 + integral(w, over=domain.initial)),
        Condition("last", at(u, x=0) == where(t > 0.5, at(v, y=t) * integral(u, over=Rectangle((0, 0), (2, 1))), x), on=domain.final)])


def memory() -> Problem:
    """A Volterra equation: nodes for every point."""
    line = TimeInterval(0, 2)
    (z,), a = line.coordinates, Field("a", line)
    return Problem([a], [Condition("memory", diff(a, z) == -integral(exp(s - z) * at(a, t=s) ** 2, over=s, start=0, end=z), on=line),
                         Condition("start", a == 1, on=line.initial)])


def kernel() -> Problem:
    """A Fredholm equation with derivatives and the field itself under the integral: nodes that all points share."""
    line = Interval(0, 1)
    (z,), a = line.coordinates, Field("a", line)
    return Problem([a], [Condition("kernel", a == z + integral(exp(z * s) * at(diff(a, x), x=s) * at(a, x=s) * a, over=s, start=0, end=1), on=line)])


def replacement() -> Problem:
    """Heat that is lost where the total is large: integrals over space, which points of one moment share."""
    bar = Interval(0, 2) * TimeInterval(0, 1)
    (z, time), a = bar.coordinates, Field("a", bar)
    return Problem([a], [Condition("heat", diff(a, time) == diff(a, z, z) - z * integral(a**2, over=z) * integral(at(diff(a, x), x=s, t=time / 2), over=s, start=0, end=1),
                                   on=bar), Condition("total", integral(a, over=Interval(0, 2)) == at(a, x=1), on=bar)])


problems = (pytest.param(replacement, id="replacement"), pytest.param(everywhere, id="everywhere"), pytest.param(memory, id="memory"), pytest.param(kernel, id="kernel"))


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def objective_of(problem: Problem, interior: int = 18) -> tuple[Objective, Tensor]:
    ansatz, theta = small_ansatz(problem, widths=(3,))
    blocks = collocation(problem, fewest_points=3).blocks(interior, Purpose(0, 1))
    weights = tuple(torch.linspace(0.5, 2, len(block.names), dtype=torch.float64) for block in blocks)
    return Objective(ansatz, blocks, weights), theta


def field(ansatz: Ansatz, theta: Tensor, group: int) -> Callable[[Tensor], Tensor]:
    """(N, unknowns) of a group by plain torch functions."""
    branch, own = ansatz.groups[group].branches[0], ansatz.split(theta)[group]
    parameters = torch.cat([branch.hidden, own]) if group else own
    return lambda points: reference.values(branch.network, parameters, points)


def gauss(lower: float, upper: float, count: int = 60) -> tuple[Tensor, Tensor]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return torch.tensor(lower + (upper - lower) * (nodes + 1) / 2), torch.tensor(weights * (upper - lower) / 2)


def at_points(*columns: Tensor | float) -> Tensor:
    return torch.stack(torch.broadcast_tensors(*(torch.as_tensor(one, dtype=torch.float64) for one in columns)), dim=-1).reshape(-1, len(columns))


def test_an_integral_over_a_coordinate_is_that_of_the_network_at_every_other_coordinate() -> None:
    objective, theta = objective_of(everywhere())
    block = next(one for one in objective.blocks if "inside" in one.names)
    pairs, single = (field(objective.ansatz, theta, group) for group in (0, 1))
    strength = 0.7 * torch.exp(theta[-1])
    z, weights = gauss(0, 2)
    boxed = torch.cartesian_prod(*(gauss(0, end, 20)[0] for end in (2, 1, 1)))
    shares = torch.cartesian_prod(*(gauss(0, end, 20)[1] for end in (2, 1, 1))).prod(dim=1)
    whole = (shares * pairs(boxed)[:, 0] ** 2).sum()
    for number, (px, py, pt) in enumerate(block.surroundings.points.tolist()):
        row = at_points(z, py, pt).requires_grad_()
        values = pairs(row)
        slope = reference.slope(values[:, 1], row)[:, 0]
        inner = (weights * torch.exp(-z) * values[:, 0] * slope).sum()
        here = at_points(px, py, pt).requires_grad_()
        first = reference.slope(pairs(here)[:, 0], here)
        second = [reference.slope(first[:, axis], here)[0, axis] for axis in (0, 1)]
        expected = first[0, 2] - sum(second) - inner - strength * whole - single(at_points(px, pt))[0, 0]
        assert objective.by_component(theta)["inside"][number].item() == pytest.approx(expected.item(), rel=1e-10, abs=1e-11)


def test_an_integral_with_a_moving_end_and_a_kernel_is_that_of_the_network() -> None:
    objective, theta = objective_of(everywhere())
    block = next(one for one in objective.blocks if "walls" in one.names)
    pairs, single = (field(objective.ansatz, theta, group) for group in (0, 1))
    z, weights = gauss(-2, 2)
    far = single(at_points(1 + z / 2, 0.5))[:, 0]
    for number, (px, py, pt) in enumerate(block.surroundings.points.tolist()):
        moments, shares = gauss(0, pt)
        row = at_points(px, py, moments).requires_grad_()
        slope = reference.slope(pairs(row)[:, 0], row)[:, 0]
        here = pairs(at_points(px, py, pt))[0, 1]
        history = (shares * torch.exp(moments - pt) * slope * here).sum()
        expected = here - history - (weights * far * torch.sin(px * z) * 0.7 * torch.exp(theta[-1])).sum()
        assert objective.by_component(theta)["walls"][number].item() == pytest.approx(expected.item(), rel=1e-10, abs=1e-11)


def test_fields_at_other_points_are_the_networks_there() -> None:
    objective, theta = objective_of(everywhere())
    block = next(one for one in objective.blocks if "last" in one.names)
    pairs = field(objective.ansatz, theta, 0)
    z = torch.cartesian_prod(gauss(0, 2)[0], gauss(0, 1)[0])
    weights = torch.cartesian_prod(gauss(0, 2)[1], gauss(0, 1)[1]).prod(dim=1)
    for number, (px, py, pt) in enumerate(block.surroundings.points.tolist()):
        mean = (weights * pairs(at_points(z[:, 0], z[:, 1], pt))[:, 0]).sum()
        expected = pairs(at_points(0.0, py, pt))[0, 0] - pairs(at_points(px, pt, pt))[0, 1] * mean
        assert objective.by_component(theta)["last"][number].item() == pytest.approx(expected.item(), rel=1e-10, abs=1e-11)


@pytest.mark.parametrize("problem", problems)
def test_the_jacobian_is_the_derivative_of_the_residual(problem: Callable[[], Problem]) -> None:
    objective, theta = objective_of(problem())
    residual, jacobian = objective.jacobian(theta)
    assert_same(residual, objective.residual(theta), 1e-13, 0)
    assert_same(jacobian, torch.autograd.functional.jacobian(objective.residual, theta), 1e-10)
    assert jacobian.abs().amax(dim=1).min() > 0


@pytest.mark.parametrize("problem", problems)
def test_gradient_and_products_need_no_jacobian_and_no_more_than_some_points_at_a_time(problem: Callable[[], Problem],
                                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    objective, theta = objective_of(problem())
    residual, jacobian = objective.jacobian(theta)
    direction, covector = normal(len(theta), seed=71), normal(objective.rows, seed=72)
    for points, entries in ((64, 2**20), (2, 1)):
        monkeypatch.setattr(objective_module, "FEWEST_CHUNK_POINTS", points)
        monkeypatch.setattr(objective_module, "CHUNK_JET_BYTES", entries)
        monkeypatch.setattr(objective_module, "CHUNK_ENTRIES", entries)
        loss, gradient = objective.gradient(theta)
        assert loss.item() == pytest.approx(residual.square().sum().item(), rel=1e-12)
        assert_same(gradient, 2 * jacobian.T @ residual, 1e-11, 0)
        assert_same(objective.tangent(theta, direction), jacobian @ direction, 1e-11, 0)
        assert_same(objective.adjoint(theta, covector), jacobian.T @ covector, 1e-11, 0)
        assert_same(sum(rows.T @ rows for _, rows in objective.row_chunks(theta)), jacobian.T @ jacobian, 1e-12, 0)
        assert_same(objective.residual(theta), residual, 1e-12, 0)
    points = objective.blocks[0].surroundings.count
    mean = jacobian[:points].square().sum(dim=1).mean() * points / objective.weights[0][0] ** 2
    balance = balanced_weights(Objective.unweighted(objective.ansatz, objective.blocks), theta)
    assert balance[0][0].item() == pytest.approx(mean.rsqrt().item(), rel=1e-10)


def test_points_share_the_nodes_of_integrals_over_space_at_few_moments() -> None:
    compiled = collocation(replacement(), fewest_points=3)
    (block,) = compiled.blocks(400, Purpose(0, 1))
    moments = block.surroundings.points[:, 1]
    assert len(moments) == 400 and len(moments.unique()) == 40
    assert (moments.diff() >= 0).all() and moments.min() > 0 and moments.max() < 1
    theta = objective_of(replacement())[1]
    _, pushed = block.jets(objective_of(replacement())[0].ansatz, theta)
    assert [len(one.seen.unique()) for one in pushed[1:]] == [40] * len(block.sites)


def test_rows_of_points_taken_together_are_the_sums_of_theirs() -> None:
    layer = Linear(4, 3)
    jet, adjoint = normal(2, 12, 4, seed=1), normal(5, 2, 12, 3, seed=2)
    apart = layer.rows(jet, adjoint)
    for together in (1, 3, 4):
        assert_same(layer.rows(jet, adjoint, together), apart.view(5, 12 // together, together, layer.size).sum(dim=2), 1e-13, 0)


def test_continuation_switches_on_what_is_nonlinear_in_an_integrand() -> None:
    objective, theta = objective_of(memory())
    block = objective.blocks[0]
    jets, _ = block.jets(objective.ansatz, theta)
    numbers, whole = objective.ansatz.split(theta)[-1][:, None].expand(-1, block.surroundings.count), block.residuals(objective.ansatz, theta)
    halves = [Partly(block.program, share)(jets, numbers, block.surroundings) for share in (0.0, 0.5, 1.0)]
    slope = jets[0][1, :, 0]
    assert_same(halves[0][0], slope, 1e-12, 0)
    assert_same(halves[1], (halves[0] + halves[2]) / 2, 1e-12, 0)
    assert_same(halves[2], whole, 1e-12, 0)


def test_the_terms_under_an_integral_count_in_the_scale_of_a_condition() -> None:
    line = Interval(0, 1)
    (z,), a = line.coordinates, Field("a", line)
    problem = Problem([a], [Condition("mean", integral(a, over=line) == 0), Condition("kernel", integral(z * at(a, x=s), over=s, start=0, end=1) == 0, on=line)])
    compiled = collocation(problem)
    ansatz, theta = small_ansatz(problem)
    blocks = compiled.blocks(50, Purpose(0, 1))
    typical = compiled.domain_points(500, Purpose(0, 2))
    nodes, weights = gauss(0, 1)
    size = (weights * field(ansatz, theta, 0)(nodes[:, None])[:, 0].abs()).sum()
    mean, varying = (term_scales(compiled, block, ansatz, theta, typical)[0].item() for block in blocks)
    assert mean == pytest.approx(size.item(), rel=1e-3)
    assert varying == pytest.approx((size * blocks[1].surroundings.points.square().mean().sqrt()).item(), rel=1e-3)
