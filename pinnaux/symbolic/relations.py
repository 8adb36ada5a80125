"""What comparisons of formulas give: equations, inequalities, and their combinations by & | ~."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.formula import Formula, described

if TYPE_CHECKING:
    from pinnaux.symbolic.expression import Expr


class Relation:
    """Abstract base of what may be asked of a point: Equation, Inequality and Predicate. Never True or False by itself."""

    operands: tuple[Formula, ...]

    def rebuilt(self, sides: Iterator[Expr]) -> Relation:
        """The same relation between other scalars, in the order of its operands."""
        raise AssertionError(f"{type(self).__name__} must say how it is rebuilt")

    @property
    def as_equation(self) -> str:
        """How a condition says the same, in words."""
        return "maximum(a - b, 0) == 0 says a <= b; one condition for each"

    def __and__(self, other: object) -> Predicate:
        return Predicate("&", (self, relation(other, "&")))

    def __or__(self, other: object) -> Predicate:
        return Predicate("|", (self, relation(other, "|")))

    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Predicate:
        return Predicate("~", (self,))

    def __bool__(self) -> NoReturn:
        raise DeclarationError(
            f"cannot decide whether {self} is true: it depends on the point",
            hint="use where(u > 0, a, b) instead of if, & | ~ instead of and/or/not, (0 < x) & (x < 1) instead of 0 < x < 1, "
            "minimum and maximum instead of min and max",
        )

    def __repr__(self) -> str:
        return str(self)

    # Two comparisons in a row, (u == 0) == 1, compare an equation.
    def __eq__(self, other: object) -> NoReturn:
        raise DeclarationError(f"cannot compare {self} with something", hint="one == makes one equation; write one condition each")

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
    __hash__ = object.__hash__


class Equation(Relation):
    """`left == right`, of equal shape: a condition to satisfy, or the predicate of the points where it holds."""

    def __init__(self, left: Formula, right: Formula) -> None:
        self.left = left
        self.right = right

    @property
    def operands(self) -> tuple[Formula, ...]:
        return (self.left, self.right)

    def rebuilt(self, sides: Iterator[Expr]) -> Equation:
        return Equation(next(sides), next(sides))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of either side."""
        return self.left.shape

    @property
    def real_parts(self) -> dict[str, Formula]:
        """left − right, in real and imaginary part where it is complex."""
        return (self.left - self.right).real_parts

    def __str__(self) -> str:
        return f"{self.left} == {self.right}"


class Inequality(Relation):
    """`left < right` or `left <= right` between scalars; > and >= are stored with the sides exchanged."""

    def __init__(self, left: Expr, right: Expr, strict: bool) -> None:
        self.left = left
        self.right = right
        self.strict = strict

    @property
    def operands(self) -> tuple[Formula, ...]:
        return (self.left, self.right)

    def rebuilt(self, sides: Iterator[Expr]) -> Inequality:
        return Inequality(next(sides), next(sides), self.strict)

    @property
    def as_equation(self) -> str:
        if self.left.vanishes:
            return f"minimum({self.right}, 0) == 0 says {self.right} >= 0"
        return f"maximum({self.left - self.right}, 0) == 0 says {self.left} <= {self.right}"

    def __str__(self) -> str:
        return f"{self.left} {'<' if self.strict else '<='} {self.right}"


class Predicate(Relation):
    """Relations combined by `operator`: '&', '|' or '~' (one part)."""

    def __init__(self, operator: str, parts: tuple[Relation, ...]) -> None:
        self.operator = operator
        self.parts = parts

    @property
    def operands(self) -> tuple[Formula, ...]:
        return tuple(operand for part in self.parts for operand in part.operands)

    def rebuilt(self, sides: Iterator[Expr]) -> Predicate:
        return Predicate(self.operator, tuple(part.rebuilt(sides) for part in self.parts))

    def __str__(self) -> str:
        if self.operator == "~":
            return f"~({self.parts[0]})"
        return f" {self.operator} ".join(f"({part})" for part in self.parts)


def relation(value: object, operator: str) -> Relation:
    """The value, which must be a comparison of formulas to be combined by `operator`."""
    if isinstance(value, Relation):
        return value
    raise DeclarationError(
        f"cannot combine a comparison and {described(value)} by '{operator}'",
        hint=f"put each comparison in brackets: (x > 0) {operator} (y > 0)",
    )
