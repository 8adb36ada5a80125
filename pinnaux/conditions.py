"""A condition: a named equation that holds on a region. What the equation asks for must exist at the region's points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import InitVar, dataclass, field

import numpy as np

from pinnaux.errors import DeclarationError, Location, here
from pinnaux.elsewhere import OUTSIDE, SAMPLED, check_places
from pinnaux.fields import Field
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.region import Region
from pinnaux.noise import stated_noise
from pinnaux.symbolic.applied import Applied
from pinnaux.symbolic.formula import Formula, described, shortened
from pinnaux.symbolic.integral import everything, varies
from pinnaux.symbolic.relations import Equation, Relation
from pinnaux.symbolic.poles import regular
from pinnaux.symbolic.scalar import (
    Coordinate,
    Data,
    Elsewhere,
    Expr,
    Normal,
    ParameterNode,
    Unknown,
    divide,
    is_constant,
    owner,
    postorder,
)
from pinnaux.symbolic.tensor import Tensor


@dataclass(frozen=True, eq=False)
class Condition:
    """`equation` holds at every point of the region given as `on` (a domain means its interior). An equation between numbers, such as
    integral(u, over=domain) == 1, holds at no point in particular and needs no `on`.

    On observations `noise` is the standard deviation of the measured values: a number, a formula of measured columns and coordinates,
    or one for each component. `deviations` holds it for each residual, nothing where none is stated.
    Raises DeclarationError for an equation that is none, holds no field, or asks for a coordinate, a normal or data that the
    region's points do not have, and for noise that is not positive or not of measurements.
    """

    name: str
    equation: Equation
    on: InitVar[Region | Domain | None] = None
    noise: InitVar[float | Expr | Tensor | tuple | None] = None
    region: Region = field(init=False)
    residuals: tuple[Expr, ...] = field(init=False, repr=False)
    component_names: tuple[str, ...] = field(init=False, repr=False)
    deviations: tuple[Expr, ...] = field(init=False, repr=False)
    where: Location | None = field(init=False, repr=False)

    def __post_init__(self, on: Region | Domain | None, noise: object) -> None:
        check_condition_name(self.name)
        check_equation(self.name, self.equation)
        sides = [side for operand in self.equation.operands for side in operand.components]
        parts = self.equation.real_parts
        check_holds_field(self, everything(sides))
        check_parts_hold_field(self, parts)
        region = somewhere(self) if on is None else region_of(self.name, on)
        for node in everything(sides):
            check_known_at(self.name, node, region)
        check_places(f"condition '{self.name}'", sides, region)
        object.__setattr__(self, "region", region)
        names, residuals = zip(*named_residuals(self.name, parts, region.domain))
        object.__setattr__(self, "residuals", residuals)
        object.__setattr__(self, "component_names", names)
        stated = () if noise is None else stated_noise(self.name, noise, region, len(residuals))
        for node in postorder(stated):
            check_known_at(self.name, node, region)
        object.__setattr__(self, "deviations", stated)
        object.__setattr__(self, "where", here())

    def with_residuals(self, residuals: Sequence[Expr]) -> Condition:
        """The condition with other residuals, numbered; none is left out, not even one that vanishes."""
        other = copy(self)
        names = tuple(f"{self.name}[{number}]" for number in range(len(residuals)))
        for name, value in (("residuals", tuple(residuals)), ("component_names", names), ("deviations", ())):
            object.__setattr__(other, name, value)
        return other

    @property
    def standardised(self) -> tuple[Expr, ...]:
        """The residuals, in standard deviations where noise is stated."""
        return tuple(map(divide, self.residuals, self.deviations)) if self.deviations else self.residuals

    @property
    def varies(self) -> bool:
        """Whether the equation depends on the point it is asked at; else it is one between numbers."""
        return any(varies(side) for operand in self.equation.operands for side in operand.components)

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The scalar fields in the equation, each once."""
        return unknowns_in(self.equation.operands)

    @property
    def parameters(self) -> tuple[ParameterNode, ...]:
        """The parameters in the equation, each once."""
        return parameters_in(self.equation.operands)

    def __repr__(self) -> str:
        return f"Condition({self.name}: {shortened(str(self.equation))}" + (f" on {self.region.describe()})" if self.varies else ")")

    def __str__(self) -> str:
        return f"{self.name}: {self.equation}" + (f" on {self.region.describe()}" if self.varies else "")


