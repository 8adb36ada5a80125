"""The unknowns of a problem: fields, vectors of fields, complex fields, parameters (unknown numbers) and eigenvalues."""

from __future__ import annotations

import keyword
import math
from collections.abc import Sequence

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.region import Region
from pinnaux.symbolic.complex import Complex, part_names
from pinnaux.symbolic.formula import described, is_number
from pinnaux.symbolic.scalar import ZERO, Coordinate, ParameterNode, Unknown
from pinnaux.symbolic.tensor import Tensor

DECADES = 100.0
"""Positive bounds that are farther apart than by this factor leave the order of magnitude open."""


class Field(Unknown):
    """An unknown scalar function on a domain, of all its coordinates or of those in `depends_on` only.

    Raises DeclarationError for a name that is no word or is a coordinate's, for what is no domain, and for foreign coordinates.
    """

    domain: Domain

    def __init__(self, name: str, domain: Domain, depends_on: Sequence[Coordinate] | None = None) -> None:
        check_unknown_name(name, "a field")
        check_domain(domain, f"field {name}")
        check_no_coordinate(name, domain)
        coordinates = chosen_coordinates(depends_on, domain, name)
        smooth = domain.holds_axis([one.name for one in coordinates])
        self.fix(name=name, domain=domain, frame=domain.frame, coordinates=coordinates, is_smooth=smooth)

    @property
    def unknowns(self) -> tuple[Field, ...]:
        """The field itself: a vector field has several."""
        return (self,)

    def named(self, ending: str) -> Field:
        """Another field like this one, whose name has an ending."""
        return Field(self.name + ending, self.domain, self.coordinates)


class VectorField(Tensor):
    """A vector of unknown fields: one named in `components` each, or one per spatial coordinate, velocity_x, velocity_y …

    In curvilinear coordinates there is one along each unit vector, and 0 stands for one that is not there: components=("u", 0, "w").
    Raises DeclarationError as Field does, for component names that are not distinct, and for too many or too few.
    """

    name: str
    domain: Domain

    def __init__(
        self,
        name: str,
        domain: Domain,
        components: Sequence[str | int] | None = None,
        depends_on: Sequence[Coordinate] | None = None,
    ) -> None:
        check_unknown_name(name, "a vector field")
        check_domain(domain, f"vector field {name}")
        names = component_names(name, domain, components)
        super().__init__(tuple(component(one, domain, depends_on) if one else ZERO for one in names), name)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "domain", domain)

    @property
    def unknowns(self) -> tuple[Field, ...]:
        """The components that are there."""
        return tuple(one for one in self.entries if one is not ZERO)

    def named(self, ending: str) -> VectorField:
        """Another vector field like this one, whose name and components have an ending."""
        names = [0 if one is ZERO else one.name + ending for one in self.entries]
        return VectorField(self.name + ending, self.domain, names, self.unknowns[0].coordinates)


def component(name: str, domain: Domain, depends_on: Sequence[Coordinate] | None) -> Field:
    """A field that is a component of a vector."""
    field = Field(name, domain, depends_on)
    field.fix(is_smooth=False)
    return field


class ComplexField(Complex):
    """An unknown complex function psi, or with `components` a vector of them: made of real fields, psi_real and psi_imag.

    Raises DeclarationError as Field and VectorField do.
    """

    name: str
    domain: Domain

    def __init__(
        self,
        name: str,
        domain: Domain,
        components: Sequence[str] | None = None,
        depends_on: Sequence[Coordinate] | None = None,
    ) -> None:
        check_unknown_name(name, "a complex field")
        check_domain(domain, f"complex field {name}")
        check_no_coordinate(name, domain)
        if components is None:
            parts = (Field(part, domain, depends_on) for part in part_names(name))
        else:
            names = zip(*(part_names(one) if one else (0, 0) for one in component_names(name, domain, components)))
            parts = (VectorField(part, domain, own, depends_on) for part, own in zip(part_names(name), names))
        super().__init__(*parts, name)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "domain", domain)

    @property
    def unknowns(self) -> tuple[Field, ...]:
        """The real fields that it is made of."""
        return (*self.real.unknowns, *self.imag.unknowns)

    def named(self, ending: str) -> ComplexField:
        """Another complex field like this one, whose name and components have an ending."""
        own = [component.name.removesuffix("_real") + ending for component in self.real.components]
        return ComplexField(self.name + ending, self.domain, own if self.shape else None, self.components[0].coordinates)


