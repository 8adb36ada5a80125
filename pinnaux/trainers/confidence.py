"""How well measurements determine the unknown numbers, and how well the solution fits them.

Near the solution the fit is linear least squares whose equations hold (nearly) exactly, so the numbers found have the covariance
s² (H⁻¹) for the least-squares Hessian H = JᵀJ of all rows, reduced to the numbers, and the variance s² of a weighted measurement
(Seber & Wild, Nonlinear regression, 1989, section 2.1). The fit takes up tr(J_d H⁻¹ J_dᵀ) degrees of freedom of the measurements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class Leverage:
    """How measurements of known noise determine what is unknown, to tell it of solutions near each other.

    `taken` degrees of freedom by component, and standard deviations for noise as it is known: of the `free` numbers (n,), and of `fields`
    relative to them; nothing without such measurements.
    """

    taken: Mapping[str, float]
    free: Tensor
    fields: Mapping[str, float]

    @staticmethod
    def of(collocation: Collocation, objective: Objective, theta: Tensor, form: QuadraticForm, rows: Mapping[str, Tensor]) -> Leverage:
        """At θ, for `form`, the least-squares form of the objective's rows in its weights, and the relative `rows` of unknowns."""
        taken, variance = {}, None
        for block, weights in zip(objective.blocks, objective.weights):
            for component in (number for number, flag in enumerate(block.noisy) if flag):
                variance = weights[component].square() / block.surroundings.count  # the same for all, which are in standard deviations
                some = thinned(block)
                seen = some.linearise(objective.ansatz, theta)[1][component] * variance.sqrt()
                taken[block.names[component]] = form.whitened(seen).square().sum().item() * block.surroundings.count / some.surroundings.count
        if variance is None:
            return Leverage({}, theta.new_zeros(0), {})
        first = theta.numel() - objective.ansatz.numbers
        unit = torch.eye(theta.numel(), dtype=theta.dtype, device=theta.device)[first:]
        free = torch.where(torch.isinf(form.scale[first:]), torch.inf, form.whitened(unit).norm(dim=0) * variance.sqrt())
        numbers = {one.name for one in collocation.plan.problem.parameters}
        fields = {name: (form.whitened(own).norm() * variance.sqrt()).item() for name, own in rows.items() if name not in numbers}
        return Leverage(taken, free, fields)

    def confidence(self, collocation: Collocation, objective: Objective, theta: Tensor, before: Confidence = Confidence()) -> Confidence:
        """The 95 % intervals of all numbers, the fits of all measurements of known noise, and what noise does to fields, of the solution θ.

        Few functions follow a number little, and keep it where equations hold: what was found `before` by more of them stays.
        """
        if not self.taken:
            return Confidence()
        fits = self._fits(collocation, objective, theta, before)
        spare, scale = None, 1.0
        if not any(fit.stated for fit in fits.values()):  # a found deviation is no better known than from what the fit leaves
            spare = sum(fit.spare for fit in fits.values())
            scale = (sum(fit.chi_squared for fit in fits.values()) / max(spare, 1e-300)) ** 0.5
        names = [one.name for one in collocation.plan.problem.parameters]
        free = {name: scale * own for name, own in zip(names, self.free.tolist())}
        if sum(self.taken.values()) < before.taken:
            free |= {name: max(own, free[name]) for name, own in before.free.items() if math.isfinite(own)}
        intervals = _intervals(collocation, objective.ansatz.split(theta)[-1], {name: quantile(spare) * own for name, own in free.items()})
        fields = {name: max(scale * share, before.fields.get(name, 0.0)) for name, share in self.fields.items()}
        return Confidence(intervals, fits, fields, free)

    def _fits(self, collocation: Collocation, objective: Objective, theta: Tensor, before: Confidence) -> dict[str, Fit]:
        fits = {}
        for block in (block for block in objective.blocks if any(name in self.taken for name in block.names)):
            for name, residual in zip(block.names, block.residuals(objective.ansatz, theta)):
                if name in self.taken:
                    taken = max([self.taken[name]] + [fit.taken for other, fit in before.fits.items() if other == name])
                    fits[name] = Fit(collocation.noise_of(name), name not in collocation.noise, len(residual), residual.square().sum().item(), taken)
        return fits


def _intervals(collocation: Collocation, numbers: Sequence[Tensor], reach: Mapping[str, float]) -> dict[str, Interval]:
    """The values that the free numbers, within `reach` of where they are, give parameters: no interval leaves the bounds."""
    found = {}
    for parameter, free in zip(collocation.plan.problem.parameters, numbers):
        low, high = sorted(parameter_value(parameter, free + sign * reach[parameter.name]).item() for sign in (-1, 1))
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
