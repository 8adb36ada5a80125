"""What is said where boundary conditions are too few for the order of the equations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shortage:
    """Of conditions on boundary parts: how many hold on each (or on all `together`) and are needed, and the unknown of the highest order in space."""

    unknown: str
    order: int
    held: int
    needed: int
    together: bool
    parts: tuple[str, ...]

    def __str__(self) -> str:
        many = len(self.parts) > 1
        where = f"{'each of ' if many and not self.together else ''}{', '.join(map(repr, self.parts))}{' together' if many and self.together else ''}"
        return (f"{self.unknown} has derivatives of order {self.order} in space and {self.held or 'no'} condition{'' if self.held == 1 else 's'} on "
                f"{where}, where {self.needed} are needed")
