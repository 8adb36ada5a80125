"""The separated objective of a network by brute force: every hidden layer's jet a free variable, everything linearised densely."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from cases import Case
from torch import Tensor

from pinnaux.jets.spec import JetSpec

Equations = Callable[[Tensor], Tensor]      # jet (K, N, outputs) → residuals (m, N)


@dataclass(frozen=True)
class Separated:
    """A network of L hidden layers whose output jet is asked to satisfy `equations`; auxiliary jets n_l are (K, N, width)."""

    case: Case
    spec: JetSpec
    equations: Equations

    @property
    def depth(self) -> int:
        return len(self.case.network.layers) // 2

    def layer(self, number: int, theta: Tensor, jet: Tensor) -> Tensor:
        """F_l: a linear layer and its activation; the last one is linear only."""
        layers, own = self.case.network.layers, self.case.network.split(theta)
        for position in range(2 * number, min(2 * number + 2, len(layers))):
            jet = layers[position].push(own[position], jet, self.spec)
        return jet

    def input(self) -> Tensor:
        return self.case.network.input.push(self.case.points, self.spec)

    def consistent(self, theta: Tensor) -> list[Tensor]:
        """The auxiliary jets that leave no defect."""
        jets = [self.input()]
        for number in range(self.depth):
            jets.append(self.layer(number, theta, jets[-1]))
        return jets[1:]

    def defects(self, theta: Tensor, auxiliary: list[Tensor]) -> list[Tensor]:
        """d_l = F_l(n_(l−1)) − n_l."""
        return [self.layer(number, theta, jet) - own for number, (jet, own) in enumerate(zip([self.input(), *auxiliary], auxiliary))]

    def residual(self, theta: Tensor, auxiliary: list[Tensor]) -> Tensor:
        """R (m, N) of the output layer on the last auxiliary jet."""
        return self.equations(self.layer(self.depth, theta, auxiliary[-1]))

    def original(self, theta: Tensor) -> Tensor:
        """r (m, N) of the network itself."""
        return self.residual(theta, self.consistent(theta))

    def stacked(self, theta: Tensor, auxiliary: list[Tensor], weights: list[Tensor]) -> Tensor:
        """R and √ω_li d_li, so that their squares sum to Φ; ω_l is (N,)."""
        parts = [(weight.sqrt()[None, :, None] * defect).flatten() for weight, defect in zip(weights, self.defects(theta, auxiliary))]
        return torch.cat([self.residual(theta, auxiliary).flatten(), *parts])

    def dense_step(self, theta: Tensor, auxiliary: list[Tensor], weights: list[Tensor]) -> tuple[Tensor, float]:
        """The θ part of the Gauss–Newton step in (θ, n), and the Φ that it predicts."""
        sizes = [theta.numel(), *(jet.numel() for jet in auxiliary)]

        def stacked(z: Tensor) -> Tensor:
            own, *jets = torch.split(z, sizes)
            return self.stacked(own, [jet.view_as(like) for jet, like in zip(jets, auxiliary)], weights)

        z = torch.cat([theta, *(jet.flatten() for jet in auxiliary)])
        jacobian, value = torch.autograd.functional.jacobian(stacked, z), stacked(z)
        step = torch.linalg.lstsq(jacobian, -value[:, None], driver="gelsd").solution[:, 0]
        return step[: sizes[0]], (value + jacobian @ step).square().sum().item()

    def sensitivities(self, theta: Tensor, auxiliary: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """λ_l = ∂R/∂n_l (m, K, N, width) and the rows ∂R/∂θ (m, N, P), chained through the layers at the auxiliary jets."""
        network, own, spec = self.case.network, self.case.network.split(theta), self.spec
        output = self.layer(self.depth, theta, auxiliary[-1]).detach().requires_grad_()
        found = self.equations(output)
        adjoint = torch.stack([torch.autograd.grad(row.sum(), output, retain_graph=True)[0] for row in found])
        rows, slopes = [network.layers[-1].rows(auxiliary[-1], adjoint)], []
        adjoint = network.layers[-1].pull(own[-1], auxiliary[-1], adjoint, spec)
        for number in reversed(range(self.depth)):
            slopes.append(adjoint)
            before = auxiliary[number - 1] if number else self.input()
            linear, activation = network.layers[2 * number], network.layers[2 * number + 1]
            adjoint = activation.pull(own[2 * number + 1], linear.push(own[2 * number], before, spec), adjoint, spec)
            rows.append(linear.rows(before, adjoint))
            adjoint = linear.pull(own[2 * number], before, adjoint, spec)
        return slopes[::-1], torch.cat(rows[::-1], dim=2)

    def eliminated_step(self, theta: Tensor, auxiliary: list[Tensor], weights: list[Tensor]) -> tuple[Tensor, float]:
        """The same step from a P-column problem: min Σ_i ρ_iᵀ (I + Σ_l Λ_l Λ_lᵀ/ω_l)⁻¹ ρ_i with ρ = R + Σ λ_l·d_l + J Δθ."""
        slopes, rows = self.sensitivities(theta, auxiliary)
        value = self.residual(theta, auxiliary)
        for slope, defect in zip(slopes, self.defects(theta, auxiliary)):
            value = value + (slope * defect).sum(dim=(1, 3))
        whiten = torch.linalg.inv(torch.linalg.cholesky(damping(slopes, weights)))
        left = torch.einsum("nab,bnp->anp", whiten, rows).flatten(0, 1)
        right = torch.einsum("nab,bn->an", whiten, value).flatten()
        step = torch.linalg.lstsq(left, -right[:, None], driver="gelsd").solution[:, 0]
        return step, (right + left @ step).square().sum().item()

    def tight(self, theta: Tensor, auxiliary: list[Tensor]) -> list[Tensor]:
        """ω_li = |λ_li|²: the layer's true sensitivity."""
        return [slope.square().sum(dim=(0, 1, 3)) for slope in self.sensitivities(theta, auxiliary)[0]]

    def norm_products(self, theta: Tensor) -> list[Tensor]:
        """ω_l = Π_(j>l) |W_j|² (arXiv:2504.21501), the same at every point."""
        layers, own = self.case.network.layers, self.case.network.split(theta)
        norms = [layers[position].split(own[position])[0].square().sum().item() for position in range(0, len(layers), 2)]
        return [self.case.points.new_full((len(self.case.points),), math.prod(norms[number + 1:])) for number in range(self.depth)]


def damping(slopes: list[Tensor], weights: list[Tensor]) -> Tensor:
    """I + Σ_l Λ_l Λ_lᵀ/ω_l, (N, m, m)."""
    total = torch.eye(slopes[0].shape[0], dtype=slopes[0].dtype).expand(slopes[0].shape[2], -1, -1)
    for slope, weight in zip(slopes, weights):
        total = total + torch.einsum("aknw,bknw->nab", slope, slope) / weight[:, None, None]
    return total
