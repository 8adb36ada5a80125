"""The leaves of scalar formulas (coordinates, unknowns, derivatives, parameters, data, normals) and the nodes with a choice.

This module is the whole scalar language for those who build on it; expression.py has its arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pinnaux.errors import DeclarationError, Location, here
from pinnaux.symbolic.expression import (
    ONE,
    ZERO,
    Constant,
    Elementary,
    Expr,
    Function,
    Power,
    Product,
    Sum,
    add,
    as_expr,
    divide,
    is_constant,
    multiply,
    power,
    subtract,
)
from pinnaux.symbolic.frame import Frame
from pinnaux.symbolic.jump import Jump
from pinnaux.symbolic.relations import Equation, Inequality, Predicate, Relation
from pinnaux.symbolic.walk import ATOM, Text, differentiate, moved, postorder, rebuilt

__all__ = [
    "ONE", "ZERO", "Constant", "Coordinate", "Data", "Derivative", "Elementary", "Elsewhere", "Equation", "Expr", "Function",
    "Inequality", "Normal", "ParameterNode", "Pointwise", "Power", "Predicate", "Product", "Relation", "Sum", "Unknown", "Where", "add",
    "as_expr", "coordinate_key", "differentiate", "divide", "is_constant", "moved", "multiply", "normal_key", "owner", "postorder", "power", "subtract",
]


class Coordinate(Expr):
    """A coordinate of a domain whose spatial coordinates are those of `frame`. Two of the same name mean the same thing."""

    name: str
    frame: Frame

    def __init__(self, name: str, frame: Frame) -> None:
        self.fix(name=name, frame=frame)

    @property
    def is_time(self) -> bool:
        """Whether it is time, on which spatial operators never act."""
        return self.name not in self.frame.names

    @property
    def key(self) -> object:
        return coordinate_key(self.name)

    def text(self, parts: Sequence[Text]) -> Text:
        return self.name, ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return ONE if coordinate == self.name else ZERO

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return places.get(self.key, self)


def coordinate_key(name: str) -> object:
    """The key of the coordinates of this name."""
    return ("coordinate", name)


class Unknown(Expr):
    """Abstract scalar unknown function of `coordinates`, on a domain whose spatial coordinates are those of `frame`.

    It `is_smooth` if it is a smooth function of the place also on the axis of curvilinear coordinates, which lies in its domain: so are
    scalars, and components of vectors are not, because unit vectors turn there.
    """

    name: str
    coordinates: tuple[Coordinate, ...]
    frame: Frame
    is_smooth: bool

    def text(self, parts: Sequence[Text]) -> Text:
        return self.name, ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return derivative_of(self, {}, coordinate)

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return elsewhere(self, {}, places)


class Derivative(Expr):
    """A derivative of an unknown: `orders` holds (coordinate name, order ≥ 1) in the order of the unknown's coordinates."""

    unknown: Unknown
    orders: tuple[tuple[str, int], ...]

    def __init__(self, unknown: Unknown, orders: tuple[tuple[str, int], ...]) -> None:
        self.fix(unknown=unknown, orders=orders)

    @property
    def order(self) -> int:
        """The total order."""
        return sum(order for _, order in self.orders)

    @property
    def key(self) -> object:
        return ("derivative", id(self.unknown), self.orders)

    def text(self, parts: Sequence[Text]) -> Text:
        names = [name for name, order in self.orders for _ in range(order)]
        if all(len(name) == 1 for name in names):
            return f"{self.unknown.name}_{''.join(names)}", ATOM
        return f"{self.unknown.name}_{{{','.join(names)}}}", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return derivative_of(self.unknown, dict(self.orders), coordinate)

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return elsewhere(self, {}, places)


def derivative_of(unknown: Unknown, orders: dict[str, int], coordinate: str) -> Expr:
    """The derivative of `unknown` of the given orders, differentiated once more; mixed derivatives commute."""
    names = [one.name for one in unknown.coordinates]
    if coordinate not in names:
        return ZERO
    counts = {name: orders.get(name, 0) + (name == coordinate) for name in names}
    return Derivative(unknown, tuple((name, count) for name, count in counts.items() if count))


