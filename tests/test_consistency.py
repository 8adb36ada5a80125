"""Consistency: the separated objective bounds the original loss, for every choice of weights, and is seen to fail where it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
from compute_problems import decay, everything, plate, source
from scipy.optimize import minimize_scalar
from separated_problems import WEIGHTINGS, burgers, pair, separated, shifted, values
from torch import Tensor

from pinnaux.ansatz import Trained
from pinnaux.consistency import at_best, consistency, interpolated
from pinnaux.elimination import EliminatedSystem, floored
from pinnaux.jets.activations import ACTIVATIONS, activation_derivatives, derivative_bounds
from pinnaux.jets.layers import Scale
from pinnaux.lipschitz import lipschitz_bounds
from pinnaux.objective import Block
from pinnaux.self_adaptive import NormProducts, Sensitivities, Weighting
from pinnaux.separated import Auxiliaries, Separated, Weights
from pinnaux.verdict import Consistency

problems = tuple(pytest.param(one, id=one.__name__) for one in (values, burgers, pair, decay, source, plate, everything))
SIZES = (0.01, 0.3, 3.0)


def proven_constant(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> float:
    """C = 1 + Σ_l max_i M_li²/ω_li, for which original loss ≤ C Φ whatever the weights; the largest of all blocks."""
    bounds = lipschitz_bounds(separated, theta, auxiliaries)
    ratios = [sum((bound.square() / floored(weight)).max().item() for bound, weight in zip(*pair)) for pair in zip(bounds, weights)]
    return 1.0 + max((sum(ratios[place] for place, _ in separated.of_block(number)) for number in range(len(separated.objective.blocks))),
                     default=0.0)


@dataclass(frozen=True)
class Broken:
    """A weighting made so many times too small."""

    kind: Weighting
    factor: float

    @property
    def margin(self) -> float:
        return self.kind.margin

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        found = self.kind.weights(separated, theta, auxiliaries)
        return tuple(tuple(weight / self.factor for weight in chain) for chain in found)


def eliminated(system: Separated, theta: Tensor, weighting: Weighting) -> Auxiliaries:
    """The auxiliary jets that make Φ least, as far as linearising them tells: the hardest state for consistency."""
    pushed = system.push(theta)
    best = EliminatedSystem.of(system, theta, pushed, weighting.weights(system, theta, pushed)).moved(torch.zeros_like(theta))
    return interpolated(pushed, best, 1.0)


def telescoped(system: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> list[list[list[Tensor]]]:
    """δ_l (m, N) of every block's chains' layers by brute force: the residual with the jets up to layer l − 1 and l pushed on."""
    found = []
    for place, chain in enumerate(system.chains):
        residuals = []
        points = system.points(chain)[:, list(chain.axes)]
        for layer in range(chain.depth + 1):
            jets = list(auxiliaries[place][:layer])
            while len(jets) < chain.depth:
                jet = jets[-1] if jets else chain.network.input.push(points, chain.spec)
                for number in (2 * len(jets), 2 * len(jets) + 1):
                    jet = chain.network.layers[number].push(chain.split(theta)[number], jet, chain.spec)
                jets.append(jet)
            before = system.push(theta)[:place]
            view = system.view(chain.block, theta, (*before, tuple(jets), *auxiliaries[place + 1:]))
            numbers = system.objective.ansatz.split(theta)[-1][:, None].expand(-1, view.block.surroundings.count)
            residuals.append(view.block.program(view.jets, numbers, view.block.surroundings) * view.factors[:, None])
        found.append([one - other for one, other in zip(residuals, residuals[1:])])
    return found


@pytest.mark.parametrize("problem", problems)
@pytest.mark.parametrize("size", SIZES)
def test_no_defect_reaches_farther_than_its_bound(problem: Callable, size: float) -> None:
    for kind, seed in (("tanh", 100), ("sin", 200), ("sigmoid", 300), ("softplus", 400), ("gaussian", 500)):
        system, theta = separated(problem, (3, 2, 2), 10, kind)
        auxiliaries = shifted(system.push(theta), size, seed)
        bounds = lipschitz_bounds(system, theta, auxiliaries)
        for deltas, own, defects in zip(telescoped(system, theta, auxiliaries), bounds, system.defects(theta, auxiliaries)):
            for delta, bound, defect in zip(deltas, own, defects):
                assert (delta.norm(dim=0) <= (1 + 1e-9) * bound * defect.square().sum(dim=(0, 2)).sqrt() + 1e-14).all()


def test_the_bound_of_a_single_layer_of_values_is_sharp() -> None:
    """One hidden layer and u − f: the defect reaches the residual through the output weights alone, and by no more than their norm."""
    system, theta = separated(values, (3,), 10)
    auxiliaries = shifted(system.push(theta), 0.3)
    weights, _ = system.chains[0].network.layers[-1].split(system.chains[0].split(theta)[-1])
    expected = 0.5 * weights.norm().item() / 10**0.5       # the condition's weight and the mean over the points
    assert lipschitz_bounds(system, theta, auxiliaries)[0][0].tolist() == pytest.approx([expected] * 10, rel=1e-12)


@pytest.mark.parametrize("problem", problems)
@pytest.mark.parametrize("size", SIZES)
def test_proven_weights_bound_the_original_loss_at_every_state(problem: Callable, size: float) -> None:
    names = ("bound", "norm") if problem is values else ("bound",)
    for seed in range(0, 1000, 200):
        system, theta = separated(problem, (3, 2, 3), 10)
        auxiliaries = shifted(system.push(theta), size, seed)
        for name in names:
            assert consistency(system, theta, auxiliaries, WEIGHTINGS[name]).holds


@pytest.mark.parametrize("problem", problems)
@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_with_the_constant_computed_for_them_any_weights_do(problem: Callable, weighting: str) -> None:
    system, theta = separated(problem)
    loss = system.objective.residual(theta).square().sum().item()
    for size in SIZES:
        auxiliaries = shifted(system.push(theta), size)
        weights = Broken(WEIGHTINGS[weighting], 100.0).weights(system, theta, auxiliaries)
        assert loss <= proven_constant(system, theta, auxiliaries, weights) * system.value(theta, auxiliaries, weights).item() * (1 + 1e-9)
    bound = WEIGHTINGS["bound"].weights(system, theta, auxiliaries)
    assert proven_constant(system, theta, auxiliaries, bound) == pytest.approx(system.layers + 1, rel=1e-9)


@pytest.mark.parametrize("problem", [values, burgers, plate, decay])
def test_tight_weights_are_consistent_to_first_order_and_equal_the_loss_at_the_best_jets(problem: Callable) -> None:
    """With residuals scaled down, slacks are small and the layers linear over them: loss = (L + 1) Φ, block by block."""
    system, theta = separated(problem)
    errors = []
    for size in (1e-3, 1e-4):
        blocks = tuple(_near(block, system, theta, size) for block in system.objective.blocks)
        objective = replace(system.objective, blocks=blocks)
        near = Separated(objective)
        jets = eliminated(near, theta, Sensitivities())
        found = consistency(near, theta, jets, Sensitivities())
        depths = [sum(chain.depth for _, chain in near.of_block(number)) for number in range(len(objective.blocks))]
        expected = sum((block.residuals(objective.ansatz, theta).square().mean(dim=1) * weight.square()).sum().item() / (depth + 1)
                       for block, weight, depth in zip(objective.blocks, objective.weights, depths))
        errors.append(abs(found.objective / expected - 1))
        assert found.holds
    assert errors[1] < 0.3 * errors[0] and errors[1] < 0.05


def _near(block: Block, system: Separated, theta: Tensor, size: float) -> Block:
    """The block with residuals whose values at θ are `size` times what they are."""
    at = block.residuals(system.objective.ansatz, theta)
    return replace(block, program=lambda jets, numbers, around: block.program(jets, numbers, around) - (1 - size) * at)


@pytest.mark.parametrize("name", ["norm", "sensitivity", "bound"])
def test_weights_that_are_too_small_are_found_out(name: str) -> None:
    broken = Broken(WEIGHTINGS[name], 1e4)
    system, theta = separated(values, (3, 2), 20)
    assert consistency(system, theta, eliminated(system, theta, WEIGHTINGS[name]), WEIGHTINGS[name]).holds
    found = consistency(system, theta, eliminated(system, theta, broken), broken)
    assert not found.holds
    assert f"{found.loss:.1e} > 3 × {found.objective:.1e}" == str(found)


def test_norm_products_know_the_units_of_the_outputs() -> None:
    """With outputs a thousand times as large, and residuals far smaller, the best jets still leave a share 1/(L + 1) of the loss at least."""
    system, theta = separated(values, (3, 2), 20)
    (group,), objective = system.objective.ansatz.groups, system.objective
    network = group.branches[0].network
    scaled = Trained(replace(network, layers=(*network.layers, Scale((1e3,)))))
    objective = replace(objective, ansatz=replace(objective.ansatz, groups=(replace(group, branches=(scaled,)),)))
    system = Separated(objective)
    near = Separated(replace(objective, blocks=tuple(_near(block, system, theta, 1e-6) for block in objective.blocks)))
    assert consistency(near, theta, eliminated(near, theta, NormProducts()), NormProducts()).holds


@pytest.mark.parametrize("problem", problems)
def test_at_its_best_jets_the_objective_is_below_the_loss_that_it_bounds(problem: Callable) -> None:
    system, theta = separated(problem, (4, 3), 40)
    found = at_best(system.objective, theta, 1000)
    assert found.loss == pytest.approx(system.objective.residual(theta).square().sum().item(), rel=1e-12)
    assert found.holds and found.constant == system.layers + 1
    few = at_best(system.objective, theta, 7)
    assert few.holds and few.loss != found.loss


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_no_derivative_of_an_activation_exceeds_its_bound(kind: str) -> None:
    bounds = derivative_bounds(kind, 6)
    for order in range(1, 7):
        def below(z: float, order: int = order) -> float:
            return -abs(activation_derivatives(kind, torch.tensor(z, dtype=torch.float64), order)[order].item())

        largest = max(-minimize_scalar(below, bounds=(start, start + 0.5), method="bounded", options={"xatol": 1e-9}).fun
                      for start in torch.arange(-16, 16, 0.5).tolist())
        assert largest <= bounds[order] <= largest * (1 + 3e-5)


def test_known_bounds_of_activations() -> None:
    assert derivative_bounds("tanh", 3) == pytest.approx((1.0, 1.0, 4 / 27**0.5, 2.0), rel=2e-5)
    assert derivative_bounds("sigmoid", 2) == pytest.approx((1.0, 0.25, 1 / 108**0.5), rel=2e-5)
    assert derivative_bounds("softplus", 1) == pytest.approx((float("inf"), 1.0), rel=2e-5)


def test_a_consistency_is_written_with_both_sides() -> None:
    assert str(Consistency(3.1e-5, 9e-6, 4.0)) == "3.1e-05 ≤ 4 × 9.0e-06"
    assert str(Consistency(3.1e-5, 5e-6, 4.0)) == "3.1e-05 > 4 × 5.0e-06"
    assert Consistency(1.05, 0.5, 2.0, margin=0.1).holds and not Consistency(1.05, 0.5, 2.0).holds
