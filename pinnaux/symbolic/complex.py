"""Complex formulas: two real formulas of one shape. Whatever comes after the language sees the two parts only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, TypeVar

import numpy as np

from pinnaux.symbolic.formula import Formula, described, is_number, listing, refuse_array, shape_of, shape_word
from pinnaux.symbolic.refusals import refuse_shapes
from pinnaux.symbolic.relations import Equation
from pinnaux.symbolic.walk import LONGEST_PART, bracketed_label

if TYPE_CHECKING:
    from pinnaux.symbolic.expression import Expr

OPERATORS = (
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__pow__", "__rpow__",
    "__eq__", "__lt__", "__le__", "__gt__", "__ge__",
)
RealFormulas = TypeVar("RealFormulas", bound=type)


class Complex(Formula):
    """real + i·imag. `label` is how messages name it."""

    real: Formula
    imag: Formula
    label: str

    def __init__(self, real: Formula, imag: Formula, label: str) -> None:
        short = label if len(label) <= LONGEST_PART else label[:LONGEST_PART] + "…"
        for name, value in (("real", real), ("imag", imag), ("label", short), ("shape", real.shape)):
            object.__setattr__(self, name, value)

    @property
    def components(self) -> tuple[Expr, ...]:
        """The scalars of the real part, then those of the imaginary part."""
        return (*self.real.components, *self.imag.components)

    @property
    def noun(self) -> str:
        return shape_word(self.shape) if self.imag.vanishes else f"complex {shape_word(self.shape)}"

    @property
    def real_parts(self) -> dict[str, Formula]:
        """Those of real and imaginary part that say something."""
        return {name: part for name, part in (("real", self.real), ("imag", self.imag)) if not part.vanishes}

    def assembled(self, columns: np.ndarray) -> np.ndarray:
        real, imag = np.split(columns, 2)
        return self.real.assembled(real) + 1j * self.imag.assembled(imag)

    def __str__(self) -> str:
        return self.label

    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self.real)

    def __iter__(self) -> Iterator[Formula]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | tuple[int, int]) -> Formula:
        return joined(self.real[index], self.imag[index], f"{bracketed_label(self)}[{index}]")

    def partner(self, other: object, verb: str) -> Complex:
        """The other operand, of the same shape, as a complex formula."""
        if isinstance(other, np.ndarray) and other.ndim:
            refuse_array(other, self)
        if shape_of(other) != self.shape:
            refuse_shapes(verb, self, other)
        real, imag = parts(other)
        return Complex(self.real.partner(real, verb), self.imag.partner(imag, verb), written(other))

    def __add__(self, other: object) -> Formula:
        other = self.partner(other, "add")
        return joined(self.real + other.real, self.imag + other.imag, f"{self} + {other}")

    def __sub__(self, other: object) -> Formula:
        other = self.partner(other, "subtract")
        return joined(self.real - other.real, self.imag - other.imag, f"{self} - {bracketed_label(other)}")

    def __mul__(self, other: object) -> Formula:
        return self.times(other, f"{bracketed_label(self)}*{bracketed_label(written(other))}")

    def __rmul__(self, other: object) -> Formula:
        return self.times(other, f"{bracketed_label(written(other))}*{bracketed_label(self)}")

    def times(self, other: object, label: str) -> Formula:
        """(a + ib)(c + id) = ac − bd + i(ad + bc)."""
        real, imag = parts(other)
        return joined(self.real * real - self.imag * imag, self.real * imag + self.imag * real, label)

    def __truediv__(self, other: object) -> Formula:
        """(a + ib)/(c + id) = (ac + bd + i(bc − ad))/(c² + d²)."""
        label = f"{bracketed_label(self)}/{bracketed_label(written(other))}"
        if not is_complex(other):
            return joined(self.real / other, self.imag / other, label)
        real, imag = parts(other)
        size = real * real + imag * imag
        return joined((self.real * real + self.imag * imag) / size, (self.imag * real - self.real * imag) / size, label)

    def __rtruediv__(self, other: object) -> Formula:
        if self.shape:
            self.refuse("divide by", "divide by a scalar")
        return self.partner(other, "divide") / self

    def __pow__(self, exponent: object) -> Formula:
        if self.shape or not is_number(exponent) or not float(exponent).is_integer():
            self.refuse("take other than whole powers of", "exp(p*log(z)) is the principal value of the power p of a complex scalar")
        if exponent < 0:
            return 1 / self**-exponent
        label = f"{bracketed_label(self)}^{int(exponent)}"
        return relabelled(whole_power(self, int(exponent)), label)

    def __rpow__(self, base: object) -> NoReturn:
        self.refuse("raise to the power of", "exp(z*log(b)) is the principal value of b to the power z")

    def __neg__(self) -> Formula:
        return joined(-self.real, -self.imag, f"-{bracketed_label(self)}")

    def __eq__(self, other: object) -> Equation:
        return Equation(self, self.partner(other, "equate"))

    def __lt__(self, other: object) -> NoReturn:
        self.refuse(f"order {described(other)} and", "only real formulas have an order: compare abs(z), real(z) or imag(z)")

    __le__ = __gt__ = __ge__ = __lt__


def joined(real: Formula, imag: Formula, label: str = "") -> Formula:
    """real + i·imag, a real formula where the imaginary part cancels."""
    real, imag = real.simplified, imag.simplified
    return real if imag.vanishes else Complex(real, imag, label)


def part_names(name: str) -> tuple[str, str]:
    """What real and imaginary part of something complex are called where arrays and unknowns are real."""
    return f"{name}_real", f"{name}_imag"


def arrays(name: str, formula: Formula) -> dict[str, Formula]:
    """The real formulas whose values are written for something of this name, by the names they are written under."""
    return dict(zip(part_names(name), (formula.real, formula.imag))) if isinstance(formula, Complex) else {name: formula}


def real_arrays(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays by name, complex ones in two, real and imaginary part."""
    return {one: array for name, whole in values.items() for one, array in
            (zip(part_names(name), (whole.real, whole.imag)) if np.iscomplexobj(whole) else ((name, whole),))}


