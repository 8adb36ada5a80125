"""Closed-form solves of single layers against dense least squares by autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import reference
import torch
from compute_problems import plate, source
from reference import assert_same
from separated_problems import Drawn, burgers, pair, separated, shifted, values
from torch import Tensor

from pinnaux.layer_solves import layer_targets, solve_layers, solve_output
from pinnaux.separated import Auxiliaries, Separated

problems = tuple(pytest.param(one, id=one.__name__) for one in (values, burgers, pair, source, plate))


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def layer_defects(system: Separated, theta: Tensor, auxiliaries: Auxiliaries, depth: int) -> Tensor:
    """√ω d of one depth, all blocks."""
    weights = Drawn().weights(system, theta, auxiliaries)
    return torch.cat([(weight[depth].sqrt()[None, :, None] * defects[depth]).flatten()
                      for weight, defects in zip(weights, system.defects(theta, auxiliaries))])


@pytest.mark.parametrize("problem", problems)
@pytest.mark.parametrize("depth", [0, 1])
def test_a_hidden_layer_takes_the_gauss_newton_step_of_its_defects(problem: Callable, depth: int) -> None:
    system, theta = separated(problem, (3, 2), 20)
    auxiliaries = shifted(system.push(theta), 0.01)
    weights = Drawn().weights(system, theta, auxiliaries)
    found = solve_layers(system, theta, auxiliaries, weights, depth, 0.0)
    ((span, _),) = layer_targets(system, auxiliaries, weights, depth)

    def function(own: Tensor) -> Tensor:
        return layer_defects(system, torch.cat([theta[: span.start], own, theta[span.stop:]]), auxiliaries, depth)

    jacobian, value = torch.autograd.functional.jacobian(function, theta[span]), function(theta[span])
    step = torch.linalg.lstsq(jacobian, -value[:, None], driver="gelsd").solution[:, 0]
    assert_same(found[span] - theta[span], step, 1e-7, 0)
    assert torch.equal(found[: span.start], theta[: span.start]) and torch.equal(found[span.stop:], theta[span.stop:])


@pytest.mark.parametrize("problem", problems)
def test_no_unit_gets_defects_that_are_larger(problem: Callable) -> None:
    system, theta = separated(problem, (3, 2), 20)
    for size in (0.3, 10.0):
        auxiliaries = shifted(system.push(theta), size)
        weights = Drawn().weights(system, theta, auxiliaries)
        for depth in (0, 1):
            found = solve_layers(system, theta, auxiliaries, weights, depth, 1e-3)
            for span, targets in layer_targets(system, auxiliaries, weights, depth):
                before, after = (sum(target.defects(one[span]) for target in targets) for one in (theta, found))
                assert (after <= before * (1 + 1e-12)).all() and after.sum() < before.sum()


def test_a_layer_whose_jets_are_those_of_other_weights_finds_these() -> None:
    """Through the activation, from where σ is as bent as it gets: repeated, as Newton's method converges."""
    system, theta = separated(values, (4, 3), 60)
    other = theta + 0.3 * torch.sin(torch.arange(len(theta), dtype=torch.float64))
    for depth in (0, 1):
        wanted = system.push(other)
        weights = Drawn().weights(system, theta, wanted)
        ((span, _),) = layer_targets(system, wanted, weights, depth)
        found = theta
        for _ in range(25):
            found = solve_layers(system, found, wanted, weights, depth, 1e-9)
        assert_same(found[span], other[span], 1e-6, 0)


@pytest.mark.parametrize("problem", [values, plate, source])
def test_the_output_of_a_linear_problem_is_solved_for_at_once(problem: Callable) -> None:
    """At the solution |R| does not change to first order in any free direction."""
    system, theta = separated(problem, (3, 2), 20)
    auxiliaries = shifted(system.push(theta), 0.2)
    nothing = tuple(tuple(jet.new_zeros(jet.shape[1]) for jet in chain) for chain in auxiliaries)
    found = solve_output(system, theta, auxiliaries, 1e-12)
    hidden = torch.zeros(len(theta), dtype=torch.bool)
    for chain in system.chains:
        hidden[chain.start:chain.start + chain.network.size - chain.network.layers[-1].size] = True
    before, after = (system.gradient(one, auxiliaries, nothing) for one in (theta, found))
    assert torch.equal(found[hidden], theta[hidden]) and after[0] < before[0]
    assert after[1][~hidden].norm() < 1e-9 * before[1][~hidden].norm()


@pytest.mark.parametrize("problem", [burgers, pair])
def test_the_output_of_a_nonlinear_problem_comes_nearer(problem: Callable) -> None:
    system, theta = separated(problem, (3, 2), 20)
    auxiliaries = shifted(system.push(theta), 0.2)
    nothing = tuple(tuple(jet.new_zeros(jet.shape[1]) for jet in chain) for chain in auxiliaries)
    found = solve_output(system, theta, auxiliaries, 1e-12)
    assert system.value(found, auxiliaries, nothing) < system.value(theta, auxiliaries, nothing)