class Elsewhere(Expr):
    """An unknown, or a derivative of one (`leaf`), at another point: the coordinates `names` have the values of the children."""

    leaf: Unknown | Derivative
    names: tuple[str, ...]

    def __init__(self, leaf: Unknown | Derivative, places: Mapping[str, Expr]) -> None:
        self.fix(leaf=leaf, names=tuple(places), children=tuple(places.values()))

    @property
    def unknown(self) -> Unknown:
        return owner(self.leaf)

    @property
    def places(self) -> dict[str, Expr]:
        """The value of every coordinate that is another one."""
        return dict(zip(self.names, self.children))

    @property
    def remaining(self) -> tuple[str, ...]:
        """The coordinates of the unknown that stay as they are."""
        return tuple(one.name for one in self.unknown.coordinates if one.name not in self.names)

    @property
    def key(self) -> object:
        return ("elsewhere", self.leaf.key, self.names, tuple(place.key for place in self.children))

    def text(self, parts: Sequence[Text]) -> Text:
        return f"{self.leaf}({', '.join(f'{name}={word}' for name, (word, _) in zip(self.names, parts))})", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        """∂/∂c u(p(c), c) = u_p(p, c) p' + u_c(p, c)."""
        terms = [multiply(self._slope(name), slope) for name, slope in zip(self.names, tangents) if not is_constant(slope, 0.0)]
        return add(*terms, self._slope(coordinate)) if coordinate in self.remaining else add(*terms)

    def _slope(self, name: str) -> Elsewhere:
        return Elsewhere(self.leaf.tangent(name, ()), self.places)

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return elsewhere(self.leaf, dict(zip(self.names, parts)), places)

    def replaced(self, leaf: Callable[[Expr], Expr], parts: Sequence[Expr]) -> Expr:
        return Elsewhere(leaf(self.leaf), dict(zip(self.names, parts)))


def elsewhere(leaf: Unknown | Derivative, moved_already: Mapping[str, Expr], places: Mapping[object, Expr]) -> Expr:
    """The leaf with some of its unknown's coordinates at other places; itself where that makes no difference."""
    found = {}
    for one in owner(leaf).coordinates:
        place = moved_already[one.name] if one.name in moved_already else places.get(one.key, one)
        if place.key != one.key:
            found[one.name] = place
    return Elsewhere(leaf, found) if found else leaf


def owner(node: Expr) -> Unknown | None:
    """The unknown that a node is, or is a derivative or a value elsewhere of; None of any other node."""
    if isinstance(node, (Derivative, Elsewhere)):
        return node.unknown
    return node if isinstance(node, Unknown) else None


class ParameterNode(Expr):
    """Abstract scalar unknown number, the same at every point."""

    name: str

    def text(self, parts: Sequence[Text]) -> Text:
        return self.name, ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return ZERO


class Data(Expr):
    """The measured column `column` of the observations `source`, one value at each of their points."""

    source: object
    column: str

    def __init__(self, source: object, column: str) -> None:
        self.fix(source=source, column=column)

    @property
    def key(self) -> object:
        return ("data", id(self.source), self.column)

    def text(self, parts: Sequence[Text]) -> Text:
        return f"data['{self.column}']", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        raise DeclarationError(
            f"cannot differentiate the measured column '{self.column}' in {coordinate}",
            hint="measurements are known at their points only; differentiate the field instead",
        )


class Normal(Expr):
    """The component of the outward unit normal along the spatial coordinate `name`."""

    name: str
    frame: Frame

    def __init__(self, name: str, frame: Frame) -> None:
        self.fix(name=name, frame=frame)

    @property
    def key(self) -> object:
        return normal_key(self.name)

    def text(self, parts: Sequence[Text]) -> Text:
        return f"n_{self.name}", ATOM

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return places.get(self.key, self)

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        raise DeclarationError(
            f"cannot differentiate the normal component n_{self.name} in {coordinate}",
            hint="the normal is known on the boundary only; differentiate first, then take dot(…, normal)",
        )


