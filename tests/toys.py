"""Least-squares problems of a few numbers, with everything about them known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz


@dataclass
class Toy:
    """r(θ) for any function of torch, θ being unknown numbers only; looks like an Objective, and counts its Jacobians."""

    function: Callable[[Tensor], Tensor]
    asked: list[Tensor] = field(default_factory=list)
    rows: int = 0  # as few as need no economy

    @property
    def ansatz(self) -> Ansatz:
        return Ansatz((), numbers=self.asked[-1].numel())

    def residual(self, theta: Tensor) -> Tensor:
        return self.function(theta)

    def jacobian(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        self.asked.append(theta)
        return self.function(theta), torch.autograd.functional.jacobian(self.function, theta)

    def gradient(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            own = theta.detach().requires_grad_()
            loss = self.function(own).square().sum()
            return loss.detach(), torch.autograd.grad(loss, own)[0]

    def loss(self, theta: Tensor) -> float:
        return self.function(theta).square().sum().item()


def linear(matrix: Tensor, right: Tensor) -> Toy:
    return Toy(lambda theta: matrix @ theta - right)


def valley(theta: Tensor) -> Tensor:
    """Rosenbrock's function as two residuals; zero at (1, 1)."""
    return torch.stack([10 * (theta[1] - theta[0] ** 2), 1 - theta[0]])


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
