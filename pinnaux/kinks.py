"""Where known coefficients jump or bend along a coordinate, as where(x < 0.3, 1, 10) and abs(x - 1) do: solutions are less smooth there.

Of an equation whose highest derivatives are of order m the m-th ones jump where a coefficient does, and all lower ones are continuous.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pinnaux.geometry.domain import Domain
from pinnaux.symbolic.branches import compared, crossings, only_coordinate, valued
from pinnaux.symbolic.scalar import Expr

MOST = 8
"""Places along a coordinate, in all; of what jumps more often none is taken for itself."""
APART = 1e-6
"""Places nearer than this, relative to the interval, are one."""


@dataclass(frozen=True)
class Kink:
    """At this place of a coordinate derivatives of this order jump, those below it do not."""

    coordinate: str
    place: float
    order: int


def kink_places(formulas: Iterable[Expr], domain: Domain) -> dict[str, tuple[float, ...]]:
    """The places inside the domain, by coordinate; of periodic coordinates and angles from an axis none."""
    found: dict[str, list[float]] = {name: [] for name in domain.names if name not in domain.periodic and name != domain.frame.polar}
    differences = {difference.key: difference for node in valued(formulas) for difference in compared(node)}
    for difference in differences.values():
        name = only_coordinate(difference)
        if name in found:
            found[name] += crossings(difference, name, *map(float, domain.bounds[domain.names.index(name)]))
    return {name: distinct(places, float(np.ptp(domain.bounds[domain.names.index(name)]))) for name, places in found.items()}


def distinct(places: Sequence[float], size: float) -> tuple[float, ...]:
    """The places in order, each once; none where there are too many."""
    ordered = sorted(places)
    kept = [place for place, before in zip(ordered, [-np.inf, *ordered]) if place - before > APART * size]
    return tuple(kept) if len(kept) <= MOST else ()
