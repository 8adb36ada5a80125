"""Separated objectives of real problems, small enough for dense algebra, at auxiliary jets with defects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from cases import normal
from compute_problems import collocation, small_ansatz
from torch import Tensor

from pinnaux import Condition, Field, Interval, Problem, Rectangle, TimeInterval, VectorField, diff, laplacian, pi, sin
from pinnaux.collocation import Purpose
from pinnaux.objective import Objective
from pinnaux.self_adaptive import LipschitzBounds, NormProducts, Sensitivities, Weighting
from pinnaux.separated import Auxiliaries, Separated, Weights


@dataclass(frozen=True)
class Drawn:
    """Weights at random: what is exact for any weights is exact for these."""

    margin: float = 0.0

    def weights(self, separated: Separated, theta: Tensor, auxiliaries: Auxiliaries) -> Weights:
        return tuple(tuple(0.1 + normal(jet.shape[1], seed=90 + number).square() for number, jet in enumerate(chain))
                     for chain in auxiliaries)


WEIGHTINGS: dict[str, Weighting] = {"norm": NormProducts(), "sensitivity": Sensitivities(), "bound": LipschitzBounds(), "random": Drawn()}


def burgers() -> Problem:
    """u_t + u u_x = 0.1 u_xx: nonlinear, first and second derivatives."""
    domain = Interval(-1, 1) * TimeInterval(0, 1)
    u, (x, t) = Field("u", domain), domain.coordinates
    return Problem([u], [Condition("motion", diff(u, t) + u * diff(u, x) == 0.1 * diff(u, x, x), on=domain),
                         Condition("start", u == -sin(pi * x), on=domain.initial)])


def pair() -> Problem:
    """Two equations for two unknowns of one network, with a collapsed second-order form."""
    domain = Rectangle((0, 0), (1, 2))
    flow, (x, y) = VectorField("flow", domain, components=("u", "v")), domain.coordinates
    u, v = flow
    return Problem([flow], [Condition("first", laplacian(u) + v * diff(u, x) == x, on=domain),
                            Condition("second", diff(v, y) * u - laplacian(v) == 0.5, on=domain)])


def values() -> Problem:
    """Regression: u = f(x, y) on the domain."""
    domain = Rectangle((0, 0), (1, 1))
    u, (x, y) = Field("u", domain), domain.coordinates
    return Problem([u], [Condition("fit", u == sin(pi * x) * y, on=domain)])


def separated(problem: Callable[[], Problem], widths: tuple[int, ...] = (2, 3), interior: int = 12,
              kind: str = "tanh") -> tuple[Separated, Tensor]:
    """With condition weights that differ, at a random θ."""
    declared = problem()
    ansatz, theta = small_ansatz(declared, widths, kind)
    blocks = collocation(declared, fewest_points=6).blocks(interior, Purpose(0, 1))
    weights = tuple(torch.linspace(0.5, 1.5, len(block.names), dtype=torch.float64) for block in blocks)
    return Separated(Objective(ansatz, blocks, weights)), theta


def shifted(auxiliaries: Auxiliaries, size: float, seed: int = 80) -> Auxiliaries:
    """The same auxiliary jets moved at random: with defects."""
    return tuple(tuple(jet + size * normal(*jet.shape, seed=seed + 10 * place + number) for number, jet in enumerate(chain))
                 for place, chain in enumerate(auxiliaries))
