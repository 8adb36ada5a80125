"""Noise: the standard deviation of the errors of measurements, as the user states it with a condition."""

from __future__ import annotations

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry.region import Region
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Derivative, Expr, ParameterNode, Unknown, postorder
from pinnaux.symbolic.tensor import as_formula

SAMPLED = 64


def stated_noise(condition: str, noise: object, region: Region, count: int) -> tuple[Expr, ...]:
    """One standard deviation for each of `count` residuals on observations, from a number or formula for all of them or a tuple.

    Raises DeclarationError where nothing was measured, for unknowns in the formula, for another number of components, and for what is
    not positive at every point.
    """
    if region.kind != "observations":
        raise DeclarationError(f"condition '{condition}' on {region.describe()} has noise, but nothing is measured there",
                               hint="noise belongs to measured values: on=<observations>; what is an equation holds exactly")
    formula = as_formula(noise, f"the noise of condition '{condition}' cannot be")
    deviations = formula.components if formula.shape else (formula,) * count
    if len(deviations) != count:
        raise DeclarationError(f"the noise of condition '{condition}' is {described(formula)}, but the equation has {count} component{'s' if count > 1 else ''}",
                               hint="give one number for all components, or as many as there are")
    for deviation in dict.fromkeys(deviations):
        check_known(condition, deviation)
        check_positive(condition, deviation, region)
    return deviations


def check_known(condition: str, deviation: Expr) -> None:
    """Refuse a standard deviation that would have to be found."""
    unknown = next((node for node in postorder([deviation]) if isinstance(node, (Unknown, Derivative, ParameterNode))), None)
    if unknown is not None:
        raise DeclarationError(f"the noise of condition '{condition}' holds the unknown {unknown}",
                               hint="noise is a number, or a formula of measured columns and coordinates; leave it out where it is not known")


def check_positive(condition: str, deviation: Expr, region: Region) -> None:
    """Refuse a standard deviation that is no positive number at each point of the observations."""
    points = region.sample(SAMPLED, np.random.default_rng(0))
    values = evaluate(deviation, dict(zip(region.domain.names, points.coordinates.T)), data=points.columns)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if len(wrong):
        raise DeclarationError(f"the noise of condition '{condition}' must be a positive number, but it is {values[wrong[0]]:g} at row {wrong[0] + 1} of {region.describe()}",
                               hint="noise is the standard deviation of the measured values; leave it out where it is not known")
