"""How well measurements determine the unknown numbers, and how well the solution fits them.

Near the solution the fit is linear least squares whose equations hold (nearly) exactly, so the numbers found have the covariance
s² (H⁻¹) for the least-squares Hessian H = JᵀJ of all rows, reduced to the numbers, and the variance s² of a weighted measurement
(Seber & Wild, Nonlinear regression, 1989, section 2.1). The fit takes up tr(J_d H⁻¹ J_dᵀ) degrees of freedom of the measurements.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from pinnaux.balance import Balance, noisy
from pinnaux.collocation import Collocation
from pinnaux.evaluate import parameter_value
from pinnaux.linalg import QuadraticForm
from pinnaux.objective import Block, Objective
from pinnaux.unknown_function import Coefficient
from pinnaux.verdict import Confidence, Fit, Interval

MOST_ROWS = 2000
"""Measurements whose leverage is computed; of more, so many in even steps stand for all."""


def confidence(collocation: Collocation, objective: Objective, theta: Tensor, form: QuadraticForm, rows: Mapping[str, Tensor]) -> Confidence:
    """The 95 % intervals of all numbers, the fits of all measurements of known noise, and what noise does to fields; nothing without it.

    `objective` is in the weights of `form`, the least-squares form of its rows; `rows` are the unknowns' relative ones.
    """
    fits, variance = {}, None
    for block, weights in zip(objective.blocks, objective.weights):
        for component in (number for number, flag in enumerate(block.noisy) if flag):
            row_variance = weights[component].square() / block.surroundings.count
            fits[block.names[component]] = _fit(collocation, objective, block, component, theta, form, row_variance)
            variance = row_variance  # the same for all measurements, which are in standard deviations
    if variance is None:
        return Confidence()
    spare, scale = None, 1.0
    if not any(fit.stated for fit in fits.values()):  # a found deviation is no better known than from what the fit leaves
        spare = sum(fit.spare for fit in fits.values())
        scale = (sum(fit.chi_squared for fit in fits.values()) / max(spare, 1e-300)) ** 0.5
    deviation = variance.sqrt() * scale
    numbers = {one.name for one in collocation.plan.problem.parameters}
    fields = {name: (form.whitened(own).norm() * deviation).item() for name, own in rows.items() if name not in numbers}
    return Confidence(_intervals(collocation, objective, theta, form, deviation, spare), fits, fields)


def _fit(collocation: Collocation, objective: Objective, block: Block, component: int, theta: Tensor, form: QuadraticForm, variance: Tensor) -> Fit:
    """χ² of one component, and the degrees of freedom that the fit has taken up."""
    residual = block.residuals(objective.ansatz, theta)[component]
    count, some = len(residual), thinned(block)
    rows = some.linearise(objective.ansatz, theta)[1][component] * variance.sqrt()
    taken = form.whitened(rows).square().sum().item() * count / some.surroundings.count
    name = block.names[component]
    return Fit(collocation.noise_of(name), name not in collocation.noise, count, residual.square().sum().item(), taken)


def _intervals(collocation: Collocation, objective: Objective, theta: Tensor, form: QuadraticForm, deviation: Tensor, spare: float | None) -> dict[str, Interval]:
    """value ± t · standard deviation in the free number that a parameter is a function of, so that no interval leaves the bounds."""
    numbers = objective.ansatz.numbers
    unit = torch.eye(theta.numel(), dtype=theta.dtype, device=theta.device)[theta.numel() - numbers:]
    deviations = form.whitened(unit).norm(dim=0) * deviation
    deviations = torch.where(torch.isinf(form.scale[theta.numel() - numbers:]), torch.inf, deviations)
    factor = quantile(spare)
    found = {}
    for parameter, free, spread in zip(collocation.plan.problem.parameters, objective.ansatz.split(theta)[-1], deviations):
        low, high = sorted(parameter_value(parameter, free + sign * factor * spread).item() for sign in (-1, 1))
        if not isinstance(parameter, Coefficient):  # only together do they mean anything
            found[parameter.name] = Interval(low, high)
    return found


def quantile(spare: float | None) -> float:
    """Two-sided 95 %: of Student's t with so many degrees of freedom, of the normal distribution for None."""
    from scipy.special import ndtri, stdtrit

    if spare is None:
        return float(ndtri(0.975))
    return float(stdtrit(spare, 0.975)) if spare > 0 else float("inf")


def louder_rows(objective: Objective, theta: Tensor, balance: Balance | None) -> Tensor:
    """Rows (n, P) that make the measurements of known noise as loud as equations, added to those of the objective."""
    rows = []
    for block, weights, loud in zip(objective.blocks, objective.weights, balance.loud if balance else ()):
        chosen = noisy(block) > 0
        if chosen.any():
            some = thinned(block)
            factors = (loud.square() - weights.square()).clamp_min(0)[chosen].sqrt() / some.surroundings.count**0.5
            rows.append((some.linearise(objective.ansatz, theta)[1][chosen] * factors[:, None, None]).flatten(0, 1))
    return torch.cat(rows) if rows else theta.new_zeros(0, theta.numel())


def thinned(block: Block) -> Block:
    """The block at MOST_ROWS of its points at most, in even steps."""
    return block.at(block.surroundings.take(slice(None, None, -(-block.surroundings.count // MOST_ROWS))))
