"""Whether the separated objective bounds the original loss, as it must for training on it to mean anything: measured, not believed."""

from __future__ import annotations

import torch
from torch import Tensor

from pinnaux.elimination import Eliminated, floored
from pinnaux.lipschitz import lipschitz_bounds
from pinnaux.objective import Block, Objective
from pinnaux.self_adaptive import Sensitivities, Weighting
from pinnaux.separated import Auxiliaries, Separated, Weights
from pinnaux.verdict import Consistency


SHORTEST = 1e-3
"""The shortest part of the slacks that is tried."""


def consistency(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weighting: Weighting) -> Consistency:
    """original loss ≤ (L + 1) Φ at a state, with the weights that are current there."""
    loss = separated.objective.residual(theta).square().sum().item()
    weights = weighting.weights(separated, theta, auxiliaries)
    return Consistency(loss, separated.value(theta, auxiliaries, weights).item(), separated.layers + 1.0, weighting.margin)


def proven_constant(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> float:
    """C = 1 + Σ_l max_i M_li²/ω_li, for which original loss ≤ C Φ whatever the weights; the largest of all blocks."""
    bounds = lipschitz_bounds(separated, theta, auxiliaries)
    ratios = [sum((bound.square() / floored(weight)).max().item() for bound, weight in zip(*pair)) for pair in zip(bounds, weights)]
    return 1.0 + max((sum(ratios[place] for place, _ in separated.of_block(number)) for number in range(len(separated.objective.blocks))),
                     default=0.0)


def at_best(objective: Objective, theta: Tensor, points: int) -> Consistency:
    """loss ≤ (L + 1) Φ at θ and the auxiliary jets that lower Φ most from a push, with tight weights.

    Linearised, they leave Φ = loss/(L + 1) exactly, so that both sides agree as far as the layers are linear over the slacks; of
    these the longest part is taken that does lower Φ. (After the step of θ itself Φ is useless at the jets predicted for it:
    defects of second order, in directions that hardly matter to the residual, were 10³ … 10⁹ times the loss on Burgers'
    equation.) Measured on at most so many `points` of every block, evenly taken.
    """
    separated = Separated(Objective(objective.ansatz, tuple(_thinned(block, points) for block in objective.blocks), objective.weights))
    weighting, auxiliaries = Sensitivities(), separated.push(theta)
    loss = separated.objective.residual(theta).square().sum().item()
    weights = weighting.weights(separated, theta, auxiliaries)
    best = Eliminated.of(separated, theta, auxiliaries, weights).moved(torch.zeros_like(theta))
    length, found = 1.0, auxiliaries
    while found is auxiliaries and length > SHORTEST:
        tried = interpolated(auxiliaries, best, length)
        if separated.value(theta, tried, weights) < loss:
            found = tried
        length /= 2
    return consistency(separated, theta, found, weighting)


def interpolated(first: Auxiliaries, second: Auxiliaries, share: float) -> Auxiliaries:
    """The jets (1 − share) · first + share · second."""
    return tuple(tuple(torch.lerp(one, other, share) for one, other in zip(*pair)) for pair in zip(first, second))


def _thinned(block: Block, points: int) -> Block:
    count = block.surroundings.count
    chosen = torch.linspace(0, count - 1, min(points, count), device=block.surroundings.points.device).round().long()
    return block.at(block.surroundings.take(chosen))
