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


@dataclass(frozen=True)
class Adam:
    """m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − rate · m̂ / (√v̂ + ε), hats freed from the bias of their start at zero."""

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
        steps, (slow, slower) = state.steps + 1, self.decay
        first = slow * state.first + (1 - slow) * gradient
        second = slower * state.second + (1 - slower) * gradient.square()
        width = (second / (1 - slower**steps)).sqrt() + self.epsilon
        return Moments(state.theta - self.rate / (1 - slow**steps) * first / width, first, second, steps, loss)

    def moved(self, state: Moments) -> Moments:
        """The means go on over other points."""
        return state
