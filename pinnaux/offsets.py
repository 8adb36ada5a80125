"""Fields that are large beside how much they vary: errors relative to the field say little about its changes, as of a temperature in kelvin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pinnaux.collocation import Purpose
from pinnaux.fields import Field
from pinnaux.solution import Solution

OFFSET_POINTS, SAMPLED = 33, 1000
SMALL = 0.1
"""A field that varies by less than this share of it is told of,"""
CONSTANT = 1e-6
"""but not one that is constant but for rounding."""


def offsets(solution: Solution, estimate: Mapping[str, float], accuracy: float) -> tuple[str, ...]:
    """A sentence for every field of which an error within the accuracy is more than that of how much it varies."""
    points = solution.problem.domain.interior.sample(SAMPLED, Purpose(0, OFFSET_POINTS).generator()).coordinates
    floating = {field.name for field in solution.collocation.plan.floating}
    known = [field for field in solution.problem.fields if field.name in estimate and not floating & {one.name for one in field.unknowns}]
    return tuple(sentence for field in known for sentence in _of_field(field, solution.evaluate(field.unknowns, points), estimate[field.name], accuracy))


def _of_field(field: Field, values: np.ndarray, error: float, accuracy: float) -> list[str]:
    """`values` (m, N) of the field's components."""
    size = np.sqrt((values**2).mean(axis=1).sum())
    varies = np.sqrt(values.var(axis=1).sum())
    if not CONSTANT * size < varies < SMALL * size or error * size / varies <= accuracy:
        return []
    return [f"{field.name} varies little beside its size, by {varies:.2g} about {size:.4g} (root mean square): "
            f"relative to how it varies, its estimated error is {error * size / varies:.1e}"]
