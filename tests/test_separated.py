"""The separated objective of real problems: its parts, its gradient and its sensitivities, against autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import reference
import torch
from compute_problems import decay, everything, plate, source
from reference import assert_same
from separated_problems import Drawn, burgers, pair, separated, shifted, values
from torch import Tensor

from pinnaux.elimination import Linearised
from pinnaux.separated import Auxiliaries, Separated

problems = tuple(pytest.param(one, id=one.__name__) for one in (values, burgers, pair, decay, source, plate, everything))


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def flat(auxiliaries: Auxiliaries) -> Tensor:
    return torch.cat([jet.flatten() for chain in auxiliaries for jet in chain])


def opened(auxiliaries: Auxiliaries) -> list[Tensor]:
    return [jet.clone().requires_grad_() for chain in auxiliaries for jet in chain]


def grouped(jets: list[Tensor], like: Auxiliaries) -> Auxiliaries:
    places = iter(jets)
    return tuple(tuple(next(places) for _ in chain) for chain in like)


@pytest.mark.parametrize("problem", problems)
def test_without_defects_it_is_the_original_loss(problem: Callable) -> None:
    system, theta = separated(problem)
    pushed = system.push(theta)
    assert all((defect == 0).all() for chain in system.defects(theta, pushed) for defect in chain)
    loss = system.objective.residual(theta).square().sum()
    assert system.value(theta, pushed, Drawn().weights(system, theta, pushed)).item() == pytest.approx(loss.item(), rel=1e-13)


@pytest.mark.parametrize("problem", problems)
def test_its_gradient_in_parameters_and_auxiliary_jets_is_that_of_autograd(problem: Callable) -> None:
    system, theta = separated(problem)
    auxiliaries = shifted(system.push(theta), 0.3)
    weights = Drawn().weights(system, theta, auxiliaries)
    value, slope, jets = system.gradient(theta, auxiliaries, weights)
    leaves = [theta.clone().requires_grad_(), *opened(auxiliaries)]
    expected = system.value(leaves[0], grouped(leaves[1:], auxiliaries), weights)
    found = torch.autograd.grad(expected, leaves, materialize_grads=True)
    assert value.item() == pytest.approx(expected.item(), rel=1e-13)
    assert_same(slope, found[0], 1e-12, 0)
    assert_same(flat(jets), torch.cat([one.flatten() for one in found[1:]]), 1e-12, 0)


def test_its_parts_are_residuals_at_the_last_jets_and_weighted_defects() -> None:
    """Written out for one network and one condition: Φ = Σ |u(n_L) − f|²/N + Σ ω |σ(W n + b) − n|²."""
    system, theta = separated(values, (3, 2), 10)
    ((first, second),) = shifted(system.push(theta), 0.4)
    ((omega, last),) = weights = Drawn().weights(system, theta, ((first, second),))
    points = system.objective.blocks[0].surroundings.points
    (w1, b1), (w2, b2), (w3, b3) = (layer.split(part) for layer, part in
                                    zip(system.chains[0].network.layers[::2], system.chains[0].split(theta)[::2]))
    parts = system.parts(theta, ((first, second),), weights)
    residual = second[0] @ w3.T + b3 - (torch.sin(torch.pi * points[:, 0]) * points[:, 1])[:, None]
    assert parts.output.item() == pytest.approx(0.25 * residual.square().mean().item(), rel=1e-12)
    scaled = 2 * points - 1
    expected = [(omega[:, None] * (torch.tanh(scaled @ w1.T + b1) - first[0]).square()).sum(),
                (last[:, None] * (torch.tanh(first[0] @ w2.T + b2) - second[0]).square()).sum()]
    assert [part.item() for part in parts.defects[0]] == pytest.approx([one.item() for one in expected], rel=1e-12)
    assert parts.total.item() == pytest.approx((parts.output + sum(expected)).item(), rel=1e-12)


@pytest.mark.parametrize("problem", problems)
def test_sensitivities_are_derivatives_of_the_residual_chained_at_the_auxiliary_jets(problem: Callable) -> None:
    system, theta = separated(problem)
    auxiliaries = shifted(system.push(theta), 0.2)
    for place, chain in enumerate(system.chains):
        linearised = Linearised.of(system, chain.block, theta, auxiliaries)
        for layer in range(chain.depth):
            slope = linearised.slopes[place][layer]
            jet = auxiliaries[place][layer].clone().requires_grad_()
            for component in range(slope.shape[0]):
                residual = _chained(system, theta, auxiliaries, place, layer, jet)[component]
                found = torch.autograd.grad(residual.sum(), jet, materialize_grads=True)[0]
                assert_same(slope[component], found, 1e-11, 0)


def _chained(system: Separated, theta: Tensor, auxiliaries: Auxiliaries, place: int, layer: int, jet: Tensor) -> Tensor:
    """The weighted residuals (m, N) when a jet moves the ones after it as the layers linearised at their auxiliaries do."""
    chain = system.chains[place]
    own = list(auxiliaries[place])
    handed_on = chain.handed_on(theta, chain.trace(theta, system.points(chain), auxiliaries[place]))
    own[layer] = jet
    for number in range(layer + 1, chain.depth):
        moved = chain.handed_on(theta, chain.trace(theta, system.points(chain), tuple(own)))[number]
        own[number] = auxiliaries[place][number] + moved - handed_on[number]
    changed = (*auxiliaries[:place], tuple(own), *auxiliaries[place + 1:])
    view = system.view(chain.block, theta, changed)
    numbers = system.objective.ansatz.split(theta)[-1][:, None].expand(-1, view.block.surroundings.count)
    return view.block.program(view.jets, numbers, view.block.surroundings) * view.factors[:, None]
