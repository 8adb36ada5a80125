"""The coordinates of a domain as the tuple that a problem file takes apart: `x, y = domain.coordinates`, `x, = domain.coordinates`.

Forgetting the comma makes `x` the tuple of one. Python would repeat it, 2 * x, or say what tuples cannot do; here it says what to write.
"""

from __future__ import annotations

from typing import NoReturn

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.formula import Formula


class Coordinates(tuple):
    """A tuple of coordinates that is no number."""

    __slots__ = ()

    @property
    def listed(self) -> str:
        """As they stand to the left of an equality sign: `x, y`, and `x,` alone."""
        return ", ".join(map(str, self)) + "," * (len(self) == 1)

    @property
    def remedy(self) -> str:
        """How they are taken apart."""
        comma = " (the comma takes a tuple of one apart)" if len(self) == 1 else ""
        return f"write {self.listed} = domain.coordinates{comma}"

    def refuse(self, other: object = None) -> NoReturn:
        """Raise the error of whatever takes the tuple for a number."""
        raise DeclarationError(f"the coordinates ({self.listed}) are a tuple, not a number", hint=self.remedy)

    def meet(self, other: object) -> object:
        """A formula on the other side says what it cannot be combined with; anything else is refused."""
        return NotImplemented if isinstance(other, Formula) else self.refuse()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = meet
    __lt__ = __le__ = __gt__ = __ge__ = meet
    __neg__ = __pos__ = __abs__ = __float__ = __call__ = refuse

    def __eq__(self, other: object) -> object:
        return super().__eq__(other) if isinstance(other, tuple) else self.meet(other)

    __hash__ = tuple.__hash__


def remedy_or(value: object, hint: str) -> str:
    """How to take coordinates apart where they stand in place of one of them, else the hint."""
    return value.remedy if isinstance(value, Coordinates) else hint
