"""integral(formula, over=…): over a domain or a part of one, over a coordinate, or over a variable of integration."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pinnaux.errors import DeclarationError
from pinnaux.fields import Field
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.region import PatchRegion, Region
from pinnaux.geometry.rules import line_rule, region_rule
from pinnaux.symbolic.complex import Complex, linearly
from pinnaux.symbolic.coordinates import remedy_or
from pinnaux.symbolic.formula import described, is_number
from pinnaux.symbolic.integral import Integral, Rule, Variable, everything, varies
from pinnaux.symbolic.places import dependences_of, known_formula, listed_dependences
from pinnaux.symbolic.scalar import (
    ONE,
    ZERO,
    Coordinate,
    Data,
    Elsewhere,
    Expr,
    Normal,
    add,
    as_expr,
    coordinate_key,
    is_constant,
    moved,
    multiply,
    normal_key,
    owner,
    postorder,
    subtract,
)
from pinnaux.symbolic.tensor import Tensor, as_formula

Formulas = Expr | Tensor | Complex


@dataclass(frozen=True, eq=False)
class Path:
    """How to integrate: what takes the places of coordinates and variables, by their keys, the factor ds/dν, and the rule, which
    has fewer nodes where every point has its own; in words, over what."""

    places: dict[object, Expr]
    factor: Expr
    rule: Callable[[bool], Rule]
    words: str


def integral(formula: Formulas, over: Domain | Region | Coordinate | Variable, start: object = None, end: object = None) -> Formulas:
    """The integral over a domain or a region of one; over a coordinate, from `start` to `end` if it is not its whole interval; or over a
    variable from `start` to `end`. What is not integrated over stays that of the point: integral(u, over=x) is a function of t.

    Ends are numbers, infinite ones too, or formulas of the point: integral(exp(s - t)*at(u, t=s), over=s, start=0, end=t).
    Raises DeclarationError for what cannot be integrated so, with a remedy.
    """
    formula = as_formula(formula, "cannot integrate")
    check_integrand(formula, over)
    path = path_of(formula, over, start, end)
    label = f"integral({formula}, {path.words})"
    return linearly(lambda part: part.map(lambda entry: one_integral(entry, path), label), formula, label)


def one_integral(formula: Expr, path: Path) -> Expr:
    """The integral of a real scalar."""
    if is_constant(formula, 0.0):
        return ZERO
    integrand = multiply(path.factor, moved(formula, path.places))
    own = any(isinstance(node, Elsewhere) and varies(node) for node in postorder([integrand]))
    return Integral(integrand, path.rule(not own), f"integral({formula}, {path.words})")


def check_integrand(formula: Formulas, over: object) -> None:
    """Refuse integrals in integrals, measurements, and variables that are not integrated over."""
    for node in everything(formula.components):
        if isinstance(node, Integral):
            raise DeclarationError(f"cannot integrate {described(formula)}: it holds an integral already, {node}",
                                   hint="integrate over a region of several coordinates at once, or make the inner integral a field: q == integral(…)")
        if isinstance(node, Data):
            raise DeclarationError(f"cannot integrate the measured column '{node.column}'", hint="measurements are known at their own points only")
        if isinstance(node, Variable) and node is not over and not (isinstance(over, Variable) and node.name == over.name):
            raise DeclarationError(f"cannot integrate {described(formula)}: the variable {node.name} in it is not the one integrated over",
                                   hint=f"over={node.name}, or a formula without {node.name}")
        if isinstance(node, Normal) and not isinstance(over, (Domain, Region)):
            raise DeclarationError(f"cannot integrate the normal {node} along {described(over)}",
                                   hint="multiply by the normal outside of the integral, or integrate over a part of the boundary")


def path_of(formula: Formulas, over: object, start: object, end: object) -> Path:
    """The path that `over`, `start` and `end` describe."""
    if isinstance(over, (Domain, Region)):
        if start is not None or end is not None:
            raise DeclarationError("start and end of an integral belong to a coordinate or a variable, not to a region",
                                   hint="over=domain, or over=x, start=0, end=1")
        return over_region(formula, over.interior if isinstance(over, Domain) else over)
    if isinstance(over, Coordinate):
        return over_coordinate(formula, over, start, end)
    if isinstance(over, Variable):
        return over_variable(formula, over, start, end)
    raise DeclarationError(f"an integral runs over a domain, a region, a coordinate or a Variable, not over {described(over)}",
                           hint=remedy_or(over, 'over=domain, over=domain.boundary["top"], over=x, or s = Variable("s") and over=s, start=0, end=x'))


def over_region(formula: Formulas, region: Region) -> Path:
    """Every coordinate of the region's domain is integrated over."""
    if not isinstance(region, PatchRegion):
        raise DeclarationError(f"cannot integrate over {region.describe()}: a list of points has no measure",
                               hint="integrate over the domain or a part of it")
    domain = region.domain
    check_runs_over(formula, domain.names, repr(region))
    coordinates = tuple(f"{name}_" for name in domain.names)
    normals = tuple(f"n_{name}_" for name in domain.space)
    places = {coordinate_key(name): Variable(variable) for name, variable in zip(domain.names, coordinates)}
    if region.has_normal:
        places |= {normal_key(name): Variable(variable) for name, variable in zip(domain.space, normals)}
    elif any(isinstance(node, Normal) for node in everything(formula.components)):
        raise DeclarationError(f"cannot integrate the normal over the {region.describe()}: only a boundary has normals", hint="over=domain.boundary")
    words = f"over={domain.label}" if region.kind == "interior" and not region.predicates else f"over={region.describe()} of {domain.label}"
    return Path(places, ONE, lambda shared: region_rule(region, coordinates, normals, shared), words)


