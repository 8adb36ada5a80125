"""What scalars and tensors have in common: they are formulas, not numbers, arrays or functions.

Python, NumPy and torch would each happily misread a formula; every such reading is refused here with the remedy.
"""

from __future__ import annotations

import numbers
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from pinnaux.errors import DeclarationError

if TYPE_CHECKING:
    from pinnaux.symbolic.expression import Expr

# Names of NumPy and torch functions that pinnaux spells differently.
SPELLINGS = MappingProxyType({
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "absolute": "abs", "fabs": "abs", "sgn": "sign",
    "fmin": "minimum", "fmax": "maximum", "min": "minimum", "max": "maximum", "amin": "minimum", "amax": "maximum",
    "clip": "minimum(maximum(u, low), high)", "clamp": "minimum(maximum(u, low), high)", "relu": "maximum(u, 0)",
    "power": "**", "float_power": "**", "pow": "**", "square": "u**2", "cbrt": "u**(1/3)", "reciprocal": "1/u", "exp2": "2**u",
    "gradient": "grad", "matmul": "dot", "heaviside": "where", "negative": "-u", "neg": "-u", "log10": "log(u)/log(10)",
    "conjugate": "conj", "angle": "phase", "log2": "log(u)/log(2)", "log1p": "log(1 + u)", "expm1": "exp(u) - 1",
})
ARITHMETIC = frozenset("add sub subtract rsub mul multiply div divide truediv true_divide".split())
SAME_SPELLING = frozenset(
    "sin cos tan asin acos atan atan2 sinh cosh tanh exp log sqrt abs sign where minimum maximum erf real imag conj phase "
    "dot inner outer cross norm trace transpose".split()
)
# What `np.float64(2) * u` asks of NumPy: the operator of the formula itself is meant.
OPERATORS = MappingProxyType({
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__", "power": "__rpow__",
    "equal": "__eq__", "less": "__gt__", "less_equal": "__ge__", "greater": "__lt__", "greater_equal": "__le__",
})
LONGEST_NAME = 60
LAW = "b0 + b1*u + b2*u**2 with unknown Parameters"


class Formula:
    """Abstract base of Expr (shape ()), Tensor (shape (n,) or (n, m)) and Complex: immutable, compared by `==` into equations."""

    shape: tuple[int, ...]
    components: tuple[Expr, ...]

    @property
    def noun(self) -> str:
        """What messages call it: 'scalar', '2-vector', 'complex scalar'."""
        return shape_word(self.shape)

    @property
    def vanishes(self) -> bool:
        """Whether it is seen to be zero everywhere."""
        return all(component.vanishes for component in self.components)

    @property
    def real_parts(self) -> dict[str, Formula]:
        """The real formulas it is made of, by what distinguishes their names: itself, unless it is complex."""
        return {"": self}

    @property
    def simplified(self) -> Formula:
        """The same, like terms of sums added up."""
        raise AssertionError(f"{type(self).__name__} must say how it is simplified")

    def partner(self, other: object, verb: str) -> Formula:
        """The other operand as a formula of the same kind and shape, refused as 'cannot `verb` …' where it is none."""
        raise AssertionError(f"{type(self).__name__} must say what it combines with")

    def assembled(self, columns: np.ndarray) -> np.ndarray:
        """The values of the m components at N points, (m, N), as values of the whole: (N,), (N, k) or (N, k, l)."""
        return columns.T.reshape(columns.shape[1], *self.shape)

    def refuse(self, attempt: str, hint: str) -> NoReturn:
        """Raise the error for an `attempt` that treats this formula as something else."""
        raise DeclarationError(f"cannot {attempt} {described(self)}", hint=hint)

    def __repr__(self) -> str:
        return str(self)

    def __radd__(self, other: object) -> Formula:
        return self.partner(other, "add") + self

    def __rsub__(self, other: object) -> Formula:
        return self.partner(other, "subtract") - self

    def __pos__(self) -> Formula:
        return self

    def __iter__(self) -> NoReturn:
        self.refuse("iterate over", "a scalar has no components; a VectorField has")

    def __len__(self) -> int:
        self.refuse("take the length of", "a scalar has no components (a VectorField has), and torch and NumPy cannot hold formulas")

    def __getitem__(self, index: object) -> NoReturn:
        self.refuse(f"take component [{index}] of", "a scalar has no components; a derivative is diff(u, x)")

    def __bool__(self) -> bool:
        self.refuse("decide on the truth of", "a formula has no value yet; use where(u > 0, a, b) to choose between formulas")

    def __float__(self) -> float:
        self.refuse("make a number of", f"a formula has no value yet; use pinnaux's own functions, not math's: {listed_functions()}")

    __int__ = __complex__ = __index__ = __round__ = __trunc__ = __floor__ = __ceil__ = __float__

    def __abs__(self) -> NoReturn:
        self.refuse("apply Python's abs to", "use pinnaux's own: abs(u) of a scalar after from pinnaux import abs, norm(v) of a vector")

    def __call__(self, *arguments: object) -> NoReturn:
        self.refuse("call", f"it is a formula already; write it without (…), u*(…) for a product, and an unknown law of u as {LAW}")

    def __contains__(self, item: object) -> bool:
        self.refuse("look for something in", "'in' does not apply to formulas")

    def __ne__(self, other: object) -> bool:
        self.refuse("compare by '!='", "conditions are equations: write ==; predicates may use <, <=, >, >=, == and ~")

    def __mod__(self, other: object) -> NoReturn:
        self.refuse("take the remainder of", "use sin, cos or where; periodic coordinates are declared by periodic=(…) of the domain")

    __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = __mod__

    def __and__(self, other: object) -> NoReturn:
        self.refuse("apply '&', '|' or '~' to", "they combine comparisons, each in brackets: (x > 0) & (y > 0)")

    __rand__ = __or__ = __ror__ = __and__

    def __xor__(self, other: object) -> NoReturn:
        self.refuse("apply '^' to", "a power is written with two stars: u**2")

    __rxor__ = __xor__

    def __invert__(self) -> NoReturn:
        self.refuse("apply '~' to", "it negates a comparison in brackets: ~(x > 0)")

    def __matmul__(self, other: object) -> NoReturn:
        self.refuse("apply '@' to", "write dot(a, b)")

    __rmatmul__ = __matmul__

    def __setattr__(self, name: str, value: object) -> None:
        self.refuse(f"set '{name}' of", "formulas are immutable; make a new one")

    __delattr__ = __setattr__

    def __setitem__(self, index: object, value: object) -> None:
        self.refuse("assign to a component of", "formulas are immutable; make a new one, for instance a tuple (a, b)")

    def __array__(self, *arguments: object, **settings: object) -> np.ndarray:
        self.refuse("make a NumPy array of", "write vectors as tuples (a, b); formulas are evaluated by pinnaux, not by NumPy")

    def __array_function__(self, function: object, types: object, arguments: object, settings: object) -> NoReturn:
        self.refuse(f"apply NumPy's {function_name(function)} to", remedy(function_name(function)))

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: object, **settings: object) -> object:
        name = function.__name__
        if method == "__call__" and len(inputs) == 2 and inputs[1] is self and np.ndim(inputs[0]) == 0 and name in OPERATORS:
            return getattr(self, OPERATORS[name])(inputs[0])
        for other in inputs:
            if isinstance(other, np.ndarray) and name in OPERATORS:
                refuse_array(other, self)
        self.refuse(f"apply NumPy's {name} to", remedy(name))

    @classmethod
    def __torch_function__(cls, function: object, types: object, arguments: tuple = (), settings: object = None) -> NoReturn:
        formula = next((one for one in arguments if isinstance(one, Formula)), None)
        name = function_name(function)
        subject = described(formula) if formula is not None else "a formula"
        raise DeclarationError(f"cannot apply torch's {name} to {subject}", hint=remedy(name))


