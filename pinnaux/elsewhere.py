"""Whether fields are known at the other points that formulas look at: those of integrals, and those that `at` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pinnaux.errors import DeclarationError, Location
from pinnaux.fields import Field
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.points import Points
from pinnaux.geometry.quadrature import region_nodes
from pinnaux.geometry.region import PatchRegion, Region
from pinnaux.symbolic.integral import Integral, Rule, Variable
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Elsewhere, Expr, postorder

# Points of a region that are tried (about), and how far outside (relative to the domain's size) they may lie.
SAMPLED, OUTSIDE = 64, 1e-6

Columns = Mapping[str, np.ndarray]


def check_places(owner: str, formulas: Sequence[Expr], region: Region) -> None:
    """Refuse variables without their integral, and places outside the domain of a field; `owner` holds the formulas on the region."""
    for nodes, rule, where in contexts(formulas):
        bound = rule.variables if rule else ()
        for node in nodes:
            if isinstance(node, Variable) and node.name not in bound:
                raise DeclarationError(f"{owner}: the variable {node.name} has no value outside of its integral",
                                       hint=f"integral(…, over={node.name}, start=0, end=1)")
        moved = [node for node in nodes if isinstance(node, Elsewhere) and isinstance(node.unknown, Field)]
        left = [node for node in moved if not (rule and rule.covers(node.unknown.domain) and is_of_rule(node))]
        if left:
            outer, variables = probes(region).values(region.domain.names), rule.columns if rule else {}
            for node in left:
                check_inside(owner, node, outer, variables, where)


def contexts(formulas: Sequence[Expr]) -> Iterator[tuple[list[Expr], Rule | None, Location | None]]:
    """The nodes of the formulas themselves, then those inside each integral with its rule, and where it is written."""
    nodes = postorder(formulas)
    yield nodes, None, None
    for node in nodes:
        if isinstance(node, Integral):
            yield postorder([node.integrand]), node.rule, node.where


def is_of_rule(node: Elsewhere) -> bool:
    """Whether the places are the nodes of the rule themselves."""
    return all(isinstance(place, Variable) for place in node.children)


def probes(region: Region) -> Points:
    """Some points of the region."""
    if isinstance(region, PatchRegion):
        return region_nodes(region, SAMPLED).points
    return region.sample(SAMPLED, np.random.default_rng(0))[:SAMPLED]


def check_inside(owner: str, node: Elsewhere, outer: Columns, variables: Columns, where: Location | None) -> None:
    """Refuse a place that leaves the domain of the field for some of the points."""
    domain, places = node.unknown.domain, node.places
    found = {name: values_at(place, outer, variables) for name, place in places.items()}
    size = float(np.ptp(domain.bounds, axis=1).max())
    for name, values in found.items():
        low, high = domain.bounds[domain.names.index(name)]
        beyond = np.maximum(low - values, values - high)
        if name not in domain.periodic and not beyond.max() <= OUTSIDE * size:
            furthest = values[np.argmax(np.nan_to_num(beyond, nan=np.inf))]
            raise DeclarationError(f"{owner} asks for {node.leaf} at {name} = {furthest:.6g}, but field {node.unknown.name} is known for {low:g} <= {name} <= {high:g}",
                                   hint="keep places and the ends of integrals inside the field's domain", where=where)
    if not domain.periodic and set(domain.names) <= {*places, *outer}:
        check_in_shape(owner, node, domain, {**{name: values_at_points(column, variables) for name, column in outer.items()}, **found}, size, where)


def check_in_shape(owner: str, node: Elsewhere, domain: Domain, values: Columns, size: float, where: Location | None) -> None:
    """The same for domains that are no boxes."""
    points = np.column_stack([values[name] for name in domain.names])
    outside = ~domain.contains(points, OUTSIDE * size)
    if outside.any():
        listed = ", ".join(f"{value:.6g}" for value in points[np.argmax(outside)])
        raise DeclarationError(f"{owner} asks for {node.leaf} at ({listed}), which lies outside {domain!r}",
                               hint="keep places and the ends of integrals inside the field's domain", where=where)


def values_at(place: Expr, outer: Columns, variables: Columns) -> np.ndarray:
    """The place (N·Q,) at all points, for all values of the variables."""
    count = max((len(column) for column in variables.values()), default=1)
    points = max(len(column) for column in outer.values())
    tiled = {name: np.tile(column, points) for name, column in variables.items()}
    return evaluate(place, {name: np.repeat(column, count) for name, column in outer.items()}, variables=tiled)


def values_at_points(column: np.ndarray, variables: Columns) -> np.ndarray:
    """A column of the points once for every value of the variables."""
    return np.repeat(column, max((len(one) for one in variables.values()), default=1))