def check_runs_over(formula: Formulas, names: tuple[str, ...], over: str) -> None:
    """Refuse to integrate what depends on fields and coordinates, but on none of those integrated over."""
    dependences = dependences_of(formula)
    if dependences and not any(name in names for own in dependences.values() for name in own):
        raise DeclarationError(f"cannot integrate {described(formula)} over {over}: " + (listed_dependences(dependences) or "nothing in it depends on that"),
                               hint="multiply by the length or area instead, or integrate over what it depends on")


def over_coordinate(formula: Formulas, coordinate: Coordinate, start: object, end: object) -> Path:
    """From one end of the coordinate's interval to the other, unless other ends are given."""
    check_runs_over(formula, (coordinate.name,), coordinate.name)
    ends = [interval_of(formula, coordinate)[number] if given is None else given for number, given in enumerate((start, end))]
    words = f"over={coordinate.name}" + "".join(f", {role}={value}" for role, value in (("start", start), ("end", end)) if value is not None)
    for role, value in (("start", start), ("end", end)):
        if is_number(value) and math.isinf(value) and any(owner(node) is not None for node in everything(formula.components)):
            raise DeclarationError(
                f"cannot integrate {described(formula)} to {role}={value}: its fields are known on a bounded domain only",
                hint=f"leave {role}= out where what lies beyond the domain is negligible, or map the coordinate: s = Variable(\"s\"), at(u, z=exp(-s))")
    return between(coordinate.key, f"{coordinate.name}_", *ends, words)


def interval_of(formula: Formulas, coordinate: Coordinate) -> tuple[float, float]:
    """The ends of the coordinate's interval in the domains of the fields in the formula."""
    name, found = coordinate.name, {}
    for field in dict.fromkeys(owner(node) for node in everything(formula.components)):
        if isinstance(field, Field) and name in field.domain.names:
            domain = field.domain
            straight = name not in domain.space or domain.shape.is_box
            if not straight:
                raise DeclarationError(f"the interval of {name} in {domain!r} depends on the other coordinates, or is none",
                                       hint="say from where to where: start=…, end=…; or integrate over the domain")
            found[tuple(map(float, domain.bounds[domain.names.index(name)]))] = domain
    if len(found) == 1:
        return next(iter(found))
    what = "no field in it tells the interval" if not found else "its fields have several: " + ", ".join(map(str, found))
    raise DeclarationError(f"cannot integrate {described(formula)} over {name} without ends: {what}", hint="say from where to where: start=…, end=…")


def over_variable(formula: Formulas, variable: Variable, start: object, end: object) -> Path:
    """From `start` to `end`."""
    if start is None or end is None:
        raise DeclarationError(f"the integral over the variable {variable.name} needs start= and end=",
                               hint=f"over={variable.name}, start=0, end=1; numbers, infinite ones too (math.inf), or formulas of the point")
    if variable.name not in {node.name for node in everything(formula.components) if isinstance(node, Variable)}:
        raise DeclarationError(f"cannot integrate {described(formula)} over {variable.name}: it does not hold {variable.name}",
                               hint=f"at(u, x={variable.name}) is u there; or integrate over a coordinate: over=x")
    return between(variable.key, f"{variable.name}_", start, end, f"over={variable.name}, start={start}, end={end}")


def between(key: object, name: str, start: object, end: object, words: str) -> Path:
    """The variable or coordinate of this key from one end to the other, in terms of a variable ν that a rule has the values of."""
    node = Variable(name)
    infinite = [is_number(value) and math.isinf(value) for value in (start, end)]
    if infinite[0] and start > 0 or infinite[1] and end < 0:
        raise DeclarationError(f"an integral from {start} to {end} runs backwards", hint="exchange the ends, and the sign")
    lower, upper = (None if endless else known_end(value, role) for value, role, endless in zip((start, end), ("start", "end"), infinite))
    if lower is not None and upper is not None:
        length = subtract(upper, lower)
        return Path({key: add(lower, multiply(length, node))}, length, lambda shared: line_rule(name, "interval", shared), words)
    if lower is not None:
        return Path({key: add(lower, node)}, ONE, lambda shared: line_rule(name, "half-line", shared), words)
    if upper is not None:
        return Path({key: subtract(upper, node)}, ONE, lambda shared: line_rule(name, "half-line", shared), words)
    return Path({key: node}, ONE, lambda shared: line_rule(name, "line", shared), words)


def known_end(value: object, role: str) -> Expr:
    """An end of an integral: a number, or a formula of the point's coordinates."""
    expression = known_formula(as_expr(value, f"{role} of an integral cannot be"), f"an integral cannot have {role}=")
    if any(isinstance(node, Variable) for node in postorder([expression])):
        raise DeclarationError(f"an integral cannot have {role}={expression}: a variable of integration has no value outside of its integral",
                               hint="ends are numbers, infinite ones too, or formulas of the point's coordinates")
    return expression