def function_name(function: object) -> str:
    """The bare name of a NumPy or torch function: 'mul' for torch's Tensor.__mul__."""
    return getattr(function, "__name__", str(function)).strip("_")


def listed_functions() -> str:
    """The names of the functions a formula may be given to."""
    return ", ".join(sorted(SAME_SPELLING))


def remedy(name: str) -> str:
    """What to write instead of NumPy's or torch's function `name`."""
    if name in SAME_SPELLING:
        return f"use pinnaux's own {name}: from pinnaux import {name}"
    if name in ARITHMETIC:
        return "formulas combine with numbers and formulas; make an array or tensor of one value a number by float(…)"
    if name in SPELLINGS:
        return f"pinnaux writes it {SPELLINGS[name]}"
    return f"pinnaux has {listed_functions()}; for any other scalar function use pointwise(f, derivative=g)"


def refuse_array(array: np.ndarray, formula: Formula) -> NoReturn:
    """Raise the error for arithmetic between a formula and an array."""
    raise DeclarationError(
        f"cannot combine {described(formula)} and a NumPy array of shape {array.shape}",
        hint="formulas hold numbers and formulas; give measured values by Observations, constant vectors as tuples",
    )


def is_number(value: object) -> bool:
    """Whether the value is a finite-dimensional real constant: a Python or NumPy real number, or a 0-d array of one."""
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "iuf"
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def shape_of(value: object) -> tuple[int, ...]:
    """The shape of a formula, number, or nested tuple."""
    if isinstance(value, (tuple, list)):
        return (len(value), *shape_of(value[0])) if value else (0,)
    return tuple(getattr(value, "shape", ()))


def described(value: object) -> str:
    """A value as messages name it: 'scalar u', '2-vector grad(u)', 'number 3', 'NumPy array of shape (5,)'."""
    if isinstance(value, Formula):
        return f"{value.noun} {shortened(str(value))}"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"NumPy array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"{shape_word(shape_of(value))} {shortened(listing(value))}"
    if is_number(value):
        return f"number {shortened(str(value))}"
    if isinstance(value, str):
        return f"text '{shortened(value)}'"
    if value is None:
        return "None"
    if callable(value) and hasattr(value, "__name__"):
        return f"{'class' if isinstance(value, type) else 'function'} {value.__name__}"
    text = str(value)
    # The default text of an object is its address, which tells nobody anything.
    return f"a {type(value).__name__}" if " at 0x" in text else f"{type(value).__name__} {shortened(text)}"


def listing(values: tuple | list) -> str:
    """A nested tuple as the user wrote it."""
    inside = ", ".join(listing(one) if isinstance(one, (tuple, list)) else str(one) for one in values)
    return f"({inside},)" if len(values) == 1 else f"({inside})"


def shape_word(shape: tuple[int, ...]) -> str:
    """'scalar', '2-vector', '2x3-matrix'."""
    if not shape:
        return "scalar"
    return f"{shape[0]}-vector" if len(shape) == 1 else "x".join(map(str, shape)) + "-matrix"


def shortened(text: str) -> str:
    """The text, cut in the middle of a message when it is long."""
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
