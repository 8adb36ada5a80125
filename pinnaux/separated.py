"""The separated objective: every hidden layer's jet is a free variable, and a layer meets its neighbours only.

    Φ(θ, n) = Σ_i |R_i(θ, n_L)|² + Σ_l Σ_i ω_li |d_li|²,    d_l = F_l(n_(l−1); θ_l) − n_l

(arXiv:2504.21501; with derivatives among the auxiliary variables arXiv:2507.12766.) The n_l are jets (K, N, width), F_l is the
push of a linear layer and its activation, n_0 the jet of the inputs, and R the residuals of the problem at the output layer's
jets, weighted as in `Objective`, so that Φ at auxiliary jets without defects is the original loss. Branches of the ansatz that
are no trained networks have no auxiliary jets: their functions are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pinnaux.ansatz import Trained
from pinnaux.jets.layers import Activation, Layer, Linear, Scale
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Network, Trace
from pinnaux.objective import Block, Objective

Auxiliaries = tuple[tuple[Tensor, ...], ...]
"""Of every chain the jets (K, N, width) after its hidden layers."""
Weights = tuple[tuple[Tensor, ...], ...]
"""Of every chain and hidden layer a number (N,) for every point."""


@dataclass(frozen=True)
class Chain:
    """The layers of one trained network as a block of points sees them; its parameters begin at `start` in θ."""

    block: int
    group: int
    branch: int
    start: int
    axes: tuple[int, ...]
    network: Network
    spec: JetSpec

    @property
    def depth(self) -> int:
        """Hidden layers: each a linear layer and its activation. The output layer is linear, and may be followed by its units."""
        return sum(isinstance(layer, Activation) for layer in self.network.layers)

    @property
    def last(self) -> Layer:
        """The output layer."""
        return self.network.layers[2 * self.depth]

    def own(self, vector: Tensor) -> Tensor:
        """The network's part of a vector like θ."""
        return vector[self.start:self.start + self.network.size]

    def split(self, vector: Tensor) -> list[Tensor]:
        """The same, one vector a layer."""
        return self.network.split(self.own(vector))

    def entering(self, points: Tensor) -> Tensor:
        """n_0: the jet of the inputs."""
        return self.network.input.push(points[:, list(self.axes)], self.spec)

    def trace(self, theta: Tensor, points: Tensor, auxiliary: tuple[Tensor, ...]) -> Trace:
        """The jets that enter the layers if every hidden layer is given the auxiliary jet of the one before."""
        parts, trace = self.split(theta), []
        for number, jet in enumerate((self.entering(points), *auxiliary)):
            trace.append(jet)
            if number < self.depth:
                trace.append(self.network.layers[2 * number].push(parts[2 * number], jet, self.spec))
        return trace

    def handed_on(self, theta: Tensor, trace: Trace) -> tuple[Tensor, ...]:
        """F_l(n_(l−1)) of every hidden layer."""
        parts = self.split(theta)
        return tuple(self.network.layers[place].push(parts[place], trace[place], self.spec) for place in range(1, 2 * self.depth, 2))

    def hidden(self, theta: Tensor, points: Tensor) -> tuple[Tensor, ...]:
        """The jets after the hidden layers in a push."""
        return tuple(self.network.push(self.own(theta), points[:, list(self.axes)], self.spec)[1][2::2])

    def output(self, theta: Tensor, trace: Trace) -> Tensor:
        """The jet (K, N, outputs) that the output layer makes of the last auxiliary jet."""
        parts, jet = self.split(theta), trace[-1]
        for place in range(2 * self.depth, len(self.network.layers)):
            jet = self.network.layers[place].push(parts[place], jet, self.spec)
        return jet

    def in_units(self, adjoint: Tensor) -> Tensor:
        """The adjoint (m, K, N, outputs) of what the output layer hands on, from that of the outputs: they may have units."""
        for layer in reversed(self.network.layers[2 * self.depth + 1:]):
            adjoint = layer.pull(adjoint.new_zeros(0), adjoint[0], adjoint, self.spec)
        return adjoint

    def output_matrix(self, theta: Tensor) -> Tensor:
        """(outputs, width): what the outputs, in their units, take from the units of the last hidden layer."""
        weights, _ = self.last.split(self.split(theta)[2 * self.depth])
        identity = torch.eye(len(weights), dtype=weights.dtype, device=weights.device)
        return self.in_units(identity[:, None, None])[:, 0, 0] @ weights

    def sensitivities(self, theta: Tensor, trace: Trace, adjoint: Tensor) -> tuple[Tensor, ...]:
        """λ_l = ∂R/∂n_l (m, K, N, width) of every hidden layer, chained at the trace, for ∂R/∂output (m, K, N, outputs)."""
        parts, slopes, adjoint = self.split(theta), [], self.in_units(adjoint)
        for place in reversed(range(2, len(trace))):
            adjoint = self.network.layers[place].pull(parts[place], trace[place], adjoint, self.spec)
            if place % 2 == 0:
                slopes.append(adjoint)
        return tuple(slopes[::-1])

    def rows(self, theta: Tensor, trace: Trace, adjoint: Tensor) -> Tensor:
        """(m, N, size): as the network's rows; but what enters a layer here is not what the one before hands on."""
        passed = self._backward(theta, trace, adjoint)
        return torch.cat([layer.rows(jet, own) for layer, jet, own in passed if layer.size][::-1], dim=2)

    def total(self, theta: Tensor, trace: Trace, adjoint: Tensor) -> Tensor:
        """(size,): the sum of `rows` over components and points, without forming them."""
        passed = self._backward(theta, trace, adjoint)
        return torch.cat([layer.gradient(jet, own) for layer, jet, own in passed if layer.size][::-1])

    def _backward(self, theta: Tensor, trace: Trace, adjoint: Tensor) -> Iterator[tuple[Layer, Tensor, Tensor]]:
        """Every layer, last first, with the jet that enters it and the adjoint of what it hands on."""
        parts, adjoint = self.split(theta), self.in_units(adjoint)
        for place in reversed(range(len(trace))):
            layer = self.network.layers[place]
            yield layer, trace[place], adjoint
            if place:
                adjoint = layer.pull(parts[place], trace[place], adjoint, self.spec)

    def gradient(self, theta: Tensor, trace: Trace, adjoint: Tensor, pulls: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Gradients in the network's parameters and in the auxiliary jets.

        `adjoint` (K, N, outputs) is ∂Φ/∂output and `pulls` are 2 ω_l d_l: each layer is pulled by its own defect only.
        """
        layers, parts, spec = self.network.layers, self.split(theta), self.spec
        adjoint = self.in_units(adjoint[None])
        slopes = [self.last.gradient(trace[-1], adjoint)]
        into, jets = self.last.pull(parts[2 * self.depth], trace[-1], adjoint, spec), []
        for place in reversed(range(0, 2 * self.depth, 2)):
            pull = pulls[place // 2]
            jets.append(into[0] - pull)
            back = layers[place + 1].pull(parts[place + 1], trace[place + 1], pull[None], spec)
            slopes.append(layers[place].gradient(trace[place], back))
            into = layers[place].pull(parts[place], trace[place], back, spec)
        return torch.cat(slopes[::-1]), tuple(jets[::-1])


@dataclass(frozen=True, eq=False)
class View:
    """A block at (θ, n): the jets of its groups, the traces of their branches, and of its chains (by number) what the hidden
    layers hand on."""

    block: Block
    factors: Tensor
    jets: list[Tensor]
    traces: list[list[Trace]]
    handed_on: dict[int, tuple[Tensor, ...]]


@dataclass(frozen=True, eq=False)
class Parts:
    """Φ by parts: |R|², and Σ_i ω_li |d_li|² of every chain's layers."""

    output: Tensor
    defects: tuple[tuple[Tensor, ...], ...]

    @property
    def total(self) -> Tensor:
        """Φ."""
        return self.output + sum(part for chain in self.defects for part in chain)


@dataclass(frozen=True, eq=False)
class Separated:
    """Φ of an objective."""

    objective: Objective

    @cached_property
    def chains(self) -> tuple[Chain, ...]:
        """The trained networks with hidden layers, once for every block that pushes them."""
        return tuple(_chains(self.objective))

    @property
    def layers(self) -> int:
        """Hidden layers that a residual may pass, those of all networks together: the L of consistency."""
        return max((sum(chain.depth for chain in self.chains if chain.block == number)
                    for number in range(len(self.objective.blocks))), default=0)

    def of_block(self, number: int) -> list[tuple[int, Chain]]:
        """The chains of a block, with their numbers."""
        return [(place, chain) for place, chain in enumerate(self.chains) if chain.block == number]

    def push(self, theta: Tensor) -> Auxiliaries:
        """The auxiliary jets that leave no defect."""
        return tuple(chain.hidden(theta, self.points(chain)) for chain in self.chains)

    def points(self, chain: Chain) -> Tensor:
        """The points (N, d) of the chain's block."""
        return self.objective.blocks[chain.block].surroundings.points

    def view(self, number: int, theta: Tensor, auxiliaries: Auxiliaries) -> View:
        """A block at (θ, n)."""
        block, ansatz = self.objective.blocks[number], self.objective.ansatz
        own = {(chain.group, chain.branch): place for place, chain in self.of_block(number)}
        jets, traces, handed_on = [], [], {}
        for place, (group, part, axes, spec) in enumerate(zip(ansatz.groups, ansatz.split(theta), block.axes, block.specs)):
            jets.append(block.surroundings.points.new_zeros(len(spec), block.surroundings.count, len(group.unknowns)))
            traces.append([])
            if axes is None:
                continue
            for index, (branch, parameters) in enumerate(zip(group.branches, group.split(part))):
                found = own.get((place, index))
                if found is None:
                    jet, trace = branch.push(parameters, block.surroundings.points[:, list(axes)], spec)
                else:
                    trace = self.chains[found].trace(theta, block.surroundings.points, auxiliaries[found])
                    jet = self.chains[found].output(theta, trace)
                    handed_on[found] = self.chains[found].handed_on(theta, trace)
                jets[-1] = jets[-1] + jet
                traces[-1].append(trace)
        factors = self.objective.weights[number] / block.surroundings.count**0.5
        return View(block, factors, jets, traces, handed_on)

    def defects(self, theta: Tensor, auxiliaries: Auxiliaries) -> Auxiliaries:
        """d_l = F_l(n_(l−1)) − n_l."""
        found = []
        for chain, own in zip(self.chains, auxiliaries):
            handed_on = chain.handed_on(theta, chain.trace(theta, self.points(chain), own))
            found.append(tuple(one - other for one, other in zip(handed_on, own)))
        return tuple(found)

    def parts(self, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> Parts:
        """Φ by parts."""
        output, defects = theta.new_zeros(()), {}
        numbers = self.objective.ansatz.split(theta)[-1][:, None]
        for number, block in enumerate(self.objective.blocks):
            view = self.view(number, theta, auxiliaries)
            residual = block.program(view.jets, numbers.expand(-1, block.surroundings.count), block.surroundings)
            output = output + (residual * view.factors[:, None]).square().sum()
            for place, handed_on in view.handed_on.items():
                defects[place] = tuple(((one - other).square().sum(dim=(0, 2)) * weight).sum()
                                       for one, other, weight in zip(handed_on, auxiliaries[place], weights[place]))
        return Parts(output, tuple(defects[place] for place in range(len(self.chains))))

    def value(self, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> Tensor:
        """Φ(θ, n)."""
        return self.parts(theta, auxiliaries, weights).total

    def gradient(self, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> tuple[Tensor, Tensor, Auxiliaries]:
        """Φ, ∂Φ/∂θ and ∂Φ/∂n for weights that are held (they are recomputed, never differentiated)."""
        value, slope, jets = theta.new_zeros(()), torch.zeros_like(theta), {}
        for number in range(len(self.objective.blocks)):
            view = self.view(number, theta, auxiliaries)
            output, adjoints = _output_gradient(view, self.objective.ansatz.split(theta)[-1])
            value = value + output
            own = {(chain.group, chain.branch): place for place, chain in self.of_block(number)}
            for group, branch, span, parameters in branches(self.objective, theta):
                if view.block.axes[group] is None:
                    continue
                trace, found = view.traces[group][branch], own.get((group, branch))
                if found is None:
                    kind = self.objective.ansatz.groups[group].branches[branch]
                    slope[span] += kind.gradient(parameters, trace, adjoints[group][None], view.block.specs[group])
                    continue
                defects = [one - other for one, other in zip(view.handed_on[found], auxiliaries[found])]
                pulls = tuple(2 * weight[None, :, None] * defect for weight, defect in zip(weights[found], defects))
                value = value + sum(0.5 * (pull * defect).sum() for pull, defect in zip(pulls, defects))
                gradient, jets[found] = self.chains[found].gradient(theta, trace, adjoints[group], pulls)
                slope[span] += gradient
            slope[len(slope) - len(adjoints[-1]):] += adjoints[-1]
        return value, slope, tuple(jets[place] for place in range(len(self.chains)))


def flattened(auxiliaries: Auxiliaries) -> Tensor:
    """All auxiliary variables as one vector."""
    return torch.cat([jet.flatten() for chain in auxiliaries for jet in chain])


def shaped(flat: Tensor, like: Auxiliaries) -> Auxiliaries:
    """The vector as auxiliary jets again."""
    parts = iter(torch.split(flat, [jet.numel() for chain in like for jet in chain]))
    return tuple(tuple(next(parts).view_as(jet) for jet in chain) for chain in like)


def branches(objective: Objective, theta: Tensor) -> Iterator[tuple[int, int, slice, Tensor]]:
    """Every branch: the numbers of its group and itself, and where in θ its parameters are, and these."""
    start = 0
    for number, group in enumerate(objective.ansatz.groups):
        for place, branch in enumerate(group.branches):
            span = slice(start, start + branch.size)
            yield number, place, span, theta[span]
            start += branch.size


def _chains(objective: Objective) -> Iterator[Chain]:
    assert all(block.local for block in objective.blocks), "the auxiliary jets of a point belong to its own residuals"
    nothing = torch.zeros(objective.ansatz.size)
    for number, block in enumerate(objective.blocks):
        for group, place, span, _ in branches(objective, nothing):
            branch = objective.ansatz.groups[group].branches[place]
            if block.axes[group] is None or not isinstance(branch, Trained) or len(branch.network.layers) < 2:
                continue
            kinds = [type(layer) for layer in branch.network.layers if not isinstance(layer, Scale)]
            assert kinds == [Linear, Activation] * (len(kinds) // 2) + [Linear], "hidden layers are pairs, the output layer is linear"
            yield Chain(number, group, place, span.start, block.axes[group], branch.network, block.specs[group])


def _output_gradient(view: View, numbers: Tensor) -> tuple[Tensor, list[Tensor]]:
    """|R|² of a block, and its gradient in the jets (K, N, unknowns) of every group and, last, in the numbers (n,)."""
    with torch.enable_grad():
        leaves = [*(jet.detach().requires_grad_() for jet in view.jets), numbers.detach().requires_grad_()]
        expanded = leaves[-1][:, None].expand(-1, view.block.surroundings.count)
        loss = (view.block.program(leaves[:-1], expanded, view.block.surroundings) * view.factors[:, None]).square().sum()
        found = torch.autograd.grad(loss, leaves, materialize_grads=True)
    return loss.detach(), list(found)
