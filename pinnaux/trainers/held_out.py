"""The judge between trial solutions: residuals on points that nobody trains on, weighted the same way for all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.objective import Block, Objective, balanced_weights
from pinnaux.trainers.state import NumericalFailure


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out blocks and one fixed weight for every component, so that scores of different ansatz compare.

    `zero` is the score of the zero solution; `linear` says that the residuals are affine in what is unknown.
    """

    blocks: tuple[Block, ...]
    weights: tuple[Tensor, ...]
    zero: float = float("inf")
    linear: bool = False

    def score(self, ansatz: Ansatz, theta: Tensor) -> float:
        """√(Σ_c weight_c² mean r_c²); infinite where a residual is not finite."""
        value = Objective(ansatz, self.blocks, self.weights).residual(theta).norm().item()
        return value if value == value else float("inf")

    def balanced(self, ansatz: Ansatz, theta: Tensor) -> HeldOut:
        """The same points, weighted by the balance of another trial solution."""
        return replace(self, weights=balanced_weights(Objective.unweighted(ansatz, self.blocks), theta))

    def residuals(self, ansatz: Ansatz, theta: Tensor) -> dict[str, float]:
        """Root mean square residual of every component on the held-out points."""
        found = Objective.unweighted(ansatz, self.blocks).by_component(theta)
        return {name: values.square().mean().sqrt().item() for name, values in found.items()}


def check_finite(objective: Objective, theta: Tensor) -> None:
    """Raise NumericalFailure with the condition and the first point where a residual is not finite."""
    for block in objective.blocks:
        residuals = block.residuals(objective.ansatz, theta)
        bad = (~torch.isfinite(residuals)).nonzero()
        if len(bad):
            component, point = bad[0].tolist()
            where = tuple(block.surroundings.points[point].tolist())
            raise NumericalFailure(block.names[component], where, residuals[component, point].item())
