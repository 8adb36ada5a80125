"""The other points at which residuals look at the unknowns: the nodes of integrals, and those that `at` names.

With jets ν_q at the nodes of an integral I_i = Σ_q w_q g(ν_q, jets_i) the residual of a point is r_i = f(jets_i, I_i), and its Jacobian
row ∂f/∂jets_i · ∂jets_i/∂θ + Σ_q (∂r_i/∂ν_q) · ∂ν_q/∂θ: adjoints of all jets by one backward pass, then the rows of the networks at the
nodes, summed over q. Nodes of each point's own are N·Q points, summed while the rows are formed. Points that share their nodes, all
points or those of one moment, push them once; the rows there meet the adjoints in a matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.ansatz import Group
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Trace
from pinnaux.surroundings import Surroundings


@dataclass(frozen=True, eq=False)
class Pushed:
    """What a push at M times Q nodes left behind: a trace a branch, and which of the M each point sees (None: each its own, in order)."""

    traces: list[Trace]
    seen: Tensor | None


@dataclass(frozen=True, eq=False)
class Site:
    """Where the jets of a group of unknowns are looked at: `places` gives `count` points (those of its coordinates) for each point, one
    point after another; they depend on the columns `along` of the points, on nothing if there are none."""

    group: int
    spec: JetSpec
    count: int
    along: tuple[int, ...]
    places: Callable[[Surroundings], Tensor]

    def push(self, group: Group, theta: Tensor, surroundings: Surroundings) -> tuple[Tensor, Pushed]:
        """The jet (K, N·Q, unknowns) that N points see."""
        first, seen = self._shared(surroundings)
        jet, traces = group.push(theta, self.places(first), self.spec)
        return self._spread(jet, seen), Pushed(traces, seen)

    def rows(self, group: Group, theta: Tensor, pushed: Pushed, adjoint: Tensor) -> Tensor:
        """(m, N, size) for adjoints (m, K, N·Q, unknowns)."""
        if pushed.seen is None:
            return group.rows(theta, pushed.traces, adjoint, self.spec, self.count)
        components, channels, nodes, outputs = adjoint.shape
        points, different = nodes // self.count, int(pushed.seen.max()) + 1
        seeds = torch.eye(channels * outputs, dtype=adjoint.dtype, device=adjoint.device).view(-1, channels, 1, outputs)
        basis = group.rows(theta, pushed.traces, seeds.expand(-1, -1, different * self.count, -1), self.spec)
        basis = basis.view(channels * outputs, different, self.count, -1).transpose(0, 1).flatten(1, 2)
        weights = adjoint.view(components, channels, points, self.count, outputs).permute(2, 0, 1, 4, 3).flatten(2)
        rows = adjoint.new_empty(points, components, group.size)
        for number in range(different):
            chosen = pushed.seen == number
            rows[chosen] = weights[chosen] @ basis[number]
        return rows.transpose(0, 1)

    def gradient(self, group: Group, theta: Tensor, pushed: Pushed, adjoint: Tensor) -> Tensor:
        """(size,) for an adjoint (K, N·Q, unknowns)."""
        if pushed.seen is not None:
            split = adjoint.view(len(adjoint), -1, self.count, adjoint.shape[2])
            shape = (len(adjoint), int(pushed.seen.max()) + 1, *split.shape[2:])
            adjoint = adjoint.new_zeros(shape).index_add(1, pushed.seen, split).flatten(1, 2)
        return group.gradient(theta, pushed.traces, adjoint[None], self.spec)

    def tangent(self, group: Group, theta: Tensor, direction: Tensor, surroundings: Surroundings, adjoint: Tensor) -> Tensor:
        """(m, N) for adjoints (m, K, N·Q, unknowns): the derivative along a direction (size,)."""
        first, seen = self._shared(surroundings)
        rate = group.tangent(theta, direction, self.places(first), self.spec)
        product = adjoint * self._spread(rate, seen)
        return product.sum(dim=(1, 3)).view(len(adjoint), surroundings.count, self.count).sum(dim=2)

    def _shared(self, surroundings: Surroundings) -> tuple[Surroundings, Tensor | None]:
        """Points whose places are different, and which of them each point shares its places with."""
        count = surroundings.count
        if len(self.along) == surroundings.points.shape[1] or count == 1:
            return surroundings, None
        if not self.along:
            return surroundings.take(slice(0, 1)), surroundings.points.new_zeros(count, dtype=torch.long)
        different, seen = torch.unique(surroundings.points[:, list(self.along)], dim=0, return_inverse=True)
        if 2 * len(different) > count:
            return surroundings, None
        first = torch.empty(len(different), dtype=torch.long, device=seen.device)
        first[seen] = torch.arange(count, device=seen.device)
        return surroundings.take(first), seen

    def _spread(self, jet: Tensor, seen: Tensor | None) -> Tensor:
        """The jet (K, M·Q, unknowns) as each of N points sees it, (K, N·Q, unknowns)."""
        if seen is None:
            return jet
        return jet.view(len(jet), -1, self.count, jet.shape[2])[:, seen].flatten(1, 2)
