"""The least-squares problem a trainer sees: blocks of residuals on points, as a function of the free parameters θ.

A block is a region's points with every condition that holds there, so that one push serves them all. Its residuals are
(m, N): m components at N points. The residual at a point depends on the jets at that point only, and on those at the nodes of its
integrals (see `sites`), hence one backward pass a component gives all Jacobian rows. Integrals that are one number for all points are
numbers like the unknown ones, whose rows are ∂r/∂I · dI/dθ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, side_by_side
from pinnaux.jets.spec import JetSpec
from pinnaux.sites import Site
from pinnaux.surroundings import Surroundings

CHUNK_ENTRIES = 1_000_000
"""Jacobian entries formed at a time, so that they are still in cache when they are scaled and copied."""

CHUNK_JET_BYTES = 2**20
"""Bytes of a jet between two layers where no Jacobian is formed: with these, a push and its adjoint run in cache."""

FEWEST_CHUNK_POINTS = 64
"""Points taken at a time at least: fewer cost more in calls than they save in memory."""


class Program(Protocol):
    """Compiled residuals of one region."""

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        """Jets (K, N, unknowns) a group, then those of the sites, numbers (n, N) → residuals (m, N)."""


@dataclass(frozen=True, eq=False)
class Total:
    """An integral that is one number: the sum of the residuals of blocks of one point each, with some of its nodes each."""

    parts: tuple[Block, ...]

    def value(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """The number, ()."""
        return sum(part.residuals(ansatz, theta)[0, 0] for part in self.parts)

    def gradient(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """Its gradient (P,)."""
        return sum(part.adjoint(ansatz, theta, torch.sum)[1] for part in self.parts)

    def at_zero(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """The number that zero functions have, ()."""
        return sum(part.at_zero(ansatz, theta)[0, 0] for part in self.parts)


@dataclass(frozen=True, eq=False)
class Block:
    """Residual components `names` on the points of one region; `specs` and `axes` (columns of the points) a group.

    A group that no formula here mentions has the axes None and is not pushed. `noisy` tells which components are of measurements with
    known noise: their residuals are in standard deviations, and need not vanish. `sites` are other points that the formulas look at,
    `totals` integrals that are one number; their values (T,) and gradients (T, P) are kept in `known` where they are needed often.
    """

    names: tuple[str, ...]
    surroundings: Surroundings
    specs: tuple[JetSpec, ...]
    axes: tuple[tuple[int, ...] | None, ...]
    program: Program
    noisy: tuple[bool, ...] = ()
    sites: tuple[Site, ...] = ()
    totals: tuple[Total, ...] = ()
    known: tuple[Tensor, Tensor] | None = None

    @property
    def local(self) -> bool:
        """Whether the residual at a point depends on the unknowns at that point only."""
        return not self.sites and not self.totals

    def knowing(self, ansatz: Ansatz, theta: Tensor) -> Block:
        """The same block with its totals and their gradients at θ at hand."""
        if not self.totals or self.known:
            return self
        values = torch.stack([total.value(ansatz, theta) for total in self.totals])
        return replace(self, known=(values, torch.stack([total.gradient(ansatz, theta) for total in self.totals])))

    def numbers(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """The unknown numbers, then the totals (n + T,)."""
        own = ansatz.split(theta)[-1]
        if not self.totals:
            return own
        return torch.cat([own, self.known[0] if self.known else torch.stack([total.value(ansatz, theta) for total in self.totals])])

    def at(self, surroundings: Surroundings) -> Block:
        """The same residuals at other points."""
        return replace(self, surroundings=surroundings)

    def chunks(self, size: int) -> Iterator[Block]:
        for start in range(0, max(1, self.surroundings.count), size):
            yield self.at(self.surroundings.take(slice(start, start + size)))

    def jets(self, ansatz: Ansatz, theta: Tensor) -> tuple[list[Tensor], list[list]]:
        """Jets and traces of every group at the block's points, then those of the sites."""
        points, parts = self.surroundings.points, ansatz.split(theta)
        jets, traces = [], []
        for group, own, axes, spec in zip(ansatz.groups, parts, self.axes, self.specs):
            if axes is None:
                jet, trace = points.new_zeros(len(spec), len(points), len(group.unknowns)), []
            else:
                jet, trace = group.push(own, points[:, list(axes)], spec)
            jets.append(jet)
            traces.append(trace)
        for site in self.sites:
            jet, trace = site.push(ansatz.groups[site.group], parts[site.group], self.surroundings)
            jets.append(jet)
            traces.append(trace)
        return jets, traces

    @property
    def nodes(self) -> int:
        """Points that are pushed for each point of the block alone, itself among them."""
        dimension = self.surroundings.points.shape[1]
        return 1 + sum(site.count for site in self.sites if len(site.along) == dimension)

    def cached(self, ansatz: Ansatz) -> int:
        """Points whose jets between two layers stay in cache."""
        entries = max((len(spec) * group.width for group, spec, axes in zip(ansatz.groups, self.specs, self.axes) if axes), default=1)
        return max(FEWEST_CHUNK_POINTS, CHUNK_JET_BYTES // (self.nodes * entries * self.surroundings.points.element_size()))

    def residuals(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """(m, N), some points at a time."""
        found, numbers = [], self.numbers(ansatz, theta)[:, None]
        for part in self.chunks(self.cached(ansatz)):
            jets, _ = part.jets(ansatz, theta)
            found.append(self.program(jets, numbers.expand(-1, part.surroundings.count), part.surroundings))
        return torch.cat(found, dim=1)

    def at_zero(self, ansatz: Ansatz, theta: Tensor, value: float = 0.0) -> Tensor:
        """The residuals (m, N) of zero functions, or of others that are constant, with the numbers as they are."""
        jets = [torch.zeros_like(jet) for jet in self.jets(ansatz, theta)[0]]
        for jet in jets:
            jet[:1] = value
        totals = [total.at_zero(ansatz, theta)[None] for total in self.totals]
        numbers = torch.cat([ansatz.split(theta)[-1], *totals])[:, None]
        return self.program(jets, numbers.expand(-1, self.surroundings.count), self.surroundings)

    def linearise(self, ansatz: Ansatz, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Residuals (m, N) and Jacobian rows (m, N, P) at θ."""
        block, count = self.knowing(ansatz, theta), len(ansatz.groups)
        jets, traces = block.jets(ansatz, theta)
        parts = ansatz.split(theta)
        adjoints, residuals = block.sensitivities(ansatz, theta, jets)
        rows = [adjoint.new_zeros(len(self.names), self.surroundings.count, group.size) if axes is None
                else group.rows(own, trace, adjoint, spec) for group, own, trace, adjoint, spec, axes in
                zip(ansatz.groups, parts, traces, adjoints, self.specs, self.axes)]
        for site, trace, adjoint in zip(self.sites, traces[count:], adjoints[count:-1]):
            rows[site.group] = rows[site.group] + site.rows(ansatz.groups[site.group], parts[site.group], trace, adjoint)
        numbers = adjoints[-1].transpose(1, 2)
        whole = side_by_side([*rows, numbers[:, :, : ansatz.numbers]])
        return residuals, whole + numbers[:, :, ansatz.numbers:] @ block.known[1] if self.totals else whole

    def adjoint(self, ansatz: Ansatz, theta: Tensor, weigh: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """A sum (a number) that `weigh` makes of the residuals (m, N), and its gradient (P,): one backward pass for all components."""
        block, count = self.knowing(ansatz, theta), len(ansatz.groups)
        jets, traces = block.jets(ansatz, theta)
        parts = ansatz.split(theta)
        with torch.enable_grad():
            leaves = [jet.detach().requires_grad_() for jet in jets]
            numbers = block.numbers(ansatz, theta).detach().requires_grad_()
            total = weigh(self.program(leaves, numbers[:, None].expand(-1, self.surroundings.count), self.surroundings))
            if not total.requires_grad:  # residuals of coordinates alone
                return total, torch.zeros_like(theta)
            found = torch.autograd.grad(total, [*leaves, numbers], materialize_grads=True)
        slopes = [adjoint.new_zeros(group.size) if axes is None else group.gradient(own, trace, adjoint[None], spec)
                  for group, own, trace, adjoint, spec, axes in zip(ansatz.groups, parts, traces, found, self.specs, self.axes)]
        for site, trace, adjoint in zip(self.sites, traces[count:], found[count:-1]):
            slopes[site.group] = slopes[site.group] + site.gradient(ansatz.groups[site.group], parts[site.group], trace, adjoint)
        slope = torch.cat([*slopes, found[-1][: ansatz.numbers]])
        return total.detach(), slope + found[-1][ansatz.numbers:] @ block.known[1] if self.totals else slope

    def tangent(self, ansatz: Ansatz, theta: Tensor, direction: Tensor) -> Tensor:
        """The derivative (m, N) of the residuals along a direction (P,) in θ: Σ_channels ∂r/∂jet · d jet."""
        block, count = self.knowing(ansatz, theta), len(ansatz.groups)
        jets, _ = block.jets(ansatz, theta)
        adjoints, _ = block.sensitivities(ansatz, theta, jets)
        points, parts, ways = self.surroundings.points, ansatz.split(theta), ansatz.split(direction)
        rates = torch.cat([ways[-1], block.known[1] @ direction]) if self.totals else ways[-1]
        total = (adjoints[-1] * rates[:, None]).sum(dim=1)
        for group, own, way, adjoint, spec, axes in zip(ansatz.groups, parts, ways, adjoints, self.specs, self.axes):
            if axes is not None:
                total = total + torch.einsum("mknu,knu->mn", adjoint, group.tangent(own, way, points[:, list(axes)], spec))
        for site, adjoint in zip(self.sites, adjoints[count:-1]):
            total = total + site.tangent(ansatz.groups[site.group], parts[site.group], ways[site.group], self.surroundings, adjoint)
        return total

    def sensitivities(self, ansatz: Ansatz, theta: Tensor, jets: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """∂r/∂jet (m, K, N, unknowns) a group, (m, K, N·Q, unknowns) a site, ∂r/∂numbers (m, n + T, N) last; and the residuals (m, N)."""
        with torch.enable_grad():
            leaves = [jet.detach().requires_grad_() for jet in jets]
            numbers = self.numbers(ansatz, theta).detach()[:, None].repeat(1, self.surroundings.count).requires_grad_()
            residuals = self.program(leaves, numbers, self.surroundings)
            return _adjoints(residuals, [*leaves, numbers]), residuals.detach()


def _adjoints(residuals: Tensor, leaves: list[Tensor]) -> list[Tensor]:
    """∂r_c/∂leaf for every component c, stacked in front: point by point, since points do not mix."""
    stacks: list[list[Tensor]] = [[] for _ in leaves]
    for number, component in enumerate(residuals):
        keep = number + 1 < len(residuals)
        if component.requires_grad:
            found = torch.autograd.grad(component.sum(), leaves, retain_graph=keep, allow_unused=True)
        else:
            found = [None] * len(leaves)
        for stack, leaf, gradient in zip(stacks, leaves, found):
            stack.append(torch.zeros_like(leaf) if gradient is None else gradient)
    return [torch.stack(stack) for stack in stacks]


@dataclass(frozen=True, eq=False)
class Objective:
    """Φ(θ) = Σ_c weight_c² mean_i r_ci(θ)² over the components of all blocks."""

    ansatz: Ansatz
    blocks: tuple[Block, ...]
    weights: tuple[Tensor, ...]

    @staticmethod
    def unweighted(ansatz: Ansatz, blocks: tuple[Block, ...]) -> Objective:
        ones = tuple(block.surroundings.points.new_ones(len(block.names)) for block in blocks)
        return Objective(ansatz, blocks, ones)

    @property
    def rows(self) -> int:
        return sum(len(block.names) * block.surroundings.count for block in self.blocks)

    def residual(self, theta: Tensor) -> Tensor:
        """All weighted residuals (rows,), so that their squares sum to Φ: by block, component, point."""
        return torch.cat([(block.residuals(self.ansatz, theta) * factors[:, None]).flatten() for block, factors in self._factored()])

    def jacobian(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted residuals (rows,) and Jacobian (rows, P)."""
        residuals, jacobian = theta.new_empty(self.rows), theta.new_empty(self.rows, self.ansatz.size)
        for number, (block, factors) in enumerate(self._factored(theta)):
            size = self._chunk(block)
            targets = (self._of_block(whole, number).split(size, dim=1) for whole in (residuals, jacobian))
            for part, target, target_rows in zip(block.chunks(size), *targets):
                r, rows = part.linearise(self.ansatz, theta)
                torch.mul(r, factors[:, None], out=target)
                torch.mul(rows, factors[:, None, None], out=target_rows)
        return residuals, jacobian

    def row_chunks(self, theta: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Weighted residuals (n,) and Jacobian rows (n, P), some at a time: for sums over rows that do not fit into memory at once."""
        for block, factors in self._factored(theta):
            for part in block.chunks(self._chunk(block)):
                r, rows = part.linearise(self.ansatz, theta)
                yield (r * factors[:, None]).flatten(), rows.mul_(factors[:, None, None]).flatten(0, 1)

    def gradient(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Φ and ∂Φ/∂θ (P,), without forming the Jacobian."""
        loss, slope = theta.new_zeros(()), torch.zeros_like(theta)
        for block, factors in self._factored(theta):
            for part in block.chunks(block.cached(self.ansatz)):
                own, gradient = part.adjoint(self.ansatz, theta, lambda r, f=factors: (r * f[:, None]).square().sum())
                loss, slope = loss + own, slope + gradient
        return loss, slope

    def adjoint(self, theta: Tensor, covector: Tensor) -> Tensor:
        """Jᵀw (P,) for w (rows,), without forming the Jacobian."""
        slope = torch.zeros_like(theta)
        for number, (block, factors) in enumerate(self._factored(theta)):
            size = block.cached(self.ansatz)
            own = self._of_block(covector, number) * factors[:, None]
            for part, weights in zip(block.chunks(size), own.split(size, dim=1)):
                slope = slope + part.adjoint(self.ansatz, theta, lambda r, w=weights: (r * w).sum())[1]
        return slope

    def tangent(self, theta: Tensor, direction: Tensor) -> Tensor:
        """J v (rows,) for v (P,), without forming the Jacobian."""
        found = []
        for block, factors in self._factored(theta):
            parts = [part.tangent(self.ansatz, theta, direction) for part in block.chunks(block.cached(self.ansatz))]
            found.append((torch.cat(parts, dim=1) * factors[:, None]).flatten())
        return torch.cat(found)

    def by_component(self, theta: Tensor) -> dict[str, Tensor]:
        """Unweighted residuals (N,) by component name."""
        return {name: r for block in self.blocks for name, r in zip(block.names, block.residuals(self.ansatz, theta))}

    def losses(self, theta: Tensor) -> dict[str, float]:
        """weight_c² mean_i r_ci², the summands of Φ, by component name."""
        return {name: value for block, factors in self._factored() for name, value in
                zip(block.names, (block.residuals(self.ansatz, theta) * factors[:, None]).square().sum(dim=1).tolist())}

    def _factored(self, linearised: Tensor | None = None) -> Iterator[tuple[Block, Tensor]]:
        """Every block with the factors (m,) of its residuals: weight / √N; ready to be `linearised` at a θ again and again."""
        return ((block if linearised is None else block.knowing(self.ansatz, linearised), weight / block.surroundings.count**0.5)
                for block, weight in zip(self.blocks, self.weights))

    def _of_block(self, rows: Tensor, number: int) -> Tensor:
        """The part (m, N, …) of one block in a vector or matrix (rows, …)."""
        counts = [len(block.names) * block.surroundings.count for block in self.blocks]
        return torch.split(rows, counts)[number].view(len(self.blocks[number].names), -1, *rows.shape[1:])

    def _chunk(self, block: Block) -> int:
        """Points whose Jacobian rows are formed at a time."""
        return max(FEWEST_CHUNK_POINTS, CHUNK_ENTRIES // (max(1, self.ansatz.size) * len(block.names) * block.nodes))


def balanced_weights(objective: Objective, theta: Tensor) -> tuple[Tensor, ...]:
    """weight_c = 1/√(mean_i |J_ci|²): every condition pulls on the parameters with the same strength.

    The mean is the trace of the condition's part of JᵀJ (the neural tangent kernel's trace, arXiv:2007.14527 eq. 6.5), over the
    parameters of regular functions.
    """
    weights = []
    regular = torch.tensor(objective.ansatz.regular, dtype=theta.dtype, device=theta.device)
    for block in (block.knowing(objective.ansatz, theta) for block in objective.blocks):
        total = torch.zeros(len(block.names), dtype=theta.dtype, device=theta.device)
        for part in block.chunks(objective._chunk(block)):
            total += (part.linearise(objective.ansatz, theta)[1].square() @ regular).sum(dim=1)
        mean = total / block.surroundings.count
        weights.append(torch.where(mean > 0, mean, torch.ones_like(mean)).rsqrt())
    return tuple(weights)
