"""Whether the separated objective bounds the original loss, as it must for training on it to mean anything: measured, not believed."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from pinnaux.elimination import EliminatedSystem
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


def at_best(objective: Objective, theta: Tensor, points: int, weighting: Weighting = Sensitivities()) -> Consistency:
    """loss ≤ (L + 1) Φ at θ and the auxiliary jets that lower Φ most from a push.

    With tight weights these leave Φ = loss/(L + 1), linearised, so that both sides agree as far as the layers are linear over the
    slacks; of the slacks the longest part is taken that does lower Φ. (After a step of θ, Φ is useless at the jets predicted for
    it: defects of second order, in directions that hardly matter to the residual, were 10³ … 10⁹ times the loss on Burgers'
    equation.) Measured on at most so many `points` of every block, evenly taken.
    """
    separated = thinned(Separated(objective), points)
    pushed = separated.push(theta)
    return consistency(separated, theta, best_jets(separated, theta, pushed, weighting.weights(separated, theta, pushed)), weighting)


def best_jets(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> Auxiliaries:
    """The auxiliary jets with the longest part of their best change, all layers at once, that lowers Φ; the same if none does."""
    before = separated.value(theta, auxiliaries, weights)
    best = EliminatedSystem.of(separated, theta, auxiliaries, weights).moved()
    length = 1.0
    while length > SHORTEST:
        tried = interpolated(auxiliaries, best, length)
        if separated.value(theta, tried, weights) < before:
            return tried
        length /= 2
    return auxiliaries


def thinned(separated: Separated, points: int) -> Separated:
    """The same objective on at most so many points of every block."""
    objective = separated.objective
    blocks = tuple(block.at(block.surroundings.take(_even(block, points))) for block in objective.blocks)
    return Separated(replace(objective, blocks=blocks))


def thinned_jets(separated: Separated, auxiliaries: Auxiliaries, points: int) -> Auxiliaries:
    """The auxiliary jets at those points."""
    places = [_even(separated.objective.blocks[chain.block], points) for chain in separated.chains]
    return tuple(tuple(jet[:, place] for jet in jets) for place, jets in zip(places, auxiliaries))


def interpolated(first: Auxiliaries, second: Auxiliaries, share: float) -> Auxiliaries:
    """The jets (1 − share) · first + share · second."""
    return tuple(tuple(torch.lerp(one, other, share) for one, other in zip(*pair)) for pair in zip(first, second))


def _even(block: Block, points: int) -> Tensor:
    count = block.surroundings.count
    return torch.linspace(0, count - 1, min(points, count), device=block.surroundings.points.device).round().long()
