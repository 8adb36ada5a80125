"""Where the conditions of a problem apply its unknown functions: what they are, as far as the equations see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.collocation import Collocation, Purpose
from pinnaux.objective import Block
from pinnaux.symbolic.applied import Applied
from pinnaux.symbolic.scalar import Expr, postorder
from pinnaux.unknown_function import UnknownFunction

APPLICATION_POINTS = 33
POINTS = 500
WITHIN_INTEGRALS = 32
NEXT_TO = 1e-3
"""So close to a bound, relative to the width between both, an argument counts as there."""


@dataclass(frozen=True, eq=False)
class Applications:
    """Programs for the values of one function, and for its arguments, at points of the conditions that hold it."""

    function: UnknownFunction
    of_values: tuple[Block, ...]
    of_arguments: tuple[Block, ...]

    def values(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """The function (M,) at its arguments."""
        return torch.cat([block.residuals(ansatz, theta).flatten() for block in self.of_values])

    def rows(self, ansatz: Ansatz, theta: Tensor) -> Tensor:
        """∂values/∂θ (M, P)."""
        return torch.cat([block.linearise(ansatz, theta)[1].flatten(0, 1) for block in self.of_values])

    def reach(self, ansatz: Ansatz, theta: Tensor) -> tuple[float, float]:
        """The least and the largest argument, or the bound that it is next to."""
        found = torch.cat([block.residuals(ansatz, theta).flatten() for block in self.of_arguments])
        (low, high), ends = self.function.between, (found.min().item(), found.max().item())
        return tuple(bound if abs(end - bound) <= NEXT_TO * (high - low) else end for end, bound in zip(ends, (float(low), float(high))))


def applications(collocation: Collocation) -> dict[str, Applications]:
    """By name, in the order of the problem's functions. Where a function is seen in integrals only, all its arguments count the same."""
    found: dict[UnknownFunction, list[tuple[Block, Block]]] = {function: [] for function in collocation.plan.problem.functions}
    if not found:
        return {}
    for number, region in enumerate(collocation.plan.regions):
        nodes = [node for node in postorder(residual for one in region.conditions for residual in one.residuals) if isinstance(node, Applied)]
        if nodes:
            generator = Purpose(collocation.plan.settings.seed, APPLICATION_POINTS, number).generator()
            surroundings = collocation.surroundings(collocation.sample(region, POINTS, generator))
            for function in dict.fromkeys(node.owner for node in nodes):
                arguments = list({node.argument.key: node.argument for node in nodes if node.owner is function}.values())
                pair = [function(one) for one in arguments], arguments
                found[function].append(tuple(_block(collocation, formulas, region.region.domain).at(surroundings) for formulas in pair))
    return {function.name: _of(collocation, function, blocks) for function, blocks in found.items()}


def _of(collocation: Collocation, function: UnknownFunction, blocks: list[tuple[Block, Block]]) -> Applications:
    if not blocks:
        domain = collocation.plan.problem.domain
        somewhere = collocation.surroundings(domain.interior.sample(1, np.random.default_rng(0)))
        arguments = [0.0 * domain.coordinates[0] + float(one) for one in np.linspace(*function.between, WITHIN_INTEGRALS)]
        blocks = [tuple(_block(collocation, formulas, domain).at(somewhere) for formulas in ([function(one) for one in arguments], arguments))]
    of_values, of_arguments = zip(*blocks)
    return Applications(function, of_values, of_arguments)


def _block(collocation: Collocation, formulas: list[Expr], domain: object) -> Block:
    return collocation.compile(tuple(str(one) for one in formulas), formulas, domain)