def relabelled(formula: Formula, label: str) -> Formula:
    """The formula, named so in messages if it is complex."""
    return Complex(formula.real, formula.imag, label) if isinstance(formula, Complex) else formula


def promoted(formula: Formula) -> Complex:
    """The formula as a complex one, with the imaginary part zero if it is real."""
    return formula if isinstance(formula, Complex) else Complex(formula, formula * 0.0, str(formula))


def whole_power(base: Formula, exponent: int) -> Formula:
    """base^exponent by repeated squaring, exponent ≥ 0."""
    if exponent == 0:
        return base * 0.0 + 1.0
    if exponent == 1:
        return base
    root = whole_power(base * base, exponent // 2)
    return root * base if exponent % 2 else root


def is_complex(value: object) -> bool:
    """Whether the value is a complex formula or number, or a tuple that holds one."""
    if isinstance(value, (tuple, list)):
        return any(is_complex(one) for one in value)
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind == "c"
    return isinstance(value, (Complex, complex, np.complexfloating))


def parts(value: object) -> tuple[object, object]:
    """Real and imaginary part of a formula, number or nested tuple, of the same sort."""
    if isinstance(value, (tuple, list)):
        pairs = [parts(one) for one in value]
        return tuple(real for real, _ in pairs), tuple(imag for _, imag in pairs)
    if is_complex(value):
        return value.real, value.imag
    return value, value * 0.0 if isinstance(value, Formula) else 0.0


def written(value: object) -> str:
    """An operand as the user wrote it, numbers with six digits."""
    if isinstance(value, (tuple, list)):
        return listing(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def linearly(function: Callable[[Formula], Formula], formula: Formula, label: str) -> Formula:
    """function(formula) of a real formula, and f(a + ib) = f(a) + i f(b) of a complex one."""
    if not isinstance(formula, Complex):
        return function(formula)
    return relabelled(function(formula.real) + 1j * function(formula.imag), label)


def bilinearly(function: Callable[[Formula, Formula], Formula], left: Formula, right: Formula, label: str) -> Formula:
    """function(left, right) of real formulas, and what follows for complex ones from its being linear in either."""
    return linearly(lambda a: linearly(lambda b: function(a, b), right, label), left, label)


def meeting_complex(formulas: RealFormulas) -> RealFormulas:
    """The class of real formulas, whose operators are now those of Complex where the other operand is complex."""
    for name in OPERATORS:
        setattr(formulas, name, meeting(getattr(formulas, name)))
    return formulas


def meeting(operator: Callable[[Formula, object], object]) -> Callable[[Formula, object], object]:
    """The operator of a real formula, which leaves a complex partner to Complex."""
    @wraps(operator)
    def either(self: Formula, other: object) -> object:
        return getattr(promoted(self), operator.__name__)(other) if is_complex(other) else operator(self, other)

    return either
