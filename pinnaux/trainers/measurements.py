"""What measurements say before anything is trained: where unknown numbers start, and how large their noise is where nobody stated it."""

from __future__ import annotations

import math
from dataclasses import replace

from pinnaux.collocation import Collocation
from pinnaux.trainers.first_fit import first_fit
from pinnaux.trainers.found_noise import found_noise, silent
from pinnaux.trainers.starts import better_starts
from pinnaux.units import field_units


def heard(collocation: Collocation) -> Collocation:
    """The collocation with what is found; the same where numbers are known and there are too few measurements to tell their noise.

    Eigenvalues are not sought among measurements.
    """
    plain, problem = replace(collocation, corners=False), collocation.plan.problem
    if problem.eigenvalue is not None or not problem.parameters and not silent(collocation):
        return collocation
    fit = first_fit(plain)
    starts = better_starts(plain, fit) if problem.parameters and fit.left < math.inf else {}
    if starts:
        plain = replace(plain, starts=starts)
        plain = replace(plain, units=field_units(plain))
        fit = first_fit(plain)
    return replace(plain, noise=found_noise(plain, fit), corners=collocation.corners)
