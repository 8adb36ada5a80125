"""Formulas at other points than the one a condition holds at: u(0, t), u(x, t − 1), and under an integral u(s, t)."""

from __future__ import annotations

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.symbolic.complex import Complex, linearly
from pinnaux.symbolic.expression import Constant, Function, Power, Product, Sum
from pinnaux.symbolic.formula import LAW, described
from pinnaux.symbolic.integral import Variable, everything
from pinnaux.symbolic.scalar import Coordinate, Data, Elsewhere, Expr, Normal, Where, as_expr, coordinate_key, moved, owner, postorder
from pinnaux.symbolic.tensor import Tensor, as_formula

__all__ = ["at"]

Formulas = Expr | Tensor | Complex
KNOWN = "places and ends are formulas of coordinates and numbers"


def at(formula: Formulas, **places: object) -> Formulas:
    """The formula at another point: at(u, x=s), of u(x, t), is u(s, t). Coordinates that are not named stay as they are.

    A place is a number or a formula of coordinates and of variables of integration.
    Raises DeclarationError for a coordinate that nothing in the formula depends on, and a place that is not known beforehand.
    """
    formula = as_formula(formula, "cannot take elsewhere")
    if not places:
        raise DeclarationError(f"at needs a place for {described(formula)}", hint="at(u, x=0), or at(u, x=s) inside an integral over s")
    for node in everything(formula.components):
        if isinstance(node, (Normal, Data)):
            raise DeclarationError(f"cannot take {described(formula)} elsewhere: {node} is known at the region's own points only",
                                   hint="take the field elsewhere: at(u, x=0)*…")
    found = {coordinate_key(name): checked_place(formula, name, place) for name, place in places.items()}
    label = f"at({formula}, {', '.join(f'{name}={place}' for name, place in places.items())})"
    return linearly(lambda part: part.map(lambda entry: moved(entry, found), label), formula, label)


def checked_place(formula: Formulas, name: str, place: object) -> Expr:
    """The place as a formula that is known before the problem is solved; `name` is a coordinate that the formula depends on."""
    dependences = dependences_of(formula)
    known = {one: None for names in dependences.values() for one in names}
    if name not in known:
        what = listed_dependences(dependences) or "nothing in it depends on a field"
        raise DeclarationError(f"cannot take {described(formula)} at {name}={place}: {what}",
                               hint=did_you_mean(name, known) if known else "a number is the same everywhere")
    return known_formula(place, f"cannot take {described(formula)} at {name}=", f"{KNOWN}; an unknown law of u is {LAW}")


def known_formula(value: object, attempt: str, hint: str = KNOWN) -> Expr:
    """A number, or a formula of coordinates and variables of integration alone; anything else is refused."""
    expression = as_expr(value, attempt)
    for node in postorder([expression]):
        if not isinstance(node, (Constant, Coordinate, Variable, Sum, Product, Power, Function, Where)):
            raise DeclarationError(f"{attempt}{expression}: {node} is not known before the problem is solved", hint=hint)
    return expression


def dependences_of(formula: Formulas) -> dict[str, list[str]]:
    """The coordinates that every coordinate and field in the formula depends on, by its name; those integrated over left out."""
    dependences: dict[str, list[str]] = {}
    for node in everything(formula.components):
        unknown = owner(node)
        if isinstance(node, Coordinate):
            dependences[node.name] = [node.name]
        elif unknown is not None:
            own = node.remaining if isinstance(node, Elsewhere) else [one.name for one in unknown.coordinates]
            dependences[unknown.name] = list(dict.fromkeys([*dependences.get(unknown.name, ()), *own]))
    return dependences


def listed_dependences(dependences: dict[str, list[str]]) -> str:
    """In words: u depends on x, t."""
    return "; ".join(f"{name} depends on {', '.join(names) or 'nothing'}" for name, names in dependences.items() if names != [name])
