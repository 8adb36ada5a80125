"""A problem: fields, the conditions on them, and what to report. It is checked as a whole here, and immutable."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from pinnaux.conditions import Condition, parameters_in, unknowns_in
from pinnaux.eigenproblem import check_eigenproblem
from pinnaux.elsewhere import check_places
from pinnaux.errors import DeclarationError, Location, did_you_mean
from pinnaux.fields import ComplexField, Eigenvalue, Field, Parameter, VectorField
from pinnaux.geometry.domain import Domain
from pinnaux.observations import Observations
from pinnaux.symbolic.complex import Complex, arrays, promoted
from pinnaux.symbolic.formula import described, is_number
from pinnaux.symbolic.integral import everything
from pinnaux.symbolic.relations import Relation
from pinnaux.symbolic.scalar import Coordinate, Data, Expr, Normal, ParameterNode
from pinnaux.symbolic.tensor import Tensor, as_formula
from pinnaux.unknown_function import Coefficient, UnknownFunction

__all__ = ["ComplexField", "Condition", "Eigenvalue", "Field", "Observations", "Parameter", "Problem", "UnknownFunction", "VectorField"]


Formulas = Expr | Tensor | Complex


@dataclass(frozen=True, eq=False)
class Problem:
    """`fields` that satisfy `conditions`; `outputs` (default: the fields) are reported by name.

    They are compared with `exact` where given. `accuracy` (estimated relative L2 error to reach) and `time_limit` (seconds) are
    defaults for solving. Where the conditions hold an Eigenvalue, they are solved for as many `modes`.
    Raises DeclarationError for names that clash, fields that are missing or not constrained, outputs or exact solutions
    that could not be evaluated, and eigenvalue problems that are not linear and homogeneous.
    """

    fields: Sequence[Field | VectorField | ComplexField]
    conditions: Sequence[Condition]
    outputs: Mapping[str, Formulas] | None = None
    exact: Mapping[str, Formulas] | None = None
    accuracy: float | None = None
    time_limit: float | None = None
    modes: int = 1

    def __post_init__(self) -> None:
        self._fix(fields=checked_items(self.fields, "fields", (Field, VectorField, ComplexField)))
        self._fix(conditions=checked_items(self.conditions, "conditions", (Condition,)))
        check_unique(self._declared_names(), "fields, parameters and functions", "give each its own name")
        check_unique([condition.name for condition in self.conditions], "conditions", "a name appears in every report; make them differ")
        check_domains(self.unknowns)
        check_fields_and_conditions(self)
        self._fix(outputs=self._checked_outputs())
        self._fix(exact=self._checked_exact())
        for name in ("accuracy", "time_limit"):
            check_positive(getattr(self, name), name)
        check_eigenproblem(self)

    def _fix(self, **attributes: object) -> None:
        """Set attributes once, while the problem is made."""
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of fields, parameters and unknown functions."""
        return tuple(one.name for one in (*self.fields, *self.numbers, *self.functions))

    def __repr__(self) -> str:
        return f"Problem({', '.join(self.names)} on {self.domain!r}: {', '.join(one.name for one in self.conditions)})"

    @cached_property
    def unknowns(self) -> tuple[Field, ...]:
        """The scalar fields, in the order of `fields`."""
        return tuple(one for field in self.fields for one in field.unknowns)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters found in the conditions, in order of appearance."""
        return tuple(dict.fromkeys(one for condition in self.conditions for one in condition.parameters))

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """The parameters that the user declared, without those that unknown functions are made of."""
        return tuple(one for one in self.parameters if not isinstance(one, Coefficient))

    @cached_property
    def functions(self) -> tuple[UnknownFunction, ...]:
        """The unknown functions found in the conditions, in order of appearance."""
        return tuple(dict.fromkeys(one.function for one in self.parameters if isinstance(one, Coefficient)))

    @property
    def eigenvalue(self) -> Eigenvalue | None:
        """The eigenvalue in the conditions, if there is one."""
        return next((one for one in self.parameters if isinstance(one, Eigenvalue)), None)

    @property
    def is_complex(self) -> bool:
        """Whether all unknown functions are complex."""
        return all(isinstance(field, ComplexField) for field in self.fields)

    @cached_property
    def domain(self) -> Domain:
        """The fields' domain; where they have several, the one with the most coordinates."""
        return max((field.domain for field in self.unknowns), key=lambda domain: domain.dimension)

    @property
    def named(self) -> dict[str, Formulas]:
        """Every unknown by its name: fields, vector and complex fields and their components, parameters; not unknown functions."""
        entries = [(field.name, field) for field in self.fields]
        entries += [(one.name, one) for one in (*self.unknowns, *self.numbers)]
        return dict(entries)

    def _declared_names(self) -> list[str]:
        composed = [field.name for field in self.fields if not isinstance(field, Field)]
        return composed + [one.name for one in (*self.unknowns, *self.numbers, *self.functions)]

    def _checked_outputs(self) -> Mapping[str, Formulas]:
        """The outputs by name, each a formula that can be evaluated anywhere once the problem is solved."""
        if self.outputs is None:
            return MappingProxyType({field.name: field for field in self.fields})
        outputs = formulas_by_name(self.outputs, "outputs")
        for name, formula in outputs.items():
            if name in self.named and formula is not self.named[name]:
                raise DeclarationError(
                    f"output '{name}' is {described(formula)}, but {name} is also the name of {described(self.named[name])}",
                    hint="give the output another name",
                )
            check_output(self, name, formula)
        check_arrays({**{field.name: field for field in self.fields}, **outputs})
        return MappingProxyType(outputs)

    def _checked_exact(self) -> Mapping[str, Formulas]:
        """The exact solutions by the names of outputs or fields, each of the same shape."""
        if self.exact is None:
            return MappingProxyType({})
        exact = formulas_by_name(self.exact, "exact")
        targets = {**{name: one for name, one in self.named.items() if not isinstance(one, ParameterNode)}, **self.outputs}
        for name, formula in exact.items():
            if name not in targets:
                raise DeclarationError(f"exact names '{name}', which is neither a field nor an output", hint=did_you_mean(name, targets))
            check_exact(self, name, formula, targets[name])
        return MappingProxyType({name: promoted(one) if isinstance(targets[name], Complex) else one for name, one in exact.items()})