class Parameter(ParameterNode):
    """An unknown number, found together with the fields. It stays strictly between `lower` and `upper`; `positive` means lower = 0.

    Without `initial` the search begins in the middle of two bounds (of their logarithms where they leave the order of magnitude open), or
    at 1, or as far beyond a single bound as that is from zero.
    Raises DeclarationError for bounds that contradict each other or the initial value.
    """

    initial: float
    lower: float | None
    upper: float | None

    def __init__(
        self, name: str, initial: float | None = None, lower: float | None = None, upper: float | None = None, positive: bool = False
    ) -> None:
        check_unknown_name(name, "a parameter")
        for role, value in (("initial value", initial), ("lower bound", lower), ("upper bound", upper)):
            if not (value is None or is_number(value) and math.isfinite(value)):
                raise DeclarationError(
                    f"the {role} of parameter {name} must be a finite number, not {described(value)}",
                    hint="leave a bound out if there is none" if role != "initial value" else "leave it out if nothing is known",
                )
        if positive:
            lower = positive_lower_bound(name, lower)
        if initial is None:
            initial = inside(lower, upper)
        check_bounds(name, initial, lower, upper)
        self.fix(
            name=name,
            initial=float(initial),
            lower=None if lower is None else float(lower),
            upper=None if upper is None else float(upper),
        )

    @property
    def over_decades(self) -> bool:
        """Whether both bounds are positive and so far apart that they leave the order of magnitude open."""
        return are_decades_apart(self.lower, self.upper)


def are_decades_apart(lower: float | None, upper: float | None) -> bool:
    """Whether two bounds are positive and leave the order of magnitude between them open."""
    return lower is not None and upper is not None and lower > 0 and upper > DECADES * lower


def inside(lower: float | None, upper: float | None) -> float:
    """Where to begin between bounds of which nothing else is known."""
    if lower is not None and upper is not None:
        return math.sqrt(lower) * math.sqrt(upper) if are_decades_apart(lower, upper) else lower + (upper - lower) / 2
    if lower is not None and lower > 0:
        return 2.0 * lower
    if upper is not None and upper < 2:
        return upper - max(1.0, abs(upper))
    return 1.0


class Eigenvalue(ParameterNode):
    """An unknown number for which the conditions have solutions other than zero: Problem(…, modes=k) seeks k of them and their modes.

    They are the lowest; with `near` those nearest to a number.
    Raises DeclarationError for a name that is no word, and for a `near` that is no number.
    """

    near: float | None

    def __init__(self, name: str, near: float | None = None) -> None:
        check_unknown_name(name, "an eigenvalue")
        if not (near is None or is_number(near) and math.isfinite(near)):
            raise DeclarationError(
                f"near of eigenvalue {name} must be a finite number, not {described(near)}", hint="leave it out for the lowest eigenvalues"
            )
        self.fix(name=name, near=None if near is None else float(near))


class ModeEigenvalue(Parameter):
    """The eigenvalue of one mode, an unknown number like others once each mode has its own."""


def positive_lower_bound(name: str, lower: float | None) -> float:
    """The lower bound of a positive parameter."""
    if lower is not None and lower < 0:
        raise DeclarationError(
            f"parameter {name} is declared positive and has the lower bound {lower:g}", hint="leave out one of positive=True and lower="
        )
    return 0.0 if lower is None else lower