def normal_key(name: str) -> object:
    """The key of the normal's components of this name."""
    return ("normal", name)


class Pointwise(Expr):
    """`function`, a torch function of one tensor, at every point; `derivative` gives the formula of its derivative, if known."""

    function: Callable[..., object]
    derivative: Callable[[Expr], object] | None
    where: Location | None

    def __init__(self, function: Callable[..., object], derivative: Callable[[Expr], object] | None, argument: Expr) -> None:
        self.fix(function=function, derivative=derivative, where=here(), children=(argument,))

    @property
    def argument(self) -> Expr:
        return self.children[0]

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "pointwise").replace("<lambda>", "pointwise")

    def text(self, parts: Sequence[Text]) -> Text:
        return f"{self.name}({parts[0][0]})", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        if is_constant(tangents[0], 0.0):
            return ZERO
        if self.derivative is None:
            raise DeclarationError(
                f"cannot differentiate {self} in {coordinate}: pointwise function {self.name} has no derivative",
                hint=f"give it: pointwise({self.name}, derivative=g) with g a pinnaux function or another pointwise function",
            )
        slope = self.derivative(self.argument)
        return multiply(as_expr(slope, f"the derivative of {self.name} cannot be"), tangents[0])


class Where(Expr):
    """`yes` where the predicate holds, `no` elsewhere; differentiated branch by branch.

    Two different numbers meet in a jump, whose derivative is no function; so do formulas of coordinates that differ where a
    predicate of coordinates changes, which `differ` finds: differentiating them is refused. Branches with unknowns are taken to meet.
    """

    predicate: Relation
    differ: Callable[[Where, str, Sequence[str]], bool] | None

    def __init__(self, predicate: Relation, yes: Expr, no: Expr, differ: Callable[[Where, str, Sequence[str]], bool] | None = None) -> None:
        sides = tuple(side for operand in predicate.operands for side in operand.components)
        self.fix(predicate=predicate, differ=differ, children=(*sides, yes, no))

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return Where(self.predicate.rebuilt(iter(parts)), *parts[-2:], self.differ) if rebuilt(self, parts) is not self else self

    @property
    def yes(self) -> Expr:
        return self.children[-2]

    @property
    def no(self) -> Expr:
        return self.children[-1]

    def text(self, parts: Sequence[Text]) -> Text:
        return f"where({self.predicate}, {parts[-2][0]}, {parts[-1][0]})", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        yes, no = tangents[-2:]
        slope = ZERO if is_constant(yes, 0.0) and is_constant(no, 0.0) else Where(self.predicate, yes, no, self.differ)
        if all(is_constant(side, 0.0) for side in tangents[:-2]) or not self.jumps(coordinate):
            return slope
        return add(slope, Jump(self, self.side, f"{self.predicate} changes"))

    @property
    def side(self) -> Expr | None:
        """The formula that is 0 where the predicate changes, if it compares with a number."""
        if not isinstance(self.predicate, Inequality):
            return None
        left, right = self.predicate.left, self.predicate.right
        if is_constant(right, 0.0):
            return left
        return right if is_constant(left, 0.0) else subtract(left, right)

    def jumps(self, coordinate: str) -> bool:
        """Whether the branches differ where the predicate changes along the coordinate, as far as that can be told."""
        if is_constant(self.yes) and is_constant(self.no):
            return self.yes.value != self.no.value
        known = (Constant, Coordinate, Sum, Product, Power, Function, Where)
        nodes = postorder([self])
        if self.differ is None or not all(isinstance(node, known) for node in nodes):
            return False
        return self.differ(self, coordinate, sorted({node.name for node in nodes if isinstance(node, Coordinate)}))
