"""The balance between equations, which hold exactly, and measurements, which do not.

Measurements of known noise cannot be fitted better than that, and what weighs as much as an equation bends the equation instead. So they
are quieter than equations: as quiet as equations allow that are themselves not solved exactly. In the limit the solution is the
least-squares fit to the measurements among all that satisfy the equations (the method of weighting, Van Loan, SIAM J. Numer. Anal. 22,
1985), each measurement counting by its standard deviation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.linalg import positive
from pinnaux.objective import Block, Objective, balanced_weights

QUIETEST = 1e-6
"""The noise of measurements never counts less than as this share of what they measure: a solution is not known better."""
BEND = 1e-2
"""By how much of what they leave anyway equations may be bent towards measurements."""
UNEXPLAINED = 0.25
"""What misses measurements by this share and more of how they vary, squared and beyond their noise, is no solution, however quiet they are."""
BY_CHANCE = 3.0
"""Standard deviations of the mean square of noise by which it may be larger than expected."""
FEW = 10
"""Fewer measurements do not tell how they vary: sets of so few are asked together, and against zero."""


@dataclass(frozen=True, eq=False)
class Balance:
    """Balanced weights, those of measurements as loud as equations; their `noise` and `signal` in these weights.

    `shares` (m,) of a block are √(N_c / N) of measurements, so that each of the N counts the same, and 0 of equations.
    """

    loud: tuple[Tensor, ...]
    shares: tuple[Tensor, ...]
    noise: float
    signal: float

    @staticmethod
    def of(objective: Objective, theta: Tensor) -> Balance:
        """The balance at θ."""
        weights = balanced_weights(objective, theta)
        counts = [noisy(block) * block.surroundings.count for block in objective.blocks]
        count = sum(own.sum() for own in counts)
        shares = tuple((own / count.clamp_min(1)).sqrt() for own in counts)
        # All measurements together are balanced as one condition.
        noise = positive(sum((share / weight).square().sum() for share, weight in zip(shares, weights))).rsqrt()
        loud = tuple(torch.where(share > 0, noise * share, weight) for share, weight in zip(shares, weights))
        measured = [(_at_zero(block, objective, theta).square().mean(dim=1).sqrt() * noise * share).square().sum()
                    for block, share in zip(objective.blocks, shares) if share.any()]
        return Balance(loud, shares, float(noise), float(sum(measured)) ** 0.5)

    def explains(self, objective: Objective, theta: Tensor) -> bool:
        """Whether measurements are met as by a solution: zero or a constant may satisfy all equations, and must not be taken for one.

        Every set of them is, by itself: a good one does not speak for another.
        """
        few: list[tuple[Tensor, Tensor]] = []
        for block in (block for block in objective.blocks if any(block.noisy)):
            missed, measured = block.residuals(objective.ansatz, theta), _at_zero(block, objective, theta)
            for residual, values in zip(missed[noisy(block) > 0], measured[noisy(block) > 0]):
                if len(residual) < FEW:
                    few.append((residual, values))
                elif not _is_met(residual, values - values.mean()):
                    return False
        return not few or _is_met(*(torch.cat(parts) for parts in zip(*few)))

    def at(self, level: float) -> tuple[Tensor, ...]:
        """The weights where equations are left with weighted residuals of size `level`: measurements so quiet that their noise is no less.

        They are louder where that bends equations by a small share of `level` only, for the sake of what only they determine.
        """
        level = max(level, QUIETEST * self.signal)
        noise = min(self.noise, max(level, (BEND * level * self.noise) ** 0.5))
        return tuple(torch.where(share > 0, noise * share, weight) for share, weight in zip(self.shares, self.loud))


def _is_met(missed: Tensor, varying: Tensor) -> bool:
    """Whether measurements (N,), in standard deviations, are missed by little more than these, beside how they vary (N,)."""
    chance = BY_CHANCE * (2 / len(missed)) ** 0.5
    return missed.square().mean().item() - 1 <= max(UNEXPLAINED * (varying.square().mean().item() - 1), chance)


def noisy(block: Block) -> Tensor:
    """(m,): 1 for components of known noise, 0 for others."""
    return block.surroundings.points.new_tensor([float(flag) for flag in block.noisy] or [0.0] * len(block.names))


def fair_weights(objective: Objective, theta: Tensor) -> tuple[Tensor, ...]:
    """Balanced weights, with measurements of known noise as quiet as the equations' residuals at θ allow, if θ explains them at all."""
    if not any(any(block.noisy) for block in objective.blocks):
        return balanced_weights(objective, theta)
    balance = Balance.of(objective, theta)
    explained = balance.explains(objective, theta)
    return balance.at(exactness(replace(objective, weights=balance.loud), theta)) if explained else balance.loud


def exactness(objective: Objective, theta: Tensor) -> float:
    """The weighted residual at θ of all that holds exactly: √(Σ weight² mean r²) without measurements of known noise."""
    exact = tuple(weight * (1 - noisy(block)) for block, weight in zip(objective.blocks, objective.weights))
    return replace(objective, weights=exact).residual(theta).norm().item()


def _at_zero(block: Block, objective: Objective, theta: Tensor) -> Tensor:
    """Residuals (m, N) of the functions that are zero."""
    return torch.nan_to_num(block.at_zero(objective.ansatz, theta), nan=0.0, posinf=0.0, neginf=0.0)
