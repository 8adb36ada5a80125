"""Predicates on coordinates as tests of points.

`boundary.where(x == 0)` is geometric, never an equality of floating-point numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.patch import Keep
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.numeric import evaluate_predicate
from pinnaux.symbolic.relations import Relation
from pinnaux.symbolic.scalar import Coordinate, Data, Normal, ParameterNode, Unknown, postorder

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain

# An equality holds up to this fraction of the domain's extent.
RELATIVE_TOLERANCE = 1e-9
# The slack is of leading order in the turn from facet to facet.
SLACK_MARGIN = 1.5


def checked_predicate(predicate: Relation, domain: Domain) -> None:
    """Refuse what is no comparison, or asks for anything but the domain's coordinates."""
    if not isinstance(predicate, Relation):
        raise DeclarationError(
            f"where takes a comparison of coordinates, not {described(predicate)}", hint="for instance boundary.where(x == 0)"
        )
    for node in postorder(part for operand in predicate.operands for part in operand.components):
        if isinstance(node, Coordinate) and node.name not in domain.names:
            raise DeclarationError(
                f"predicate {predicate} uses coordinate '{node.name}', which {domain.label} does not have",
                hint=did_you_mean(node.name, domain.names),
            )
        if isinstance(node, (Unknown, ParameterNode, Data, Normal)):
            raise DeclarationError(
                f"predicate {predicate} holds {described(node)}: where selects points before anything is solved",
                hint=f"compare the coordinates only: {', '.join(domain.names)}",
            )


def predicate_test(predicate: Relation, domain: Domain) -> Keep:
    """The predicate as a test of points.

    Equalities hold up to 1e-9 of the domain's extent, and the slack of a facet along its normal.
    """
    extent = domain.bounds[:, 1] - domain.bounds[:, 0]
    size = extent[: len(domain.space)].max(initial=0.0)
    # Spatial coordinates share one length; time has its own.
    fixed = [RELATIVE_TOLERANCE * (size if name in domain.space else width) for name, width in zip(domain.names, extent)]

    def keep(coordinates: np.ndarray, normals: np.ndarray | None, slack: np.ndarray) -> np.ndarray:
        values = {name: coordinates[:, axis] for axis, name in enumerate(domain.names)}
        tolerance: dict[str, float | np.ndarray] = dict(zip(domain.names, fixed))
        for axis, name in enumerate(domain.space if normals is not None else ()):
            tolerance[name] = tolerance[name] + SLACK_MARGIN * slack * np.abs(normals[:, axis])
        return np.broadcast_to(evaluate_predicate(predicate, values, tolerance), (len(coordinates),))

    return keep
