"""From formulas to residuals: which jets they need where, and the programs that make residuals of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from pinnaux.derivatives import jet_specs, looked_at
from pinnaux.evaluate import FormulaProgram, Layout
from pinnaux.fields import Parameter
from pinnaux.geometry.domain import Domain
from pinnaux.integration import IntegratingProgram, Places
from pinnaux.objective import Block, Total
from pinnaux.siteplan import Groups, Sites, portions, with_finer_rules
from pinnaux.sites import Site
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic.integral import Integral
from pinnaux.symbolic.scalar import Expr, postorder


@dataclass(frozen=True, eq=False)
class Compilation:
    """Formulas of these groups of unknowns and parameters become blocks of numbers of this type. With `finer` integrals have more nodes;
    `units` of unknowns, by name, are what jets hold them in."""

    groups: Groups
    parameters: Sequence[Parameter]
    dtype: torch.dtype
    device: torch.device
    finer: bool = False
    units: Mapping[str, float] = field(default_factory=dict)

    def block(self, names: tuple[str, ...], formulas: Sequence[Expr], domain: Domain) -> Block:
        """Formulas as residuals of these names on points of a domain, none of which are given yet."""
        formulas = with_finer_rules(formulas) if self.finer else formulas
        sites = Sites.of(formulas, self.groups)
        specs = jet_specs([*formulas, *sites.nodes], self.groups)
        layout = Layout(tuple(map(tuple, self.groups)), specs, tuple(self.parameters), domain.names, domain.space, sites, units=self.units)
        totals = tuple(Total(tuple(self._at_one_point(part, layout) for part in portions(integral))) for integral in sites.totals)
        program = IntegratingProgram(formulas, layout) if sites.found else FormulaProgram(formulas, layout)
        axes = self._axes([*postorder(formulas), *sites.nodes], domain)
        return Block(names, self._points(0, domain.dimension), specs, axes, program, sites=placed(layout), totals=totals)

    def _at_one_point(self, integral: Integral, layout: Layout) -> Block:
        """An integral that is one number as a residual at one point, any point."""
        inner = replace(layout, sites=Sites.of_total(integral, self.groups), specs=jet_specs([], self.groups))
        return Block((integral.label,), self._points(1, len(layout.coordinates)), inner.specs, (None,) * len(self.groups),
                     IntegratingProgram([integral], inner), sites=placed(inner))

    def _axes(self, nodes: Sequence[Expr], domain: Domain) -> tuple[tuple[int, ...] | None, ...]:
        """Columns of the points that each group of unknowns depends on, None for a group that is not looked at there."""
        mentioned = looked_at(nodes)
        return tuple(tuple(domain.names.index(one.name) for one in group[0].coordinates) if mentioned & set(group) else None
                     for group in self.groups)

    def _points(self, count: int, dimension: int) -> Surroundings:
        return Surroundings(torch.zeros(count, dimension, dtype=self.dtype, device=self.device))


def placed(layout: Layout) -> tuple[Site, ...]:
    """The sites of a layout, ready to be pushed."""
    return tuple(Site(one.group, one.spec, one.count, tuple(map(layout.coordinates.index, one.along)), Places(one, layout))
                 for one in layout.sites.sites)