def check_bounds(name: str, initial: float, lower: float | None, upper: float | None) -> None:
    """Refuse an empty range, and an initial value that is not inside it."""
    low = -math.inf if lower is None else lower
    high = math.inf if upper is None else upper
    if not low < high:
        raise DeclarationError(
            f"the bounds of parameter {name} leave nothing: lower {low:g} is not below upper {high:g}", hint="exchange or widen them"
        )
    if not low < initial < high:
        raise DeclarationError(
            f"the initial value {initial:g} of parameter {name} is not between {low:g} and {high:g}",
            hint="give initial= a value strictly inside the bounds",
        )


def check_unknown_name(name: object, role: str) -> None:
    """Refuse a name that could not stand in a formula."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise DeclarationError(
            f"{role} needs a name that is one word, not {described(name)}", hint='letters, digits and _, for instance Field("u", domain)'
        )


def check_no_coordinate(name: str, domain: Domain) -> None:
    """Refuse a field that has the name of one of its coordinates."""
    if name in domain.names:
        raise DeclarationError(
            f"field '{name}' has the name of a coordinate of its domain ({', '.join(domain.names)})", hint="give it another name"
        )


def check_domain(domain: object, owner: str) -> None:
    """Refuse what is not a whole domain."""
    if isinstance(domain, Domain):
        return
    hint = "give the domain, for instance Rectangle((0, 0), (1, 1))"
    if isinstance(domain, Region):
        hint = "a field lives on the whole domain; conditions hold on its regions"
    raise DeclarationError(f"{owner} needs a domain, not {described(domain)}", hint=hint)


def chosen_coordinates(depends_on: object, domain: Domain, field: str) -> tuple[Coordinate, ...]:
    """The coordinates a field depends on, in the domain's order."""
    if depends_on is None:
        return domain.coordinates
    chosen = depends_on if isinstance(depends_on, (tuple, list)) else ()
    if not chosen or not all(isinstance(one, Coordinate) for one in chosen):
        listed = ", ".join(domain.names)
        raise DeclarationError(
            f"depends_on of field {field} must be a tuple of coordinates, not {described(depends_on)}",
            hint=f"{listed} = domain.coordinates, then depends_on=({domain.names[0]},); an unknown number is a Parameter",
        )
    names = [one.name for one in chosen]
    for name in names:
        if name not in domain.names:
            raise DeclarationError(f"field {field} cannot depend on {name}: its domain lacks it", hint=did_you_mean(name, domain.names))
    if len(set(names)) < len(names):
        raise DeclarationError(f"depends_on of field {field} names a coordinate twice: {', '.join(names)}", hint="name each once")
    return tuple(one for one in domain.coordinates if one.name in names)


def component_names(name: str, domain: Domain, components: object) -> tuple[str | int, ...]:
    """The names of a vector field's components, 0 for those that are not there."""
    labels = domain.frame.labels
    if components is None:
        return (f"{name}_{labels[0]}", 0, 0) if domain.frame.is_radial else tuple(f"{name}_{one}" for one in labels)
    if not isinstance(components, (tuple, list)) or not components:
        raise DeclarationError(
            f"components of vector field {name} must be a tuple of names, not {described(components)}", hint='components=("u", "v")'
        )
    absent = [domain.frame.is_curved and is_number(one) and one == 0 for one in components]
    named = [one for one, missing in zip(components, absent) if not missing]
    for one in named:
        check_unknown_name(one, f"a component of vector field {name}")
    if not named or len({name, *named}) < len(named) + 1:
        raise DeclarationError(
            f"vector field {name} and its components ({', '.join(map(str, components))}) need names that differ", hint='components=("u", "v")'
        )
    if domain.frame.is_curved and len(components) != len(labels):
        zeros = "; 0 stands for a component that is not there" if len(components) < len(labels) else ""
        raise DeclarationError(
            f"vector field {name} has {len(components)} components, but in {domain.system} coordinates a vector has {len(labels)}",
            hint=f"they are those along ({', '.join(labels)}){zeros}",
        )
    return tuple(0 if missing else one for one, missing in zip(components, absent))
