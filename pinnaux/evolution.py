"""Whether a problem can be solved from moment to moment: each state determines the next one, and nothing later is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pinnaux.fields import Field
from pinnaux.plan import Plan
from pinnaux.symbolic.relations import Predicate, Relation
from pinnaux.symbolic.scalar import Coordinate, Expr, postorder


@dataclass(frozen=True, eq=False)
class Evolution:
    """The orders of the fields' time derivatives: a state is every field of order q > 0 with its derivatives below the q-th."""

    orders: tuple[tuple[Field, int], ...]

    @staticmethod
    def of(plan: Plan) -> Evolution | None:
        """The evolution that a problem is, or None: every field depends on time, as many conditions hold at the first moment as the
        equations have time derivatives, and neither data nor parameters nor conditions at, or integrals over, other moments tie moments
        together."""
        time, problem = plan.problem.domain.time, plan.problem
        if time is None or problem.parameters or time.name in plan.moved or any(not _lasts(region.region, time) for region in plan.regions):
            return None
        if any(time.name not in {one.name for one in field.coordinates} for field in problem.unknowns):
            return None
        orders = tuple((field, plan.time_order(field)) for field in problem.unknowns)
        held = [plan.conditions_at(field, [region for region in plan.regions if region.region.kind == "initial"]) for field in problem.unknowns]
        complete = all(count >= order for (_, order), count in zip(orders, held))
        return Evolution(orders) if complete and any(order for _, order in orders) else None


def _lasts(region: object, time: object) -> bool:
    """Whether a region is the initial slice, or the same at every moment."""
    return (region.kind in ("interior", "cut", "boundary", "initial") and region.domain.time == time
            and not any(leaf.name == time.name for predicate in region.predicates for leaf in _coordinates(predicate)))


def _coordinates(relation: Relation) -> Iterator[Coordinate]:
    if isinstance(relation, Predicate):
        for part in relation.parts:
            yield from _coordinates(part)
    else:
        leaves: list[Expr] = postorder(entry for side in relation.operands for entry in side.components)
        yield from (leaf for leaf in leaves if isinstance(leaf, Coordinate))
