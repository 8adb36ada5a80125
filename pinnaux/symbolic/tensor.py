"""Vectors and matrices of formulas, with strict shapes: nothing is ever broadcast."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.complex import Complex, is_complex, meeting_complex, parts, written
from pinnaux.symbolic.expression import Expr, as_expr
from pinnaux.symbolic.formula import Formula, described, is_number, refuse_array, shape_word
from pinnaux.symbolic.refusals import refuse_shapes
from pinnaux.symbolic.relations import Equation
from pinnaux.symbolic.walk import bracketed_label


@meeting_complex
class Tensor(Formula):
    """A vector, shape (n,), or a matrix, shape (n, m), of scalar formulas. `label` is how messages name it.

    Raises DeclarationError for entries that are ragged, empty, nested deeper than a matrix, or no formulas.
    """

    entries: tuple
    label: str

    def __init__(self, entries: object, label: str | None = None) -> None:
        rows = checked_entries(entries)
        shape = (len(rows), len(rows[0])) if isinstance(rows[0], tuple) else (len(rows),)
        object.__setattr__(self, "entries", rows)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "label", label if label is not None else listed(rows))

    @property
    def components(self) -> tuple[Expr, ...]:
        """All scalars, row by row."""
        if len(self.shape) == 1:
            return self.entries
        return tuple(entry for row in self.entries for entry in row)

    def __str__(self) -> str:
        return self.label

    __hash__ = object.__hash__

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Expr | Tensor]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | tuple[int, int]) -> Expr | Tensor:
        """v[i] is a scalar; A[i] is row i, A[i, j] a scalar. Negative indices count from the end, as usual."""
        wanted = index if isinstance(index, tuple) else (index,)
        if not 0 < len(wanted) <= len(self.shape):
            self.refuse(f"take component {index} of", f"it has {len(self.shape)} index(es)")
        inside: object = self.entries
        for position, length in zip(wanted, self.shape):
            inside = inside[self.position(position, length)]
        return Tensor(inside, f"{bracketed_label(self)}[{index}]") if isinstance(inside, tuple) else inside

    def position(self, index: object, length: int) -> int:
        """The index, checked against the number of components along its axis."""
        if not isinstance(index, (int, np.integer)) or isinstance(index, bool):
            self.refuse(f"take component [{index}] of", f"components are numbered 0 to {length - 1}")
        if not -length <= index < length:
            self.refuse(f"take component [{index}] of", f"it has {length} components, numbered 0 to {length - 1}")
        return int(index)

    @property
    def simplified(self) -> Tensor:
        """The same, like terms of sums added up."""
        return self.map(lambda entry: entry.simplified, self.label)

    def partner(self, other: object, verb: str) -> Tensor:
        """The other operand as a tensor of the same shape."""
        return as_tensor_like(other, self, verb)

    def map(self, function: Callable[[Expr], Expr], label: str | None = None) -> Tensor:
        """The tensor of the same shape whose entries are function(entry)."""
        if len(self.shape) == 1:
            return Tensor(tuple(function(entry) for entry in self.entries), label)
        return Tensor(tuple(tuple(function(entry) for entry in row) for row in self.entries), label)

    def combine(self, other: Tensor, function: Callable[[Expr, Expr], Expr], label: str) -> Tensor:
        """The tensor of entries function(mine, theirs); both have the same shape."""
        pairs = iter(other.components)
        return self.map(lambda entry: function(entry, next(pairs)), label)

    def __add__(self, other: object) -> Tensor:
        return self.partner_sum(other, "add", "+", lambda a, b: a + b)

    def __sub__(self, other: object) -> Tensor:
        return self.partner_sum(other, "subtract", "-", lambda a, b: a - b)

    def partner_sum(self, other: object, verb: str, sign: str, function: Callable[[Expr, Expr], Expr]) -> Tensor:
        """Entry by entry with a tensor (or nested tuple) of the same shape."""
        partner = as_tensor_like(other, self, verb)
        right = bracketed_label(partner) if sign == "-" else partner.label
        return self.combine(partner, function, f"{self.label} {sign} {right}")

    def __mul__(self, other: object) -> Tensor:
        factor = self.scalar_partner(other, "multiply")
        return self.map(lambda entry: entry * factor, f"{bracketed_label(self)}*{bracketed_label(factor)}")

    def __rmul__(self, other: object) -> Tensor:
        factor = self.scalar_partner(other, "multiply")
        return self.map(lambda entry: factor * entry, f"{bracketed_label(factor)}*{bracketed_label(self)}")

    def __truediv__(self, other: object) -> Tensor:
        divisor = self.scalar_partner(other, "divide")
        return self.map(lambda entry: entry / divisor, f"{bracketed_label(self)}/{bracketed_label(divisor)}")

    def __rtruediv__(self, other: object) -> Tensor:
        self.refuse(f"divide {described(other)} by", "divide by a scalar, for instance norm(v, eps=1e-6)")

    def __pow__(self, other: object) -> Tensor:
        self.refuse("take a power of", "dot(v, v) is the square of a vector's length, norm(v) its length; components are v[0], v[1]")

    __rpow__ = __pow__

    def __neg__(self) -> Tensor:
        return self.map(lambda entry: -entry, f"-{bracketed_label(self)}")

    def __eq__(self, other: object) -> Equation:
        return Equation(self, as_tensor_like(other, self, "equate"))

    def __lt__(self, other: object) -> bool:
        self.refuse("order", "only scalars have an order: compare components or norm(v)")

    __le__ = __gt__ = __ge__ = __lt__

    def scalar_partner(self, other: object, verb: str) -> Expr:
        """The scalar this tensor is multiplied or divided by."""
        if isinstance(other, np.ndarray) and other.ndim:
            refuse_array(other, self)
        if isinstance(other, (Tensor, tuple, list)):
            raise DeclarationError(
                f"cannot {verb} {described(self)} and {described(other)}",
                hint="dot(a, b) contracts neighbouring indices, inner(a, b) all of them, outer(a, b) none",
            )
        return as_expr(other, f"cannot {verb} {described(self)} and")


def checked_entries(entries: object) -> tuple:
    """The nested entries as a tuple of scalars or of equally long tuples of scalars."""
    if isinstance(entries, Tensor):
        return entries.entries
    if not isinstance(entries, (tuple, list)) or not entries:
        raise DeclarationError(f"cannot make a vector of {described(entries)}", hint="give its components as a tuple: (a, b)")
    rows = [one.entries if isinstance(one, Tensor) else one for one in entries]
    if not any(isinstance(row, (tuple, list)) for row in rows):
        return tuple(as_expr(one, "a vector cannot hold") for one in rows)
    lengths = [len(row) if isinstance(row, (tuple, list)) else None for row in rows]
    if None in lengths or len(set(lengths)) > 1 or lengths[0] == 0:
        raise DeclarationError(
            f"the rows of a matrix must be equally long, not {described(tuple(entries))}", hint="write ((a, b), (c, d))"
        )
    return tuple(tuple(as_expr(one, "a matrix cannot hold") for one in row) for row in rows)


def as_tensor_like(value: object, like: Tensor, verb: str) -> Tensor:
    """The value as a tensor of the shape of `like`; anything else is refused."""
    if isinstance(value, np.ndarray) and value.ndim:
        refuse_array(value, like)
    if isinstance(value, (tuple, list)) and value:
        value = Tensor(value)
    if isinstance(value, Tensor) and value.shape == like.shape:
        return value
    if isinstance(value, (Formula, tuple, list)) or is_number(value):
        refuse_shapes(verb, like, value)
    raise DeclarationError(
        f"cannot {verb} {described(like)} and {described(value)}", hint=f"a {shape_word(like.shape)} is needed, as a tuple (…) or a formula"
    )


def as_formula(value: object, attempt: str) -> Expr | Tensor | Complex:
    """A formula, number or nested tuple as Expr, Tensor or Complex."""
    if isinstance(value, (Tensor, Complex)):
        return value
    if is_complex(value):
        return Complex(*(as_formula(part, attempt) for part in parts(value)), written(value))
    if isinstance(value, (tuple, list)):
        return Tensor(value)
    return as_expr(value, attempt)


def listed(rows: tuple) -> str:
    """Entries as the user would write them."""
    inside = ", ".join(listed(row) if isinstance(row, tuple) else str(row) for row in rows)
    return f"({inside},)" if len(rows) == 1 else f"({inside})"
