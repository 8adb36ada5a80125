"""What trainers hand on: explicit, immutable values. A state is all a run is; a report is what a step has to say."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """One step: which stage, the losses it trains on and the residuals on held-out points by component, and in words what was done."""

    stage: str
    losses: dict[str, float] = field(default_factory=dict)
    residuals: dict[str, float] = field(default_factory=dict)
    message: str = ""


class NumericalFailure(ArithmeticError):
    """A residual is not finite: which condition, and at which point."""

    def __init__(self, condition: str, point: tuple[float, ...], value: float) -> None:
        place = ", ".join(f"{coordinate:.6g}" for coordinate in point)
        super().__init__(f"the residual of condition '{condition}' is {value} at the point ({place})")
        self.condition = condition
