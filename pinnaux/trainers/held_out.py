"""The judge between trial solutions: residuals on points that nobody trains on, weighted the same way for all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.balance import Balance, exactness
from pinnaux.early import Evened
from pinnaux.evaluate import FormulaProgram
from pinnaux.integration import IntegratingProgram
from pinnaux.objective import Block, Objective
from pinnaux.trainers.state import NumericalFailure


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out blocks and one fixed weight for every component, so that scores of different ansatz compare.

    `zero` is the score of the zero solution; `linear` says that the residuals are affine in what is unknown. Where measurements have
    known noise the weights are those of `balance` at its quietest, so that noise, which no solution fits, drowns nothing; but what does not
    explain the measurements is judged with them as loud as equations.
    """

    blocks: tuple[Block, ...]
    weights: tuple[Tensor, ...]
    zero: float = float("inf")
    linear: bool = False
    balance: Balance | None = None

    @staticmethod
    def of(objective: Objective, theta: Tensor) -> HeldOut:
        """The blocks of an objective, weighted by the balance at θ."""
        return HeldOut(objective.blocks, ()).balanced(objective.ansatz, theta)

    def score(self, ansatz: Ansatz, theta: Tensor) -> float:
        """√(Σ_c weight_c² mean r_c²); infinite where a residual is not finite."""
        objective = Objective(ansatz, self.blocks, self.weights)
        if not self._explained(objective, theta):
            objective = replace(objective, weights=self.balance.loud)
        value = objective.residual(theta).norm().item()
        return value if value == value else float("inf")

    def balanced(self, ansatz: Ansatz, theta: Tensor) -> HeldOut:
        """The same points, weighted by the balance of another trial solution."""
        balance = Balance.of(Objective.unweighted(ansatz, self.blocks), theta)
        return replace(self, weights=balance.at(0.0), balance=balance)

    def from_zero(self, ansatz: Ansatz, theta: Tensor) -> HeldOut:
        """With the score of the zero solution, in which measurements are as loud as equations, or of one where logarithms and the like
        are undefined at zero."""
        weights = self.balance.loud if self.balance else self.weights
        zero = replace(self, weights=weights).score(ansatz, theta)
        if zero == float("inf"):
            ones = [weight * torch.nan_to_num(block.at_zero(ansatz, theta, 1.0), nan=0.0, posinf=0.0, neginf=0.0).square().mean(dim=1).sqrt()
                    for block, weight in zip(self.blocks, weights)]
            zero = torch.cat(ones).norm().item()
        return replace(self, zero=zero)

    def exactness(self, ansatz: Ansatz, theta: Tensor) -> float:
        """The score without measurements of known noise."""
        return exactness(Objective(ansatz, self.blocks, self.weights), theta)

    def weights_for(self, ansatz: Ansatz, theta: Tensor, gain: float) -> tuple[Tensor, ...]:
        """The weights for what is to satisfy equations so many times better than this solution."""
        if not self._explained(Objective(ansatz, self.blocks, self.weights), theta):
            return self.balance.loud
        return self.balance.at(self.exactness(ansatz, theta) / gain) if self.balance else self.weights

    def _explained(self, objective: Objective, theta: Tensor) -> bool:
        return self.balance is None or self.balance.explains(objective, theta)

    def residuals(self, ansatz: Ansatz, theta: Tensor) -> dict[str, float]:
        """Root mean square residual of every component on the held-out points."""
        found = Objective.unweighted(ansatz, self.blocks).by_component(theta)
        return {name: values.square().mean().sqrt().item() for name, values in found.items()}


def check_finite(objective: Objective, theta: Tensor) -> None:
    """Raise NumericalFailure with the condition, the term and the first point where a residual is not finite."""
    for block in objective.blocks:
        residuals = block.residuals(objective.ansatz, theta)
        bad = (~torch.isfinite(residuals)).nonzero()
        if len(bad):
            component, point = bad[0].tolist()
            where = tuple(block.surroundings.points[point].tolist())
            raise NumericalFailure(block.names[component], where, residuals[component, point].item(), _culprit(objective.ansatz, theta, block, point))


def _culprit(ansatz: Ansatz, theta: Tensor, block: Block, point: int) -> str:
    """The term that is not finite at one point of a block, with its operands."""
    if not isinstance(block.program, (FormulaProgram, IntegratingProgram, Evened)):
        return ""
    there = block.at(block.surroundings.take(slice(point, point + 1)))
    return block.program.culprit(there.jets(ansatz, theta)[0], there.numbers(ansatz, theta)[:, None], there.surroundings)
