"""What a formula may look at beside the unknowns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Points (N, d), normals (N, d_space), measured columns and variables of integration (N,) by name."""

    points: Tensor
    normals: Tensor | None = None
    columns: Mapping[str, Tensor] = field(default_factory=dict)

    def take(self, chosen: slice | Tensor) -> Surroundings:
        return Surroundings(self.points[chosen], None if self.normals is None else self.normals[chosen],
                            {name: column[chosen] for name, column in self.columns.items()})

    @property
    def count(self) -> int:
        return self.points.shape[0]
