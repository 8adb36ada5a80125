"""What solving a problem will involve, known before anything runs: regions, points, derivatives, unknowns, memory.

It prints itself: that is `pinnaux check`. No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pinnaux.conditions import Condition
from pinnaux.derivatives import collapse, jet_specs
from pinnaux.fields import Field
from pinnaux.geometry.region import Region
from pinnaux.jets.spec import JetSpec
from pinnaux.kinks import Kink, kink_places
from pinnaux.problem import Problem
from pinnaux.settings import SEPARATED, TRAINERS, Settings
from pinnaux.shortage import Shortage
from pinnaux.singular import Principal
from pinnaux.siteplan import Sites
from pinnaux.symbolic.integral import everything, places_of
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Derivative, Elsewhere, Expr, owner, postorder

FEW_NORMALS, ALONG = 64, 1e-6
"""Along a coordinate the normals of a boundary part have components larger than this, or none."""
PLATE_ORDER = 4
"""An equation of this order in space is that of a bent plate, whose corners are those of systems of two equations of second order."""


@dataclass(frozen=True, eq=False)
class RegionPlan:
    """Conditions on one region: they share points and one push of the jets `specs` (one a group of unknowns)."""

    region: Region
    conditions: tuple[Condition, ...]
    formulas: tuple[Expr, ...]
    specs: tuple[JetSpec, ...]
    sites: Sites = Sites()

    @property
    def varies(self) -> bool:
        """Whether the conditions depend on the point; else they are equations between numbers, and one point is enough."""
        return any(condition.varies for condition in self.conditions)

    @property
    def nodes(self) -> int:
        """Points that are looked at for each point alone, itself among them."""
        return 1 + sum(site.count for site in self.sites.sites if set(site.along) == set(self.region.domain.names))

    @property
    def by_moments(self) -> bool:
        """Whether integrals depend on the point's time alone, which many points had better share."""
        time, space = self.region.domain.time, self.region.domain.space
        lasting = self.region.kind in ("interior", "boundary") and bool(space)
        return time is not None and lasting and self.sites.along == {time.name}

    @property
    def components(self) -> tuple[str, ...]:
        """A name for every formula: the condition's, numbered where it has several components."""
        return tuple(name for condition in self.conditions for name in condition.component_names)

    @property
    def owners(self) -> tuple[str, ...]:
        """The condition's name for every formula."""
        return tuple(condition.name for condition in self.conditions for _ in condition.residuals)

    @property
    def noisy(self) -> tuple[bool, ...]:
        """For every formula whether it is of measurements with stated noise, and so in standard deviations."""
        return tuple(bool(condition.deviations) for condition in self.conditions for _ in condition.residuals)


