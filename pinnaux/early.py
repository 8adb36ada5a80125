"""Early times: where values on the boundary contradict those at first, or do not go on from them, the solution changes at once.

Points spread evenly hardly ever come there, and what is solved on few points is wrong between them: a rod heated from its ends got twice
as wrong by a correction that lowered the residuals on even points 29 times. So a share of the points has times whose logarithms are
spread evenly, and counts by the time it stands for: mean squares remain those over the domain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pinnaux.evaluate import FormulaProgram
from pinnaux.geometry.points import Points
from pinnaux.integration import IntegratingProgram
from pinnaux.surroundings import Surroundings


@dataclass(frozen=True)
class Early:
    """A `share` of the points is moved to times from `earliest`, relative to the duration, spread evenly in their logarithms."""

    start: float
    end: float
    share: float
    earliest: float

    def moved(self, points: Points, generator: np.random.Generator) -> Points:
        """The same points, some of them at other times."""
        chosen = generator.choice(len(points), int(self.share * len(points)), replace=False)
        coordinates = points.coordinates.copy()
        coordinates[chosen, -1] = self.start + (self.end - self.start) * self.earliest ** generator.random(len(chosen))
        return replace(points, coordinates=coordinates)

    def loudness(self, times: Tensor) -> Tensor:
        """√(even density / density) at times (N,); the density of the logarithms' uniform distribution is 1 / (s ln 1/s₀) from s₀ on."""
        passed = (times - self.start) / (self.end - self.start)
        early = torch.where(passed < self.earliest, 0.0, 1 / (passed.clamp_min(self.earliest) * math.log(1 / self.earliest)))
        return (1 - self.share + self.share * early).rsqrt()


@dataclass(frozen=True, eq=False)
class Evened:
    """Residuals of a program times the loudness of their points."""

    program: FormulaProgram | IntegratingProgram
    early: Early

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        """Jets (K, N, unknowns) a group, numbers (n, N) → residuals (m, N)."""
        return self.program(jets, numbers, surroundings) * self.early.loudness(surroundings.points[:, -1])

    def culprit(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> str:
        """The term of the formulas that is not finite at a single point."""
        return self.program.culprit(jets, numbers, surroundings)
