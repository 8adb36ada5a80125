"""Formulas with integrals, and with unknowns at other points, as programs on tensors: Σ_q w_q g at every point, then the formulas.

Inside an integral every point is repeated once for each node; there the integrand is an ordinary program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from pinnaux.evaluate import FormulaProgram, Inputs, Layout
from pinnaux.siteplan import SitePlan
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic.integral import Integral
from pinnaux.symbolic.scalar import Elsewhere, Expr, owner, postorder


class IntegratingProgram:
    """Residuals (m, N) of m formulas; `layout` says where they find the jets of sites, and which integrals there are."""

    def __init__(self, formulas: Sequence[Expr], layout: Layout) -> None:
        self.formulas = FormulaProgram(formulas, layout)
        self.integrals = [IntegralProgram(one, layout) for one in layout.sites.integrals]
        self.at_points = [site.rule is None for site in layout.sites.sites]

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        return self.formulas.run(self.inputs(jets, numbers, surroundings))

    def inputs(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Inputs:
        """What the formulas run on: the values of the integrals are numbers beside the others."""
        values = [integral(jets, numbers, surroundings) for integral in self.integrals]
        own = jets[: len(jets) - len(self.at_points)]
        sites = [jet if single else _nothing(jet, surroundings.count) for jet, single in zip(jets[len(own):], self.at_points)]
        return Inputs([*own, *sites], torch.cat([numbers, torch.stack(values)]) if values else numbers, surroundings)

    def culprit(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> str:
        """As that of the formulas."""
        return self.formulas.culprit_in(self.inputs(jets, numbers, surroundings))


class IntegralProgram:
    """The values (N,) of an integral at N points."""

    def __init__(self, integral: Integral, layout: Layout) -> None:
        inside = replace(layout, rule=integral.rule)
        self.rule = integral.rule
        self.program = FormulaProgram([integral.integrand], inside)
        self.groups, self.sites = set(), set()
        for node in postorder([integral.integrand]):
            if isinstance(node, Elsewhere):
                self.sites.add(len(layout.groups) + inside.site(node))
            elif owner(node) is not None:
                self.groups.add(layout.place(owner(node))[0])

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        points = surroundings.count
        weights = torch.as_tensor(self.rule.weights).to(surroundings.points)
        around = repeated(surroundings, self.rule.columns, len(weights))
        seen = [self._seen(number, jet, points, len(weights)) for number, jet in enumerate(jets)]
        values = self.program(seen, numbers.repeat_interleave(len(weights), dim=1), around)
        return values.view(points, len(weights)) @ weights

    def _seen(self, number: int, jet: Tensor, points: int, nodes: int) -> Tensor:
        """A jet at all nodes of all points, (K, N·Q, unknowns); one that the integrand does not mention is left out."""
        if number in self.groups:
            return jet.repeat_interleave(nodes, dim=1)
        return jet if number in self.sites else _nothing(jet, points * nodes)


class Places:
    """The points (N·Q, d) at which the coordinates of a site are for N points."""

    def __init__(self, plan: SitePlan, layout: Layout) -> None:
        self.columns, self.count = plan.rule.columns if plan.rule else {}, plan.count
        self.program = FormulaProgram(plan.places, Layout((), (), (), layout.coordinates, layout.space))

    def __call__(self, surroundings: Surroundings) -> Tensor:
        around = repeated(surroundings, self.columns, self.count)
        return self.program([], around.points.new_zeros(0, around.count), around).T


def repeated(surroundings: Surroundings, columns: Mapping[str, np.ndarray], nodes: int) -> Surroundings:
    """Every point once for each node, one point after another, with the values of the variables there."""
    points = surroundings.points
    tiled = {name: torch.as_tensor(np.ascontiguousarray(column)).to(points).repeat(len(points)) for name, column in columns.items()}
    return Surroundings(points.repeat_interleave(nodes, dim=0), None, tiled)


def _nothing(jet: Tensor, points: int) -> Tensor:
    """A jet of nothing at so many points."""
    return jet.new_empty(jet.shape[0], points, 0)
