"""A step length along a direction that satisfies the strong Wolfe conditions (Nocedal & Wright, algorithms 3.5 and 3.6).

φ(α) ≤ φ(0) + c₁ α φ'(0) and |φ'(α)| ≤ c₂ |φ'(0)| for φ(α) = Φ(θ + α d).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from pinnaux.objective import Objective

INSIDE = 0.1
"""A trial keeps this share of the bracket from either end."""
FARTHER = (0.01, 10.0)
"""Beyond a length α a trial lies at least this share of the last stride farther, and at most at this multiple of α."""


@dataclass(frozen=True, eq=False)
class Place:
    """A place on the line: its length α, φ(α), φ'(α); θ and the gradient there."""

    length: float
    loss: float
    slope: float
    theta: Tensor
    gradient: Tensor


@dataclass(frozen=True)
class StrongWolfe:
    """`sufficient` is c₁, `curvature` c₂; at most `most` places are looked at."""

    sufficient: float = 1e-4
    curvature: float = 0.9
    most: int = 25

    def search(self, objective: Objective, theta: Tensor, loss: float, gradient: Tensor, direction: Tensor, first: float) -> Place:
        """The place found from θ, trying the length `first` first; one of length 0 where nothing lower is found."""
        def line(length: float) -> Place:
            there = theta + length * direction
            value, slope = objective.gradient(there)
            return Place(length, _number(value), _number(slope @ direction), there, slope)

        return self.along(line, Place(0.0, loss, _number(gradient @ direction), theta, gradient), first)

    def along(self, line: Callable[[float], Place], start: Place, first: float) -> Place:
        """Farther and farther until the places passed enclose a good length (algorithm 3.5)."""
        before, here = start, line(first)
        for tried in range(1, self.most):
            if not self._low_enough(start, here) or (tried > 1 and here.loss >= before.loss):
                return self._zoom(line, start, before, here, self.most - tried)
            if self._flat_enough(start, here):
                return here
            if here.slope >= 0:
                return self._zoom(line, start, here, before, self.most - tried)
            nearest = here.length + FARTHER[0] * (here.length - before.length)
            before, here = here, line(between(lowest(before, here), nearest, FARTHER[1] * here.length))
        return here if here.loss < before.loss else before

    def _zoom(self, line: Callable[[float], Place], start: Place, low: Place, high: Place, most: int) -> Place:
        """Narrow the bracket, of which `low` is the lower end (algorithm 3.6)."""
        for _ in range(most):
            near, far = sorted((low.length, high.length))
            margin = INSIDE * (far - near)
            here = line(between(lowest(low, high), near + margin, far - margin))
            if not self._low_enough(start, here) or here.loss >= low.loss:
                high = here
                continue
            if self._flat_enough(start, here):
                return here
            low, high = here, low if here.slope * (high.length - low.length) >= 0 else high
        return low

    def _low_enough(self, start: Place, here: Place) -> bool:
        return here.loss <= start.loss + self.sufficient * here.length * start.slope

    def _flat_enough(self, start: Place, here: Place) -> bool:
        return abs(here.slope) <= -self.curvature * start.slope


def lowest(one: Place, other: Place) -> float:
    """The minimum of the cubic with both places' losses and slopes (Nocedal & Wright, eq. 3.59); nan where it has none."""
    a, b = sorted((one, other), key=lambda place: place.length)
    if not math.isfinite(a.loss + b.loss + a.slope + b.slope) or a.length == b.length:
        return math.nan
    first = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = first * first - a.slope * b.slope
    if square < 0 or b.slope - a.slope + 2 * math.sqrt(square) == 0:
        return math.nan
    second = math.sqrt(square)
    return b.length - (b.length - a.length) * (b.slope + second - first) / (b.slope - a.slope + 2 * second)


def between(length: float, near: float, far: float) -> float:
    """The length moved into [near, far]; the middle for nan."""
    return (near + far) / 2 if math.isnan(length) else min(max(length, near), far)


def _number(value: Tensor) -> float:
    """The number, infinite for nan: what is undefined is never low."""
    number = value.item()
    return math.inf if math.isnan(number) else number