def unknowns_in(formulas: tuple[Formula, ...]) -> tuple[Unknown, ...]:
    """The scalar fields in the formulas, each once, differentiated or not."""
    nodes = everything(entry for formula in formulas for entry in formula.components)
    return tuple(dict.fromkeys(found for found in map(owner, nodes) if found is not None))


def parameters_in(formulas: tuple[Formula, ...]) -> tuple[ParameterNode, ...]:
    """The parameters in the formulas, each once."""
    nodes = everything(entry for formula in formulas for entry in formula.components)
    return tuple(node for node in nodes if isinstance(node, ParameterNode))


def check_condition_name(name: object) -> None:
    """Refuse a name that is no text."""
    if isinstance(name, str) and name.strip():
        return
    what = "an empty text" if isinstance(name, str) else described(name)
    hint = 'Condition("heat", diff(u, t) == laplacian(u), on=domain)'
    raise DeclarationError(f"a condition needs a name first, not {what}", hint=hint)


def check_equation(name: str, equation: object) -> None:
    """Refuse what is not an equation of formulas."""
    if isinstance(equation, Equation):
        return
    if isinstance(equation, bool):
        what, hint = f"{equation}: numbers or tuples were compared, not formulas", "a formula must stand on one side of ==; is it a field?"
    elif isinstance(equation, Relation):
        what, hint = f"the inequality {equation}", f"write an equation: {equation.as_equation}"
    elif isinstance(equation, Formula):
        what, hint = described(equation), f"write what it equals: {equation} == 0"
    else:
        what, hint = described(equation), "write left == right"
    raise DeclarationError(f"condition '{name}' needs an equation, not {what}", hint=hint)


def region_of(name: str, on: object) -> Region:
    """The region a condition holds on."""
    if isinstance(on, Domain):
        return on.interior
    if isinstance(on, Region):
        return on
    hint = 'on=domain, domain.boundary, domain.boundary["left"], domain.initial, or observations'
    if isinstance(on, str):
        hint = f'on=domain.boundary["{on}"] if that is a part of the boundary; on=domain for the interior'
    if isinstance(on, (tuple, list)):
        hint = f"parts of one boundary are on=domain.boundary[{_parts(on)}]; other regions need a condition each"
    raise DeclarationError(f"condition '{name}' holds on a region or domain, not on {described(on)}", hint=hint)


def _parts(regions: Sequence[object]) -> str:
    """The names of the boundary parts among the regions, or themselves, as they stand in brackets."""
    names = [name for one in regions for name in (one.parts if isinstance(one, Region) else (one,)) if isinstance(name, str)]
    return ", ".join(f'"{name}"' for name in names or ("left", "right"))


def names_of(condition: str, part: str, residual: Formula) -> tuple[str, ...]:
    """What reports call the components of a condition or of its real or imaginary part: wall.real, or wall[0], wall[1] …"""
    name = f"{condition}.{part}" if part else condition
    count = len(residual.components)
    return (name,) if count == 1 else tuple(f"{name}[{i}]" for i in range(count))


def named_residuals(condition: str, parts: Mapping[str, Formula], domain: Domain) -> list[tuple[str, Expr]]:
    """left − right, by its name, for each component that says anything, without division by what is 0 on the axis of curvilinear coordinates."""
    found = []
    for part, formula in parts.items():
        for name, residual in zip(names_of(condition, part, formula), formula.components):
            if is_constant(residual, 0.0):
                continue
            if is_constant(residual):
                raise DeclarationError(f"component {name} of condition '{condition}' can never hold: {residual} == 0",
                                       hint="no field is in it; is it the component you meant?")
            found.append((name, regular(residual, domain.zeros)))
    return found


def check_holds_field(condition: Condition, nodes: list[Expr]) -> None:
    """Refuse an equation that no field and no unknown function can be wrong about; a parameter may be compared with data."""
    if holds_field(nodes) or any(isinstance(node, Applied) for node in nodes):
        return
    if any(isinstance(node, ParameterNode) for node in nodes) and any(isinstance(node, Data) for node in nodes):
        return
    raise DeclarationError(
        f"condition '{condition.name}' holds no field: {condition.equation}",
        hint="an equation must say something about a field; a parameter's start is Parameter(…, initial=…)",
    )


