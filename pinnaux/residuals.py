"""How well conditions hold: residuals on fresh points, absolute and relative to the terms they balance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.collocation import Collocation
from pinnaux.jets.spec import JetSpec
from pinnaux.objective import Block
from pinnaux.plan import RegionPlan
from pinnaux.verdict import ConditionVerdict

QUADRATURE_POINTS = 200
"""Points at which integrals are computed once more with more nodes, at most."""
OFFSET_SHARE = 1e-3
"""The share of an unknown's size that counts as its variation at least: that of a constant would be rounding alone."""


def judge_condition(collocation: Collocation, region: RegionPlan, block: Block, ansatz: Ansatz, theta: Tensor,
                    typical: Tensor) -> dict[str, ConditionVerdict]:
    """The verdict on every condition of a region; `typical` are points (M, d) of the domain, which tell how large the unknowns are."""
    # Of the formulas as they were written: a collapsed sum such as u_tt − 4 u_xx would hide the terms that balance.
    block = collocation.plain_block(block, region)
    residuals = block.residuals(ansatz, theta)
    scales = term_scales(collocation, block, ansatz, theta, typical)
    inexact = quadrature_errors(collocation, region, block, ansatz, theta) if region.sites.found else None
    members: dict[str, list[int]] = defaultdict(list)
    for number, owner in enumerate(region.owners):
        members[owner].append(number)
    verdicts = {}
    for name, numbers in members.items():
        own = residuals[numbers]
        rms = own.square().mean().sqrt().item()
        scale = scales[numbers].square().mean().sqrt().item()
        quadrature = None if inexact is None else inexact[numbers].square().mean().sqrt().item() / (scale or 1.0)
        verdicts[name] = ConditionVerdict(rms, rms / scale if scale else rms, own.abs().max().item(), own.shape[1], quadrature)
    return verdicts


def quadrature_errors(collocation: Collocation, region: RegionPlan, block: Block, ansatz: Ansatz, theta: Tensor) -> Tensor:
    """(m, N): by how much the residuals change at some of the points of the block if their integrals have more nodes."""
    step = max(1, block.surroundings.count // QUADRATURE_POINTS)
    few = block.at(block.surroundings.take(slice(None, None, step)))
    finer = replace(collocation, finer=True).plain_block(few, region)
    return finer.residuals(ansatz, theta) - few.residuals(ansatz, theta)


def term_scales(collocation: Collocation, block: Block, ansatz: Ansatz, theta: Tensor, typical: Tensor) -> Tensor:
    """(m,): Σ_k rms(∂r/∂j_k) · rms(j_k) over the channels j_k of the unknowns, or the residual of zero if that is larger.

    The channels are taken over the whole domain, so that u = 0 on the boundary is measured against the size of u inside. A
    derivative counts as at least (variation of the unknown) / Π L_c^α_c, L the extents of the domain and α the orders: where all
    terms vanish, as in u'' = 0 with u = x, rounding is measured against that and not against rounding.
    """
    jets, _ = block.jets(ansatz, theta)
    adjoints, _ = block.sensitivities(ansatz, theta, jets)
    at_zero = block.at_zero(ansatz, theta).square().mean(dim=1).sqrt()
    total = torch.zeros_like(at_zero)
    extents = collocation.tensor(np.ptp(collocation.plan.problem.domain.bounds, axis=1))
    for number, (group, own, spec, adjoint, axes) in enumerate(zip(ansatz.groups, ansatz.split(theta), block.specs, adjoints, block.axes)):
        if axes is not None:
            columns = collocation.axes(number)
            jet = group.push(own, typical[:, columns], spec)[0]
            inside = torch.maximum(jet.square().mean(dim=1).sqrt(), smallest_sizes(jet, spec, extents[columns]))
            total = total + (adjoint.square().mean(dim=2).sqrt() * inside).sum(dim=(1, 2))
    total = total + elsewhere(block, ansatz, theta, jets, adjoints)
    if ansatz.numbers:
        # Zero functions leave all of what holds no field, such as the value of an unknown function somewhere.
        of_numbers = (adjoints[-1][:, :ansatz.numbers] * ansatz.split(theta)[-1][:, None]).abs().sum(dim=1).square().mean(dim=1).sqrt()
        return torch.where(total > 0, torch.maximum(total, torch.nan_to_num(at_zero, nan=0.0, posinf=0.0)), of_numbers)
    return torch.maximum(total, torch.nan_to_num(at_zero, nan=0.0, posinf=0.0))


def elsewhere(block: Block, ansatz: Ansatz, theta: Tensor, jets: list[Tensor], adjoints: list[Tensor]) -> Tensor:
    """(m,): the same of the jets at the nodes of integrals, of one that varies rms_i Σ_q |∂r_i/∂j_q| |j_q|."""
    count, total = len(ansatz.groups), block.surroundings.points.new_zeros(len(block.names))
    for site, jet, adjoint in zip(block.sites, jets[count:], adjoints[count:-1]):
        terms = (adjoint * jet).abs().sum(dim=(1, 3))
        total = total + terms.view(len(terms), -1, site.count).sum(dim=2).square().mean(dim=1).sqrt()
    for number, one in enumerate(block.totals):
        inner = sum(elsewhere(part, ansatz, theta, *_sensed(part, ansatz, theta))[0] for part in one.parts)
        total = total + inner * adjoints[-1][:, ansatz.numbers + number].square().mean(dim=1).sqrt()
    return total


def _sensed(block: Block, ansatz: Ansatz, theta: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The block's jets, and its sensitivities to them."""
    jets, _ = block.jets(ansatz, theta)
    return jets, block.sensitivities(ansatz, theta, jets)[0]


def smallest_sizes(jet: Tensor, spec: JetSpec, extents: Tensor) -> Tensor:
    """(K, unknowns): the least that each channel of the jet (K, N, unknowns) counts as, from the values' variation over the domain."""
    size = jet[0].square().mean(dim=0).sqrt()
    variation = torch.maximum((jet[0] - jet[0].mean(dim=0)).square().mean(dim=0).sqrt(), OFFSET_SHARE * size)
    smallest = jet.new_zeros(jet.shape[0], jet.shape[2])
    for channel, orders in enumerate(spec.indices):
        smallest[channel] = variation / torch.prod(extents ** extents.new_tensor(orders))
    return smallest
