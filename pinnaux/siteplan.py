"""Which other points formulas look at, found before anything runs: sites, and the integrals they belong to. No torch here."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pinnaux.derivatives import group_spec, structure
from pinnaux.jets.spec import JetSpec
from pinnaux.symbolic.integral import Integral, Rule
from pinnaux.symbolic.scalar import Coordinate, Elsewhere, Expr, Unknown, postorder
from pinnaux.symbolic.walk import rebuilt

Groups = Sequence[Sequence[Unknown]]
PORTION = 1024
"""Nodes of an integral that is one number taken at a time."""


@dataclass(frozen=True, eq=False)
class SitePlan:
    """Unknowns of one group at the `places` of its coordinates, for every node of `rule` (or at one place, without a rule)."""

    group: int
    places: tuple[Expr, ...]
    rule: Rule | None
    spec: JetSpec

    @property
    def along(self) -> tuple[str, ...]:
        """The coordinates of the point that the places depend on; points that share these share the places."""
        return tuple(dict.fromkeys(node.name for node in postorder(self.places) if isinstance(node, Coordinate)))

    @cached_property
    def count(self) -> int:
        """Places for a point."""
        return len(self.rule.weights) if self.rule else 1


@dataclass(frozen=True, eq=False)
class Sites:
    """What formulas look at elsewhere: sites and their numbers by key, integrals that are one number, and those that vary."""

    numbers: Mapping[Hashable, int] = field(default_factory=dict)
    sites: tuple[SitePlan, ...] = ()
    totals: tuple[Integral, ...] = ()
    integrals: tuple[Integral, ...] = ()

    @staticmethod
    def of(formulas: Sequence[Expr], groups: Groups) -> Sites:
        """Of the formulas at their points."""
        nodes = postorder(formulas)
        found = list(dict.fromkeys(node for node in nodes if isinstance(node, Integral)))
        return _sites(nodes, [one for one in found if one.varies], [one for one in found if not one.varies], groups)

    @staticmethod
    def of_total(integral: Integral, groups: Groups) -> Sites:
        """Of an integral that is one number, as a formula at one point."""
        return _sites([], [integral], [], groups)

    def place(self, integral: Integral) -> int:
        """The number of an integral, those that are one number first."""
        return next(number for number, one in enumerate((*self.totals, *self.integrals)) if one is integral)

    @property
    def along(self) -> set[str]:
        """The coordinates of the point that any of the places depend on."""
        return {name for site in self.sites for name in site.along}

    @property
    def found(self) -> bool:
        """Whether there is anything."""
        return bool(self.sites or self.totals or self.integrals)

    @property
    def nodes(self) -> list[Expr]:
        """The nodes of all integrands that vary: what they need at the point itself, its jets must have."""
        return postorder(integral.integrand for integral in self.integrals)


def _sites(nodes: Sequence[Expr], integrals: Sequence[Integral], totals: Sequence[Integral], groups: Groups) -> Sites:
    """The sites of formulas with these nodes and integrals."""
    contexts = [(nodes, None), *((postorder([one.integrand]), one.rule) for one in integrals)]
    gathered: dict[Hashable, list[tuple[Elsewhere, Rule | None]]] = {}
    for inside, rule in contexts:
        for node in inside:
            if isinstance(node, Elsewhere):
                gathered.setdefault(site_key(node, rule, groups), []).append((node, rule))
    plans = [_plan(members, groups) for members in gathered.values()]
    return Sites({key: number for number, key in enumerate(gathered)}, tuple(plans), tuple(totals), tuple(integrals))


def _plan(members: Sequence[tuple[Elsewhere, Rule | None]], groups: Groups) -> SitePlan:
    node, rule = members[0]
    number = group_of(node.unknown, groups)
    return SitePlan(number, all_places(node), rule, group_spec([one.leaf for one, _ in members], list(groups[number])))


def site_key(node: Elsewhere, rule: Rule | None, groups: Groups) -> Hashable:
    """Equal for values elsewhere that one push gives: of the same group, at the same places."""
    return (group_of(node.unknown, groups), tuple(map(structure, all_places(node))), rule.key if rule else None)


def group_of(unknown: Unknown, groups: Groups) -> int:
    """The number of the group that an unknown is in."""
    return next(number for number, group in enumerate(groups) if any(one is unknown for one in group))


def all_places(node: Elsewhere) -> tuple[Expr, ...]:
    """The value of every coordinate of the unknown, those that stay as they are too."""
    places = node.places
    return tuple(places.get(one.name, one) for one in node.unknown.coordinates)


@dataclass(frozen=True, eq=False)
class Portion:
    """Some nodes of a rule."""

    whole: Rule
    chosen: slice

    @property
    def key(self) -> Hashable:
        return (self.whole.key, self.chosen.start)

    @property
    def variables(self) -> tuple[str, ...]:
        return self.whole.variables

    @cached_property
    def columns(self) -> Mapping[str, np.ndarray]:
        return {name: column[self.chosen] for name, column in self.whole.columns.items()}

    @cached_property
    def weights(self) -> np.ndarray:
        return self.whole.weights[self.chosen]


def portions(integral: Integral) -> Iterator[Integral]:
    """The integral as a sum of integrals over some nodes each, so that memory stays bounded."""
    for start in range(0, len(integral.rule.weights), PORTION):
        portion = Portion(integral.rule, slice(start, start + PORTION))
        yield Integral(integral.integrand, portion, integral.label, integral.where)


def with_finer_rules(formulas: Sequence[Expr]) -> tuple[Expr, ...]:
    """The same formulas, their integrals by rules with more nodes."""
    finer = {node: Integral(node.integrand, node.rule.finer, node.label, node.where) for node in postorder(formulas) if isinstance(node, Integral)}
    known: dict[Expr, Expr] = {}
    for node in postorder(formulas):
        known[node] = finer[node] if node in finer else rebuilt(node, [known[child] for child in node.children])
    return tuple(known[formula] for formula in formulas)
