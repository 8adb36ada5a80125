"""Closed-form solves of one block of the separated objective, the others held: a hidden layer, or the output layer.

* Hidden layer l: min over θ_l of Σ_i ω_li |F_l(n_(l−1)) − n_l|². Its units do not mix, so that every unit is a damped Gauss–Newton
  problem of its own in inputs + 1 unknowns, with the columns X_α = Σ_β (∂a_α/∂z_β) ñ_β (ñ: the entering jet, and a one for the bias
  in its value). For values alone this is the solve through the inverse activation, linearised: σ'(z)(W n + b) = σ'(z) z + n_l − σ(z).
* Output layers, branches without auxiliary jets and unknown numbers: min of |R|² at the last auxiliary jets.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.elimination import Linearised
from pinnaux.jets import activations
from pinnaux.jets.layers import Linear
from pinnaux.jets.spec import JetSpec
from pinnaux.linalg import LeastSquares, positive
from pinnaux.separated import Auxiliaries, Separated, Weights

SHORTENINGS = 8
"""How often the step of a unit, or of the output layer, is divided by 4."""


@dataclass(frozen=True, eq=False)
class LayerTarget:
    """What a hidden layer is held to on one block: entering jets (K, N, inputs), wanted ones (K, N, outputs), weights (N,)."""

    layer: Linear
    kind: str
    spec: JetSpec
    entering: Tensor
    wanted: Tensor
    weight: Tensor

    def defects(self, parameters: Tensor) -> Tensor:
        """Σ ω|d|² of every unit (outputs,)."""
        handed_on = activations.push(self.kind, self.layer.push(parameters, self.entering, self.spec), self.spec)
        return ((handed_on - self.wanted).square().sum(dim=0) * self.weight[:, None]).sum(dim=0)

    def normal_equations(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Σ ω XᵀX (outputs, inputs + 1, inputs + 1) and −Σ ω Xᵀd (outputs, inputs + 1)."""
        z = self.layer.push(parameters, self.entering, self.spec)
        channels, points, width = z.shape
        seeds = torch.eye(channels, dtype=z.dtype, device=z.device)[:, :, None, None].expand(-1, -1, points, width)
        slopes = activations.pull(self.kind, z, seeds, self.spec)                      # (α, β, N, outputs)
        one = torch.zeros_like(self.entering[..., :1])
        one[0] = 1
        inputs = torch.cat([self.entering, one], dim=2)                                # (β, N, inputs + 1)
        columns = torch.einsum("abnw,bni->wani", slopes, inputs).flatten(1, 2)         # (outputs, αN, inputs + 1)
        scaled = columns * self.weight.repeat(channels)[None, :, None]
        defect = (activations.push(self.kind, z, self.spec) - self.wanted).permute(2, 0, 1).flatten(1)
        return scaled.mT @ columns, -(scaled.mT @ defect[:, :, None])[:, :, 0]


def solve_layers(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights, depth: int, damping: float) -> Tensor:
    """θ after one Gauss–Newton step of the hidden layers at a depth (from 0), damped by a share of the mean square column."""
    theta = theta.clone()
    for span, targets in layer_targets(separated, auxiliaries, weights, depth):
        theta[span] = _solved(targets, theta[span], damping)
    return theta


def layer_targets(separated: Separated, auxiliaries: Auxiliaries, weights: Weights, depth: int) -> list[tuple[slice, list[LayerTarget]]]:
    """Where in θ the layers of a depth are, and what every block holds each of them to."""
    gathered: dict[tuple[int, int], list[LayerTarget]] = defaultdict(list)
    for place, chain in enumerate(separated.chains):
        if depth < chain.depth:
            layers = chain.network.layers
            entering = auxiliaries[place][depth - 1] if depth else chain.entering(separated.points(chain))
            start = chain.start + sum(layer.size for layer in layers[: 2 * depth])
            gathered[start, start + layers[2 * depth].size].append(LayerTarget(
                layers[2 * depth], layers[2 * depth + 1].kind, chain.spec, entering, auxiliaries[place][depth], weights[place][depth]))
    return [(slice(*span), targets) for span, targets in gathered.items()]


def _solved(targets: list[LayerTarget], parameters: Tensor, damping: float) -> Tensor:
    """The layer's parameters after a step, shortened for those units alone whose defects would grow."""
    layer = targets[0].layer
    grams, rights = zip(*(target.normal_equations(parameters) for target in targets))
    gram, right = sum(grams), sum(rights)
    diagonal = gram.diagonal(dim1=1, dim2=2)
    gram = gram + torch.diag_embed(positive(damping * diagonal.mean(dim=1))[:, None].expand_as(diagonal))
    step = torch.linalg.solve(gram, right[:, :, None])[:, :, 0]
    before, length = sum(target.defects(parameters) for target in targets), torch.ones_like(step[:, 0])
    for _ in range(SHORTENINGS):
        tried = _stepped(layer, parameters, step * length[:, None])
        worse = ~(sum(target.defects(tried) for target in targets) <= before)
        if not worse.any():
            return tried
        length = torch.where(worse, length / 4, length)
    return _stepped(layer, parameters, step * torch.where(worse, 0.0, length)[:, None])


def _stepped(layer: Linear, parameters: Tensor, step: Tensor) -> Tensor:
    """The layer's parameters with a step (outputs, inputs + 1) of weights and bias added."""
    return parameters + torch.cat([step[:, : layer.inputs].flatten(), step[:, layer.inputs]])


def solve_output(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, regularisation: float) -> Tensor:
    """θ after one Gauss–Newton step on |R|² in all that is not in a hidden layer, shortened until |R| falls."""
    parts = [Linearised.of(separated, number, theta, auxiliaries) for number in range(len(separated.objective.blocks))]
    free = torch.ones(len(theta), dtype=torch.bool, device=theta.device)
    for chain in separated.chains:
        free[chain.start:chain.start + chain.network.size - chain.last.size] = False
    rows = torch.cat([part.rows(separated, theta)[:, :, free].flatten(0, 1) for part in parts])
    step = torch.zeros_like(theta)
    step[free] = -LeastSquares.build(rows, regularisation).solve(torch.cat([part.residual.flatten() for part in parts]))
    nothing = tuple(tuple(jet.new_zeros(jet.shape[1]) for jet in chain) for chain in auxiliaries)
    before, length = separated.value(theta, auxiliaries, nothing), 1.0
    for _ in range(SHORTENINGS):
        if separated.value(theta + length * step, auxiliaries, nothing) < before:
            return theta + length * step
        length /= 4
    return theta
