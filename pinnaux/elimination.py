"""The auxiliary jets eliminated from the linearised separated objective: exact, point by point, in closed form.

Linearised at (θ, n), with λ_l = ∂R/∂n_l chained through the layers and J the rows of ∂R/∂θ through the same chain, a step δ of θ
leaves ρ(δ) = R + Σ_l λ_l·d_l + J δ if no defect remains. If slacks s_l do, the residual is ρ − Σ λ_l·s_l, and

    min over s of |ρ − Σ_l Λ_l s_l|² + Σ_l ω_l |s_l|² = ρᵀ S⁻¹ ρ,   S = I + Σ_l Λ_l Λ_lᵀ/ω_l,   s_l = Λ_lᵀ S⁻¹ ρ/ω_l

at every point (m equations: S is m × m). What remains is least squares in δ alone (method §3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pinnaux.separated import Auxiliaries, Separated, View, Weights, branches


@dataclass(frozen=True, eq=False)
class Linearised:
    """A block at (θ, n), its conditions weighted: R (m, N), ∂R/∂jets (m, K, N, unknowns) a group, ∂R/∂numbers (m, n, N) last,
    and λ_l (m, K, N, width) of its chains by number."""

    view: View
    residual: Tensor
    adjoints: list[Tensor]
    slopes: dict[int, tuple[Tensor, ...]]

    @staticmethod
    def of(separated: Separated, number: int, theta: Tensor, auxiliaries: Auxiliaries) -> Linearised:
        view = separated.view(number, theta, auxiliaries)
        adjoints, residual = view.block.sensitivities(separated.objective.ansatz, theta, view.jets)
        adjoints = [adjoint * view.factors.view(-1, *[1] * (adjoint.dim() - 1)) for adjoint in adjoints]
        slopes = {place: chain.sensitivities(theta, view.traces[chain.group][chain.branch], adjoints[chain.group])
                  for place, chain in separated.of_block(number)}
        return Linearised(view, residual * view.factors[:, None], adjoints, slopes)

    def without_defects(self, auxiliaries: Auxiliaries) -> Tensor:
        """R + Σ_l λ_l·d_l (m, N): the residual predicted where the auxiliary jets give way."""
        total = self.residual
        for place, slopes in self.slopes.items():
            for slope, handed_on, own in zip(slopes, self.view.handed_on[place], auxiliaries[place]):
                total = total + torch.einsum("mknw,knw->mn", slope, handed_on - own)
        return total

    def rows(self, separated: Separated, theta: Tensor) -> Tensor:
        """J (m, N, P)."""
        ansatz, block = separated.objective.ansatz, self.view.block
        chains = {(chain.group, chain.branch): chain for chain in (separated.chains[place] for place in self.slopes)}
        rows = []
        for number, (group, part, spec) in enumerate(zip(ansatz.groups, ansatz.split(theta), block.specs)):
            if block.axes[number] is None:
                rows.append(part.new_zeros(len(block.names), block.surroundings.count, group.size))
                continue
            for place, (branch, own, trace) in enumerate(zip(group.branches, group.split(part), self.view.traces[number])):
                chain = chains.get((number, place))
                adjoint = self.adjoints[number]
                rows.append(chain.rows(theta, trace, adjoint) if chain else branch.rows(own, trace, adjoint, spec))
        return torch.cat([*rows, self.adjoints[-1].transpose(1, 2)], dim=2)

    def damping(self, weights: Weights) -> Tensor:
        """S (N, m, m)."""
        components, points = self.residual.shape
        total = torch.eye(components, dtype=self.residual.dtype, device=self.residual.device).repeat(points, 1, 1)
        for place, slopes in self.slopes.items():
            for slope, weight in zip(slopes, weights[place]):
                flat = slope.permute(2, 0, 1, 3).flatten(2)
                total += flat @ flat.mT / floored(weight)[:, None, None]
        return total


@dataclass(frozen=True, eq=False)
class EliminatedBlock:
    """A block's share of the eliminated system: ρ(0) (m, N) and the Cholesky factor (N, m, m) of S."""

    separated: Separated
    theta: Tensor
    linearised: Linearised
    rho: Tensor
    factor: Tensor

    @cached_property
    def rows(self) -> Tensor:
        """J (m, N, P), formed when it is asked for."""
        return self.linearised.rows(self.separated, self.theta)

    def whiten(self, values: Tensor) -> Tensor:
        """L⁻¹ values for S = L Lᵀ and values (m, N, …), so that their squares sum to valuesᵀ S⁻¹ values."""
        flat = values.flatten(2) if values.dim() > 2 else values[:, :, None]
        return torch.linalg.solve_triangular(self.factor, flat.transpose(0, 1), upper=False).transpose(0, 1).reshape(values.shape)

    def slacks(self, step: Tensor | None, weights: Weights) -> dict[int, tuple[Tensor, ...]]:
        """The best defects s_l (K, N, width) after a step δ (or none), by chain."""
        predicted = self.rho if step is None else self.rho + self.rows @ step
        solved = torch.cholesky_solve(predicted.T[:, :, None], self.factor)[:, :, 0].T
        return {place: tuple(torch.einsum("mknw,mn->knw", slope, solved / floored(weight)) for slope, weight in zip(slopes, weights[place]))
                for place, slopes in self.linearised.slopes.items()}


