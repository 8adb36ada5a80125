"""Self-adaptive weights ω_li of the separated objective: recomputed from the current network, never differentiated.

Each choice bounds how strongly a defect of layer l at point i reaches the residual, so that the original loss is at most
(L + 1) Φ. Where that is proven: `NormProducts` for values, an activation of slope at most 1 and residuals that are differences
u − f; `LipschitzBounds` for every problem (polynomial in the unknowns and their derivatives, see `lipschitz`), at every state.
`Sensitivities` are the weights that these bound from above: tight, and consistent to first order in the defects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from pinnaux.elimination import Linearised
from pinnaux.lipschitz import lipschitz_bounds
from pinnaux.separated import Auxiliaries, Separated, Weights


class Weighting(Protocol):
    """A choice of the weights; `margin` is the relative amount by which consistency may fail to hold with them."""

    @property
    def margin(self) -> float: ...

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        """ω (N,) for every chain's hidden layers."""


@dataclass(frozen=True)
class NormProducts:
    """ω_l = (Σ_c factor_c²) Π_(j>l) ‖W_j‖_F², the same at every point (arXiv:2504.21501); the factors weigh the conditions.

    The rows of the last W are in the units of the outputs.
    """

    margin: float = 1e-9

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        found = []
        for chain in separated.chains:
            parts, layers = chain.split(theta), chain.network.layers
            matrices = [layers[place].split(parts[place])[0] for place in range(2, 2 * chain.depth, 2)]
            norms = [matrix.square().sum() for matrix in (*matrices, chain.output_matrix(theta))]
            count = separated.points(chain).shape[0]
            scale = separated.objective.weights[chain.block].square().sum() / count
            found.append(tuple((scale * math.prod(norms[layer:])).expand(count) for layer in range(chain.depth)))
        return tuple(found)


@dataclass(frozen=True)
class Sensitivities:
    """ω_li = |λ_li|², at least `floor` times its mean over the points of a block: where a residual happens not to feel a layer, its
    jets would else be free to go anywhere."""

    floor: float = 0.0
    margin: float = 0.1

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        found: dict[int, tuple[Tensor, ...]] = {}
        for number in range(len(separated.objective.blocks)):
            for place, slopes in Linearised.of(separated, number, theta, auxiliaries).slopes.items():
                squares = [slope.square().sum(dim=(0, 1, 3)) for slope in slopes]
                found[place] = tuple(square.clamp_min(self.floor * square.mean()) for square in squares)
        return tuple(found[place] for place in range(len(separated.chains)))


@dataclass(frozen=True)
class LipschitzBounds:
    """ω_li = M_li², the proven reach of a defect, derivative channels included."""

    margin: float = 1e-9

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        return tuple(tuple(bound.square() for bound in chain) for chain in lipschitz_bounds(separated, theta, auxiliaries))
