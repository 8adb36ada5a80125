"""The rows of A and B of an eigenvalue problem A u = λ B u, on points to solve on and on points held out to judge on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Trial
from pinnaux.architecture import FEWEST_FEATURES, start, wide
from pinnaux.collocation import Collocation, Purpose
from pinnaux.modes import pencil
from pinnaux.objective import Block, Objective, balanced_weights
from pinnaux.plan import Plan
from pinnaux.problem import Problem
from pinnaux.trainers.held_out import check_finite
from pinnaux.trainers.spectrum import direction

FUNCTIONS, SOLVED_POINTS, JUDGED_POINTS = 61, 62, 63
ROUGH = 1e3
"""The scale of functions of which the highest derivatives count only."""


@dataclass(frozen=True, eq=False)
class Pencil:
    """An eigenvalue problem, the one whose conditions have the components of A u, then those of B u, compiled; and the points held out.

    These are judged with one fixed weight for every component.
    """

    problem: Problem
    collocation: Collocation
    blocks: tuple[Block, ...] = ()
    weights: tuple[Tensor, ...] = ()

    @staticmethod
    def of(collocation: Collocation) -> Pencil:
        """The pencil of an eigenvalue problem. Raises NumericalFailure where a coefficient is not finite."""
        plan = collocation.plan
        bare = Pencil(plan.problem, replace(collocation, plan=Plan.of(pencil(plan.problem), plan.settings)))
        ansatz = bare.ansatz(Trial(*plan.settings.reference_trial, plan.settings.pilot_features), 0)
        # Near corners too, where functions may be as good as singular unseen.
        blocks = bare.collocation.blocks(plan.settings.held_out_points, Purpose(plan.settings.seed, JUDGED_POINTS), held_out=True)
        objective = Objective.unweighted(ansatz, blocks)
        theta = torch.ones(ansatz.size, dtype=collocation.dtype, device=collocation.device)
        check_finite(objective, theta)
        return replace(bare, blocks=blocks, weights=bare.paired(balanced_weights(objective, theta)))

    @cached_property
    def plain(self) -> Collocation:
        """The same without singular functions at corners."""
        return replace(self.collocation, corners=False)

    @cached_property
    def direction(self) -> int:
        """At which end of the spectrum the lowest eigenvalues are, if it has one."""
        trial = Trial("sin", ROUGH, FEWEST_FEATURES)
        return direction(*self.rows(self.ansatz(trial, 0), trial, 0))

    @cached_property
    def sides(self) -> tuple[tuple[list[int], list[int]], ...]:
        """For every region, which of its components are of A u and which of B u, in the same order."""
        found = []
        for region in self.collocation.plan.regions:
            left, right, start = [], [], 0
            for condition in region.conditions:
                half = len(condition.residuals) // 2
                left += range(start, start + half)
                right += range(start + half, start + 2 * half)
                start += 2 * half
            found.append((left, right))
        return tuple(found)

    def paired(self, weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Both sides of an equation weighted like its left one."""
        pairs = []
        for own, (left, right) in zip(weights, self.sides):
            own = own.clone()
            own[right] = own[left]
            pairs.append(own)
        return tuple(pairs)

    def chosen(self, trial: Trial) -> Collocation:
        return self.collocation if trial.corners else self.plain

    def ansatz(self, trial: Trial, number: int) -> Ansatz:
        """Features as a trial says; those of the other number, 0 or 1, are independent of them."""
        purpose = Purpose(self.collocation.plan.settings.seed, FUNCTIONS, 2 * trial.size + number)
        return wide(self.chosen(trial), trial.kind, trial.scale, trial.size, purpose)

    def rows(self, ansatz: Ansatz, trial: Trial, number: int) -> tuple[Tensor, Tensor]:
        """Weighted rows of A and B (N, P)."""
        plan = self.collocation.plan
        interior = plan.interior_points(2 * ansatz.size)  # half the components at a point are no equations
        blocks = self.chosen(trial).blocks(interior, Purpose(plan.settings.seed, SOLVED_POINTS, 2 * trial.size + number))
        theta = start(ansatz, self.collocation)
        weights = self.paired(balanced_weights(Objective.unweighted(ansatz, blocks), theta))
        jacobian = Objective(ansatz, blocks, weights).jacobian(theta)[1]
        counts = [len(block.names) * block.surroundings.count for block in blocks]
        parts = [rows.view(len(block.names), -1, ansatz.size) for block, rows in zip(blocks, jacobian.split(counts))]
        return tuple(torch.cat([part[side[which]].flatten(0, 1) for part, side in zip(parts, self.sides)]) for which in (0, 1))

    def sizes(self, ansatz: Ansatz, coefficients: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """|A u − λ B u| and |B u| (m,) on the points held out, for functions with coefficients (P, m) and values λ (m,), all complex."""
        theta = start(ansatz, self.collocation)
        both = torch.cat([coefficients.real, coefficients.imag], dim=1)
        residual, size = torch.zeros_like(values.real), torch.zeros_like(values.real)
        for block, own, (left, right) in zip(self.blocks, self.weights, self.sides):
            for part in block.chunks(block.cached(ansatz)):
                images = torch.complex(*(part.linearise(ansatz, theta)[1] @ both).tensor_split(2, dim=2))
                images = images * (own[:, None, None] / block.surroundings.count**0.5)
                residual += (images[left] - values * images[right]).abs().square().sum(dim=(0, 1))
                size += images[right].abs().square().sum(dim=(0, 1))
        return residual.sqrt(), size.sqrt()
