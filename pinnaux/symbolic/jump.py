"""The derivative of a step while a formula is being differentiated: another factor may hide it, and what is left of it is refused."""

from __future__ import annotations

from collections.abc import Sequence

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.expression import Expr


class Jump(Expr):
    """The derivative of `step`, which jumps where `side` is 0 (None: unknown where) and when `event`: no function."""

    step: Expr
    side: Expr | None
    event: str

    def __init__(self, step: Expr, side: Expr | None, event: str) -> None:
        self.fix(step=step, side=side, event=event)

    @property
    def is_jump(self) -> bool:
        return True

    def is_hidden_by(self, factors: Sequence[Expr]) -> bool:
        """Whether one of the factors is 0 where it jumps."""
        return self.side is not None and any(factor.is_zero_with(self.side) for factor in factors)

    def check_slope(self, coordinate: str) -> None:
        raise DeclarationError(
            f"cannot differentiate {self.step} in {coordinate}: it jumps where {self.event}, and the derivative of a jump is no function",
            hint="make the flux a field of its own, q == k*grad(u) and div(q) == f, or smooth the step: a + (b - a)*(1 + tanh(x/width))/2",
        )