def check_parts_hold_field(condition: Condition, parts: Mapping[str, Formula]) -> None:
    """Refuse a complex equation whose real or imaginary part is no equation for a field: what is real equals what is not."""
    for name, part in parts.items():
        if name and not holds_field(everything(part.components)):
            raise DeclarationError(
                f"condition '{condition.name}' holds no field in its {name}{'' if name == 'real' else 'inary'} part: {condition.equation}",
                hint=f"{part} cannot be 0; declare what is complex as ComplexField, or compare real(…) only",
            )


def holds_field(nodes: list[Expr]) -> bool:
    """Whether one of the nodes is a field, a derivative of one or a value of one elsewhere."""
    return any(owner(node) is not None for node in nodes)


def somewhere(condition: Condition) -> Region:
    """The region of an equation between numbers: any will do. One that depends on the point needs to be told where it holds."""
    if condition.varies:
        raise DeclarationError(
            f"condition '{condition.name}' does not say where it holds: {condition.equation} depends on the point",
            hint='on=domain, domain.boundary, domain.boundary["left"], domain.initial, or observations')
    if not condition.unknowns:
        raise DeclarationError(f"condition '{condition.name}' holds no field, so that it does not tell its domain: {condition.equation}", hint="on=domain")
    return max((field.domain for field in condition.unknowns), key=lambda domain: domain.dimension).interior


def check_known_at(name: str, node: Expr, region: Region) -> None:
    """Refuse a leaf that has no value at the region's points."""
    place = f"condition '{name}' on {region.describe()}"
    unknown = owner(node)
    if unknown is not None:
        names = node.remaining if isinstance(node, Elsewhere) else tuple(one.name for one in unknown.coordinates)
        for coordinate in unknown.coordinates:
            if coordinate.name in names:
                check_coordinate(place, f"field {unknown.name} depends on {coordinate.name}", coordinate, region.domain)
        if isinstance(unknown, Field) and not isinstance(node, Elsewhere):
            check_inside(place, unknown, region)
    elif isinstance(node, Coordinate):
        check_coordinate(place, f"it uses {node.name}", node, region.domain)
    elif isinstance(node, Normal):
        check_normal(place, node, region)
    elif isinstance(node, Data) and node.source is not region:
        raise DeclarationError(
            f"{place} uses the measured column '{node.column}' of {node.source.describe()}",
            hint="measurements are known at their own points only: on=<those observations>",
        )


def check_inside(place: str, field: Field, region: Region) -> None:
    """Refuse a region of another domain that leaves the field's own."""
    if region.domain is field.domain or region.domain.names != field.domain.names:
        return
    points = region.sample(SAMPLED, np.random.default_rng(0)).coordinates
    outside = ~field.domain.contains(points, OUTSIDE * float(np.ptp(field.domain.bounds, axis=1).max()))
    if outside.any():
        raise DeclarationError(f"{place}: {outside.mean():.0%} of the region lies outside {field.domain!r}, where field {field.name} is unknown",
                               hint="take the region from the field's own domain")


def check_coordinate(place: str, use: str, coordinate: Coordinate, domain: Domain) -> None:
    """Refuse a coordinate that the domain lacks, or has with another meaning."""
    if coordinate.name not in domain.names:
        raise DeclarationError(
            f"{place}: {use}, which the region's domain lacks (it has {', '.join(domain.names)})",
            hint="take the region from the field's own domain",
        )
    kinds = ("time" if is_time else one.system if one.is_curved else "space" for one, is_time in (
        (coordinate.frame, coordinate.is_time), (domain.frame, coordinate.name not in domain.space)))
    meanings = tuple(kinds)
    if meanings[0] != meanings[1]:
        raise DeclarationError(
            f"{place}: {use}, which is {meanings[0]} there but {meanings[1]} in the region's domain",
            hint="take the region from the field's own domain",
        )


def check_normal(place: str, node: Normal, region: Region) -> None:
    """Refuse a normal where there is none."""
    if not region.has_normal:
        raise DeclarationError(f"{place} uses the normal {node}: only a boundary has normals", hint="on=domain.boundary, or a part of it")
    if node.name not in region.domain.space:
        raise DeclarationError(
            f"{place} uses the normal {node}, but the boundary's space is ({', '.join(region.domain.space)})",
            hint="take the normal from the region's own domain",
        )