def checked_items(items: object, role: str, kinds: tuple[type, ...]) -> tuple:
    """The items of a list, each of which must be of one of the kinds."""
    wanted = " or ".join(kind.__name__ for kind in kinds)
    if not isinstance(items, (list, tuple)) or not items:
        what = "an empty list" if isinstance(items, (list, tuple)) else described(items)
        raise DeclarationError(f"{role} must be a list of {wanted}, not {what}", hint=f"{role}=[…]")
    for item in items:
        if not isinstance(item, kinds):
            raise DeclarationError(f"{role} holds {described(item)}, which is no {wanted}", hint=hint_for_item(item, role))
    return tuple(items)


def hint_for_item(item: object, role: str) -> str:
    """Where a misplaced item belongs."""
    if isinstance(item, ParameterNode):
        return "parameters are found in the conditions; leave them out of fields="
    if isinstance(item, Relation):
        return 'give it a name and a region: Condition("name", left == right, on=domain)'
    return 'fields are made by Field("u", domain) or VectorField' if role == "fields" else "conditions are made by Condition(…)"


def check_unique(names: list[str], role: str, hint: str) -> None:
    """Refuse a name that occurs twice."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DeclarationError(f"two of the {role} are named '{repeated[0]}'", hint=hint)


def check_domains(unknowns: tuple[Field, ...]) -> None:
    """Refuse fields on domains whose coordinates of the same name mean different things, or none of which has all coordinates."""
    domains = list({field.domain: field for field in unknowns}.items())
    largest, _ = max(domains, key=lambda pair: pair[0].dimension)
    for domain, field in domains:
        for name in domain.names:
            if name not in largest.names:
                raise DeclarationError(
                    f"field {field.name} depends on {name}, but the largest domain {largest!r} has only {', '.join(largest.names)}",
                    hint="one domain must have all coordinates; fields on it may depend on fewer: depends_on=(x,)",
                )
            if (name in domain.space) != (name in largest.space) or domain.periodic.get(name) != largest.periodic.get(name) or domain.system != largest.system:
                raise DeclarationError(
                    f"coordinate {name} means different things in the domains of the fields: {domain!r} and {largest!r}",
                    hint="give it another name in one of them (names=…), or declare both fields on one domain",
                )


def check_fields_and_conditions(problem: Problem) -> None:
    """Refuse a field that only the conditions know, and one that no condition constrains."""
    constrained = {unknown for condition in problem.conditions for unknown in condition.unknowns}
    for condition in problem.conditions:
        for unknown in condition.unknowns:
            check_declared(problem, unknown, f"condition '{condition.name}'", condition.where)
    for unknown in problem.unknowns:
        if unknown not in constrained:
            raise DeclarationError(
                f"no condition constrains field {unknown.name}", hint="give it a condition, or leave it out of fields="
            )


def check_declared(problem: Problem, unknown: Field, owner: str, where: Location | None = None) -> None:
    """Refuse a field that is not one of the problem's."""
    if unknown in set(problem.unknowns):
        return
    names = ", ".join(field.name for field in problem.fields)
    namesake = unknown.name in problem.named
    raise DeclarationError(
        f"{owner} holds a field {unknown.name} that is not {'the one' if namesake else ''} in fields=".replace("  ", " "),
        hint=f"fields= has {names}; " + ("declare the field once and use it everywhere" if namesake else f"add {unknown.name} to it"),
        where=where,
    )


