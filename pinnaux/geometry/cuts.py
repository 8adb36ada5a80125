"""Cuts through a domain, where equations fix some of its coordinates at numbers: points, lines, planes, moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.geometry.patch import Patch, affine, restricted
from pinnaux.symbolic.relations import Equation, Predicate, Relation
from pinnaux.symbolic.scalar import Constant, Coordinate

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain

# A cut may lie this far outside, relative to the domain's extent: numbers are written with few digits.
OUTSIDE = 1e-9


def fixed_by(predicate: Relation) -> dict[str, float]:
    """The coordinates that a predicate holds at a number, `x == 0.5` alone or joined to others by &."""
    if isinstance(predicate, Predicate) and predicate.operator == "&":
        return {name: value for part in predicate.parts for name, value in fixed_by(part).items()}
    if isinstance(predicate, Equation):
        for coordinate, value in (predicate.operands, predicate.operands[::-1]):
            if isinstance(coordinate, Coordinate) and isinstance(value, Constant):
                return {coordinate.name: value.value}
    return {}


def cut(domain: Domain, fixed: Mapping[str, float]) -> tuple[Patch, ...]:
    """The points of the domain with these values of some coordinates: one patch, or none where the domain has no such point."""
    bounds = domain.bounds
    extent = bounds[:, 1] - bounds[:, 0]
    values = np.array([fixed.get(name, np.nan) for name in domain.names])
    free = np.isnan(values)
    if is_outside(domain, fixed):
        return ()
    whole = affine((), np.where(free, bounds[:, 0], values), np.diag(extent)[free], None)
    if domain.shape is None or domain.shape.is_box:
        return (whole,)
    kept = restricted(whole, lambda points, normals, slack: domain.contains(points, OUTSIDE * extent.max()))
    return () if kept is None else (kept,)


def is_outside(domain: Domain, fixed: Mapping[str, float]) -> bool:
    """Whether the domain ends before one of these values of its coordinates."""
    bounds = dict(zip(domain.names, domain.bounds))
    return any(max(low - fixed[name], fixed[name] - high) > OUTSIDE * (high - low) for name, (low, high) in bounds.items() if name in fixed)
