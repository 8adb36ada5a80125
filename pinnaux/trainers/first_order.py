"""Adam, the field's usual first-order method (Kingma & Ba, arXiv:1412.6980, algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.objective import Objective


@dataclass(frozen=True, eq=False)
class Moments:
    """θ, the running means of the gradient and of its square, steps done, and the loss before the last of them."""

    theta: Tensor
    first: Tensor
    second: Tensor
    steps: int = 0
    loss: Tensor | float = float("inf")
    stuck: bool = False


def adam(
    slope: Tensor, moments: tuple[Tensor, Tensor], step: int, decay: tuple[float, float] = (0.9, 0.999), epsilon: float = 1e-12
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """m̂ / (√v̂ + ε) in a `step` (from 1), and m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²; hats are freed from the bias of their start at zero."""
    first = torch.lerp(slope, moments[0], decay[0])
    second = torch.lerp(slope.square(), moments[1], decay[1])
    width = (second / (1 - decay[1]**step)).sqrt() + epsilon
    return first / (1 - decay[0]**step) / width, (first, second)


@dataclass(frozen=True)
class Adam:
    """θ ← θ − rate · m̂ / (√v̂ + ε)."""

    rate: float = 1e-3
    decay: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    name: str = "adam"

    def begin(self, theta: Tensor) -> Moments:
        """Nothing known of the gradient."""
        return Moments(theta, torch.zeros_like(theta), torch.zeros_like(theta))

    def step(self, objective: Objective, state: Moments) -> Moments:
        """One iteration."""
        loss, gradient = objective.gradient(state.theta)
        direction, (first, second) = adam(gradient, (state.first, state.second), state.steps + 1, self.decay, self.epsilon)
        return Moments(state.theta - self.rate * direction, first, second, state.steps + 1, loss)

    def moved(self, state: Moments) -> Moments:
        """The means go on over other points."""
        return state