def formulas_by_name(given: object, role: str) -> dict[str, Formulas]:
    """A mapping of names to formulas; tuples become tensors, numbers constants."""
    if not isinstance(given, Mapping):
        raise DeclarationError(f"{role} must be a dictionary of formulas, not {described(given)}", hint=f'{role}={{"u": u}}')
    for name in given:
        if not isinstance(name, str) or not name.strip():
            raise DeclarationError(f"{role} needs names, not {described(name)}", hint=f'{role}={{"flux": grad(u)}}')
    return {name: as_formula(formula, f"{role} '{name}' cannot be") for name, formula in given.items()}


def check_output(problem: Problem, name: str, formula: Formulas) -> None:
    """Refuse an output that could not be evaluated at every point of the domain."""
    for unknown in unknowns_in((formula,)):
        check_declared(problem, unknown, f"output '{name}'")
    for parameter in parameters_in((formula,)):
        if parameter not in set(problem.parameters):
            raise DeclarationError(
                f"output '{name}' holds parameter {parameter.name}, which no condition determines",
                hint="use it in a condition, or write its value",
            )
    check_evaluable(problem, f"output '{name}'", formula)


def check_arrays(outputs: Mapping[str, Formulas]) -> None:
    """Refuse an output that has the name of a part of a complex one."""
    known: dict[str, Formulas] = {}
    for name, formula in outputs.items():
        for array, part in arrays(name, formula).items():
            if known.setdefault(array, part) is not part:
                raise DeclarationError(f"two of the outputs are written as '{array}': {known[array]} and {part}",
                                       hint="a complex output psi is written as psi_real and psi_imag; rename one of them")


def check_exact(problem: Problem, name: str, formula: Formulas, target: Formulas) -> None:
    """Refuse an exact solution that holds unknowns, or has another shape than what it is compared with."""
    unknown = next((one.name for one in (*unknowns_in((formula,)), *parameters_in((formula,)))), None)
    if unknown is not None:
        raise DeclarationError(
            f"exact '{name}' holds the unknown {unknown}", hint="an exact solution is a formula of coordinates and numbers"
        )
    if formula.shape != target.shape:
        raise DeclarationError(
            f"exact '{name}' is the {described(formula)}, but {name} is a {target.noun}: shapes {formula.shape} and {target.shape} differ",
            hint="give one formula for each component, as a tuple",
        )
    if isinstance(formula, Complex) and not isinstance(target, Complex):
        raise DeclarationError(f"exact '{name}' is the {described(formula)}, but {name} is a {target.noun}",
                               hint=f"real(…) and imag(…) are real; a complex unknown is ComplexField(\"{name}\", domain)")
    check_evaluable(problem, f"exact '{name}'", formula)


def check_evaluable(problem: Problem, owner: str, formula: Formulas) -> None:
    """Refuse normals, measurements and foreign coordinates in what is evaluated all over the domain."""
    for node in everything(formula.components):
        if isinstance(node, (Normal, Data)):
            kind = "the normal" if isinstance(node, Normal) else "the measured column"
            raise DeclarationError(
                f"{owner} holds {kind} {node}, which is not known all over the domain", hint="use fields and coordinates only"
            )
        if isinstance(node, Coordinate) and node.name not in problem.domain.names:
            raise DeclarationError(
                f"{owner} depends on {node.name}, which the problem's domain lacks", hint=did_you_mean(node.name, problem.domain.names)
            )
    check_places(owner, formula.components, problem.domain.interior)


def check_positive(value: object, name: str) -> None:
    """Refuse a limit that is no positive number."""
    if value is None or is_number(value) and 0 < value < math.inf:
        return
    raise DeclarationError(f"{name} must be a positive number, not {described(value)}", hint=f"{name}=… or leave it out")