@dataclass(frozen=True, eq=False)
class EliminatedSystem:
    """min over δ of Σ_i ρ_i(δ)ᵀ S_i⁻¹ ρ_i(δ): what is left of Φ, linearised at (θ, n) with given weights."""

    separated: Separated
    theta: Tensor
    auxiliaries: Auxiliaries
    weights: Weights
    blocks: tuple[EliminatedBlock, ...]

    @staticmethod
    def of(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> EliminatedSystem:
        blocks = []
        for number in range(len(separated.objective.blocks)):
            linearised = Linearised.of(separated, number, theta, auxiliaries)
            factor = torch.linalg.cholesky(linearised.damping(weights))
            blocks.append(EliminatedBlock(separated, theta, linearised, linearised.without_defects(auxiliaries), factor))
        return EliminatedSystem(separated, theta, auxiliaries, weights, tuple(blocks))

    def system(self) -> tuple[Tensor, Tensor]:
        """L⁻¹ρ (rows,) and L⁻¹J (rows, P)."""
        return (torch.cat([block.whiten(block.rho).flatten() for block in self.blocks]),
                torch.cat([block.whiten(block.rows).flatten(0, 1) for block in self.blocks]))

    def whiten(self, residual: Tensor) -> Tensor:
        """L⁻¹ of residuals (rows,) in the order of `system`."""
        parts = torch.split(residual, [block.rho.numel() for block in self.blocks])
        return torch.cat([block.whiten(part.view_as(block.rho)).flatten() for block, part in zip(self.blocks, parts)])

    def moved(self, step: Tensor | None = None) -> Auxiliaries:
        """n + dn with dn_l = d_l + (∂F_l/∂θ) δ + (∂F_l/∂n) dn_(l−1) − s_l: the best auxiliary jets after a step δ (or at θ)."""
        slacks: dict[int, tuple[Tensor, ...]] = {}
        for block in self.blocks:
            slacks |= block.slacks(step, self.weights)
        way = torch.zeros_like(self.theta) if step is None else step
        return tuple(self._moved(place, way, slacks[place]) for place in range(len(self.separated.chains)))

    def _moved(self, place: int, step: Tensor, slacks: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        chain = self.separated.chains[place]
        view, own = self.blocks[chain.block].linearised.view, self.auxiliaries[place]
        trace, handed_on = view.traces[chain.group][chain.branch], view.handed_on[place]
        parts, ways, layers = chain.split(self.theta), chain.split(step), chain.network.layers
        rate, moved = torch.zeros_like(trace[0]), []
        for number, slack in enumerate(slacks):
            for layer in (2 * number, 2 * number + 1):
                rate = layers[layer].tangent(parts[layer], ways[layer], trace[layer], rate, chain.spec)
            rate = rate + (handed_on[number] - own[number]) - slack
            moved.append(own[number] + rate)
        return tuple(moved)


def reduced_gradient(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> Tensor:
    """(P,): ∂/∂δ of Σ_i ρ_iᵀ S_i⁻¹ ρ_i at δ = 0, which is 2 Jᵀ S⁻¹ ρ, without forming J."""
    objective, slope = separated.objective, torch.zeros_like(theta)
    for number in range(len(objective.blocks)):
        linearised = Linearised.of(separated, number, theta, auxiliaries)
        factor = torch.linalg.cholesky(linearised.damping(weights))
        pull = 2 * torch.cholesky_solve(linearised.without_defects(auxiliaries).T[:, :, None], factor)[:, :, 0].T
        view, adjoints = linearised.view, [torch.einsum("mknu,mn->knu", adjoint, pull)[None] for adjoint in linearised.adjoints[:-1]]
        chains = {(chain.group, chain.branch): chain for _, chain in separated.of_block(number)}
        for group, branch, span, own in branches(objective, theta):
            if view.block.axes[group] is not None:
                kind, spec, chain = objective.ansatz.groups[group].branches[branch], view.block.specs[group], chains.get((group, branch))
                trace, adjoint = view.traces[group][branch], adjoints[group]
                slope[span] += chain.total(theta, trace, adjoint) if chain else kind.gradient(own, trace, adjoint, spec)
        slope[len(slope) - objective.ansatz.numbers:] += torch.einsum("man,mn->a", linearised.adjoints[-1], pull)
    return slope


def floored(weight: Tensor) -> Tensor:
    """Weights (N,) that may be divided by: where one is zero, so is the sensitivity that it weighs."""
    return weight.clamp_min(torch.finfo(weight.dtype).tiny**0.5)