@dataclass(frozen=True, eq=False)
class Plan:
    """The regions of a problem and the groups of unknowns (those of the same coordinates share a network, alike on the axis of curvilinear ones)."""

    problem: Problem
    settings: Settings
    groups: tuple[tuple[Field, ...], ...]
    regions: tuple[RegionPlan, ...]

    @staticmethod
    def of(problem: Problem, settings: Settings = Settings()) -> Plan:
        groups = _groups(problem)
        gathered: dict[object, list[Condition]] = {}
        for condition in problem.conditions:
            gathered.setdefault((condition.region.key, condition.varies), []).append(condition)
        return Plan(problem, settings, groups, tuple(_region(conditions, groups) for conditions in gathered.values()))

    def __repr__(self) -> str:
        return f"Plan({self.problem!r})"

    @cached_property
    def interior_components(self) -> int:
        """Residual components at a point of the interior, at least 1."""
        return max([len(region.formulas) for region in self.regions if region.varies and region.region.kind == "interior"] or [1])

    def interior_points(self, unknowns: int) -> int:
        """Interior points for so many free parameters."""
        needed = int(self.settings.points_per_unknown * unknowns / self.interior_components)
        return max(needed, self.settings.fewest_points, self.settings.points)

    def count(self, region: RegionPlan, interior: int) -> int:
        """Points on a region when the interior has so many: the other regions divide their share evenly."""
        if not region.varies:
            return 1
        if region.region.kind == "interior":
            return interior
        if region.region.kind == "observations":
            return len(region.region.points)
        others = sum(1 for other in self.regions if other.varies and other.region.kind not in ("interior", "observations"))
        return max(self.settings.fewest_points, int(interior * self.settings.other_share / max(1, others)))

    @cached_property
    def stated_noise(self) -> dict[str, float]:
        """The stated standard deviations by component, root mean square over the measurements."""
        stated = {}
        for region in self.regions:
            deviations = [one for condition in region.conditions for one in condition.deviations or [None] * len(condition.residuals)]
            for name, deviation in zip(region.components, deviations):
                if deviation is not None:
                    points = region.region.points
                    values = evaluate(deviation, dict(zip(region.region.domain.names, points.coordinates.T)), data=points.columns)
                    stated[name] = float(np.sqrt(np.mean(values**2)))
        return stated

    def count_held_out(self, region: RegionPlan, interior: int) -> int:
        """Points to judge by: fewer where each has nodes of its own, which cost as much as other points."""
        return max(1, round(self.count(region, interior) / region.nodes**0.5))

    @cached_property
    def bare_parts(self) -> tuple[str, ...]:
        """Boundary parts of the domain that no condition mentions: right for some equations, forgotten in others.

        Equations without derivatives in space, integral equations for instance, need none, nor do those of first order where something
        flows out, if there are conditions enough where it flows in.
        """
        domain = self.problem.domain
        nodes = everything(formula for region in self.regions for condition in region.conditions for formula in condition.residuals)
        leaves = [node.leaf if isinstance(node, Elsewhere) else node for node in nodes]
        if not any(set(dict(leaf.orders)) & set(domain.space) for leaf in leaves if isinstance(leaf, Derivative)):
            return ()
        conditioned = {part for region in self.regions for part in region.region.parts}
        return tuple(name for name in domain.boundary_names if name not in conditioned and not self._is_outflow(name))

    def _is_outflow(self, part: str) -> bool:
        """Whether the one unknown of first order across a part, with no other one differentiated there, is held on a part that lies like it."""
        across = self.across[part]
        orders = [self.space_order(field, across) for field in self.problem.unknowns]
        return sum(orders) == 1 and any(self.conditions_on(name) for name, own in self.across.items() if own == across)

    @cached_property
    def across(self) -> dict[str, set[str]]:
        """The coordinates along which the normals of each boundary part have components, as a few of them tell."""
        domain, found = self.problem.domain, {}
        for part in domain.boundary_names:
            normals = domain.boundary[part].sample(FEW_NORMALS, np.random.default_rng(0)).normals
            found[part] = {name for name, own in zip(domain.space, np.abs(normals).T) if own.max() > ALONG}
        return found

    def conditions_on(self, part: str) -> int:
        """How many components conditions on a boundary part have."""
        return sum(len(region.formulas) for region in self.regions if region.region.kind == "boundary" and part in region.region.parts)

    @cached_property
    def kinks(self) -> tuple[tuple[Kink, ...], ...]:
        """Where the unknowns of each group are less smooth, because coefficients of equations in the interior jump or bend."""
        inside = [region for region in self.regions if region.region.kind == "interior"]
        places = kink_places((formula for region in inside for formula in region.formulas), self.problem.domain)
        return tuple(self._kinks(number, places) for number in range(len(self.groups)))

    def _kinks(self, number: int, places: Mapping[str, Sequence[float]]) -> tuple[Kink, ...]:
        """Those of one group: as smooth as its highest derivatives along the coordinate allow."""
        specs = [region.specs[number] for region in self.regions]
        specs += [site.spec for region in self.regions for site in region.sites.sites if site.group == number]
        axes = enumerate(coordinate.name for coordinate in self.groups[number][0].coordinates)
        return tuple(Kink(name, place, max(1, *(spec.order_along(axis) for spec in specs))) for axis, name in axes for place in places.get(name, ()))

    @cached_property
    def floating(self) -> tuple[Field, ...]:
        """Fields that the conditions mention only through derivatives: any constant may be added to them."""
        nodes = everything(formula for region in self.regions for condition in region.conditions for formula in condition.residuals)
        valued = {node.leaf if isinstance(node, Elsewhere) else node for node in nodes}
        return tuple(field for field in self.problem.unknowns if field not in valued)

    @cached_property
    def adrift(self) -> tuple[Field, ...]:
        """Those of the floating fields to which any function of time may be added: no condition mentions their time derivatives."""
        time = self.problem.domain.time
        return tuple(field for field in self.floating if time is not None and time.name in {one.name for one in field.coordinates} and not self.time_order(field))

    def principal(self, group: Sequence[Field]) -> Principal:
        """What equations in the interior do to the unknowns of a group: −Δu + u = f holds u undifferentiated, ν Δv = ∇p couples v and p."""
        residuals = [residual for region in self.regions if region.region.kind == "interior" for condition in region.conditions for residual in condition.residuals]
        valued = coupled = False
        for residual in residuals:
            orders = [(owner(node), dict(node.orders) if isinstance(node, Derivative) else {}) for node in postorder([residual])]
            own = [(unknown, sum(of.get(name, 0) for name in self.problem.domain.space)) for unknown, of in orders if unknown in set(group)]
            valued |= any(not order for _, order in own)
            coupled |= len({unknown for unknown, order in own if order}) > 1 or any(order >= PLATE_ORDER for _, order in own)
        return Principal(valued, coupled)

    @cached_property
    def given_places(self) -> tuple[np.ndarray, ...]:
        """Where in space (d,) conditions hold at single points: at those of observations, and where cuts are no more than points."""
        width, found = len(self.problem.domain.space), []
        for region in (one.region for one in self.regions if one.region.kind in ("observations", "cut")):
            points = np.unique(region.sample(2, np.random.default_rng(0)).coordinates[:, :width], axis=0)
            found += list(points) if region.kind == "observations" or len(points) == 1 else []
        return tuple(found)

    @cached_property
    def short_of_moments(self) -> tuple[tuple[Field, int, int], ...]:
        """Fields with fewer conditions at a moment (or between moments) than time derivatives, and both numbers; not where observations may stand in."""
        if self.problem.domain.time is None or any(region.region.kind == "observations" for region in self.regions):
            return ()
        chosen = [region for region in self.regions if region.region.at_a_moment or not region.varies]
        counted = [(field, self.time_order(field), self.conditions_at(field, chosen)) for field in self.problem.unknowns]
        return tuple((field, order, held) for field, order, held in counted if held < order)

    @cached_property
    def short_of_boundary(self) -> tuple[Shortage, ...]:
        """Where conditions are fewer than equations of order above 2 in space need, part by part.

        An equation of order 2m needs m on every part (on the one end of an interval, too, that begins on an axis), and one of order n
        between two ends needs n at both of them together, or inside; measurements may stand in for them. What the other unknowns need counts, too.
        """
        domain = self.problem.domain
        if any(region.region.kind == "observations" for region in self.regions) or not domain.boundary_names:
            return ()
        if len(domain.space) == 1 and len(domain.boundary_names) > 1:
            held = sum(len(region.formulas) * max(1, len(region.region.parts)) for region in self.regions
                       if not region.varies or region.region.kind in ("boundary", "cut"))
            return self._shortage(domain.boundary_names, held, set(domain.space), True)
        alike: dict[Shortage, list[str]] = {}
        for part in domain.boundary_names:
            for shortage in self._shortage((), self.conditions_on(part), self.across[part], False):
                alike.setdefault(shortage, []).append(part)
        return tuple(replace(shortage, parts=tuple(parts)) for shortage, parts in alike.items())

    def _shortage(self, parts: tuple[str, ...], held: int, names: set[str], together: bool) -> tuple[Shortage, ...]:
        """Of conditions on these parts, if there are fewer than half the orders along these coordinates, or on all of them than the orders."""
        orders = {field.name: self.space_order(field, names) for field in self.problem.unknowns}
        name, needed = max(orders, key=lambda one: orders[one]), sum(order // (1 if together else 2) for order in orders.values())
        return (Shortage(name, orders[name], held, needed, together, parts),) if orders[name] > 2 and held < needed else ()

    def space_order(self, field: Field, names: set[str]) -> int:
        """The highest order of a field's derivatives along these coordinates alone in equations in the interior."""
        nodes = everything(formula for region in self.regions if region.region.kind == "interior"
                           for condition in region.conditions for formula in condition.residuals)
        leaves = [node.leaf if isinstance(node, Elsewhere) else node for node in nodes if owner(node) is field]
        orders = [dict(leaf.orders) for leaf in leaves if isinstance(leaf, Derivative)]
        return max([0, *(sum(of.values()) for of in orders if set(of) <= names)])

    def time_order(self, field: Field) -> int:
        """The order of the highest time derivative of a field in conditions that hold at more than one moment."""
        time = self.problem.domain.time
        nodes = everything(formula for region in self.regions if not region.region.at_a_moment
                           for condition in region.conditions for formula in condition.residuals)
        leaves = [node.leaf if isinstance(node, Elsewhere) else node for node in nodes if owner(node) is field]
        return max([0, *(dict(leaf.orders).get(time.name, 0) for leaf in leaves if isinstance(leaf, Derivative))])

    def conditions_at(self, field: Field, chosen: Sequence[RegionPlan]) -> int:
        """How many components of conditions on the chosen regions mention a field."""
        residuals = [everything([formula]) for region in chosen for condition in region.conditions for formula in condition.residuals]
        return sum(any(owner(node) is field for node in nodes) for nodes in residuals)

    @property
    def trainers(self) -> tuple[str, ...]:
        """The ways to train that can take the problem."""
        return tuple(name for name in TRAINERS if name not in SEPARATED or not self.moved)

    @cached_property
    def moved(self) -> set[str]:
        """The coordinates along which conditions look at other points than their own."""
        return places_of(formula for region in self.regions for formula in region.formulas)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user may have forgotten, a sentence each."""
        notes = []
        short = {part for shortage in self.short_of_boundary for part in shortage.parts}
        if bare := [part for part in self.bare_parts if part not in short]:
            notes.append(f"no condition on the boundary part{'s' if len(bare) > 1 else ''} {', '.join(map(repr, bare))}")
        notes += [f"the conditions hold {field.name} only through derivatives: it is found up to a {'function of time' if field in self.adrift else 'constant'}"
                  for field in self.floating]
        notes += [f"{field.name} has time derivatives of order {order} and {held or 'no'} condition{'' if held == 1 else 's'} at any moment"
                  for field, order, held in self.short_of_moments]
        notes += [str(shortage) for shortage in self.short_of_boundary]
        return tuple(notes)

    @cached_property
    def unknowns(self) -> int:
        """Free parameters of the trained networks, and the problem's parameters."""
        return sum(self._network_size(group) for group in self.groups) + len(self.problem.parameters)

    def inputs(self, group: Sequence[Field]) -> int:
        """Inputs of a group's network: one for each coordinate and kink, two for a periodic coordinate, but r and the angle around an axis
        inside are r cos θ and r sin θ."""
        domain = self.problem.domain
        names = [coordinate.name for coordinate in group[0].coordinates]
        around = group[0].is_smooth and domain.frame.around in names
        kinks = next(own for one, own in zip(self.groups, self.kinks) if one[0] is group[0])
        return sum(2 if name in domain.periodic else 1 for name in names) - around + len(kinks)

    def _network_size(self, group: Sequence[Field]) -> int:
        widths = [self.inputs(group), *self.settings.hidden_widths, len(group)]
        return sum((a + 1) * b for a, b in zip(widths, widths[1:]))

    @property
    def memory(self) -> float:
        """Bytes of the largest matrix that solving forms: the Jacobian of the correction, held twice."""
        columns = self.unknowns + self.settings.correction_features[-1]
        rows = self.settings.points_per_unknown * self.settings.correction_oversampling * columns * (1 + self.settings.other_share)
        return 2 * 8.0 * columns * rows

    def __str__(self) -> str:
        lines = [f"{_listed(self.problem.unknowns)} on {self.problem.domain!r}"]
        interior = self.interior_points(self.unknowns)
        for region in self.regions:
            count = self.count(region, interior)
            lines.append(f"\n{region.region.describe()}: measure {region.region.measure:.6g}, {count} points" if region.varies else "\nin the whole:")
            lines += [f"  {condition.name}: {condition.equation}" for condition in region.conditions]
            lines += [f"  derivatives: {_derivatives(region, self.groups)}"] if region.varies else []
            lines += [f"  {line}" for line in _integrals(region)]
        lines += _bends(self)
        lines += self._sought()
        lines += [f"\nnote: {note}" for note in self.notes]
        rows = sum(self.count(region, interior) * len(region.formulas) for region in self.regions)
        lines.append(f"\n{self.unknowns} unknowns, {rows} residuals, about {self.memory / 2**30:.1f} GiB at most")
        return "\n".join(lines)


    def _sought(self) -> list[str]:
        """The modes that an eigenvalue problem is solved for, in words."""
        eigenvalue, modes = self.problem.eigenvalue, self.problem.modes
        if eigenvalue is None:
            return []
        which = f"nearest to {eigenvalue.near:g}" if eigenvalue.near is not None else "lowest"
        return [f"\n{modes} mode{'' if modes == 1 else 's'}, those with the {which} {eigenvalue.name}"]


def _listed(fields: Sequence[Field]) -> str:
    names = [f"{field.name}({', '.join(c.name for c in field.coordinates)})" for field in fields]
    return ", ".join(names)


def _bends(plan: Plan) -> list[str]:
    """Where the unknowns of each group are less smooth, in words."""
    lines = []
    for group, kinks in zip(plan.groups, plan.kinks):
        places = [f"∂{kink.coordinate * kink.order} at {kink.coordinate} = {kink.place:g}" for kink in kinks]
        lines += [f"\n{', '.join(field.name for field in group)}: a coefficient changes, and with it may jump {', '.join(places)}"] if places else []
    return lines


def _derivatives(region: RegionPlan, groups: Sequence[Sequence[Field]]) -> str:
    """The channels that travel through the networks for this region, in words."""
    words = []
    for group, spec in zip(groups, region.specs):
        names = [coordinate.name for coordinate in group[0].coordinates]
        channels = [_channel_name(names, index) for index in spec.indices]
        channels += [" + ".join(f"{'' if c == 1 else f'{c:g}·'}∂{name}{name}" for name, c in zip(names, form) if c) for form in spec.forms]
        words.append(f"{', '.join(field.name for field in group)}: {', '.join(channels)}")
    return "; ".join(words)


def _integrals(region: RegionPlan) -> list[str]:
    """The integrals of a region's conditions and their nodes, in words."""
    lines = [f"{one}: {len(one.rule.weights)} nodes" for one in region.sites.totals]
    for one in region.sites.integrals:
        along = dict.fromkeys(name for site in region.sites.sites if site.rule is one.rule for name in site.along)
        shared = f"for each {', '.join(along)}" if along else "that all points share"
        lines.append(f"{one}: {len(one.rule.weights)} nodes {shared}")
    return lines


def _channel_name(names: Sequence[str], index: Sequence[int]) -> str:
    letters = "".join(name * order for name, order in zip(names, index))
    return f"∂{letters}" if letters else "value"


def _groups(problem: Problem) -> tuple[tuple[Field, ...], ...]:
    gathered: dict[object, list[Field]] = {}
    for field in problem.unknowns:
        gathered.setdefault((field.is_smooth, *(c.name for c in field.coordinates)), []).append(field)
    return tuple(tuple(group) for group in gathered.values())


def _region(conditions: Sequence[Condition], groups: Sequence[Sequence[Field]]) -> RegionPlan:
    formulas = collapse([formula for condition in conditions for formula in condition.standardised], groups)
    sites = Sites.of(formulas, groups)
    return RegionPlan(conditions[0].region, tuple(conditions), formulas, jet_specs([*formulas, *sites.nodes], groups), sites)
