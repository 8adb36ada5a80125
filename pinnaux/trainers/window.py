"""The problem between two moments, started from the state in which an earlier window ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Candidate
from pinnaux.collocation import Collocation, Purpose
from pinnaux.evolution import Evolution
from pinnaux.geometry.points import Points
from pinnaux.jets.spec import JetSpec, unit
from pinnaux.objective import Block
from pinnaux.surroundings import Surroundings
from pinnaux.trainers.correction import bend


@dataclass(frozen=True)
class Match:
    """One thing that goes on without a jump: a channel of a group's output, against a column of values."""

    group: int
    channel: int
    output: int
    column: str


@dataclass(frozen=True)
class Continuity:
    """Residuals (m, N): what the unknowns are less what they were."""

    matches: tuple[Match, ...]

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        return torch.stack([jets[match.group][match.channel, :, match.output] - surroundings.columns[match.column] for match in self.matches])


@dataclass(frozen=True, eq=False)
class Window:
    """Conditions at the times from `start` to `end`; instead of the initial conditions, where there is a window `before`, its last state."""

    collocation: Collocation
    evolution: Evolution
    start: float
    end: float
    before: Candidate | None = None
    state: tuple[Candidate, float] | None = None

    def blocks(self, interior: int, purpose: Purpose) -> tuple[Block, ...]:
        """Fresh points on every region, and at the start; in space more of them where the `state`, a candidate at a moment, bends."""
        generator, plan = purpose.generator(), self.collocation.plan
        lasting = tuple(self._block(number, interior, generator) for number, region in enumerate(plan.regions) if region.region.kind != "initial")
        return (*lasting, *self.starting(interior, purpose))

    def starting(self, interior: int, purpose: Purpose) -> tuple[Block, ...]:
        """The initial conditions, or continuity with the window before."""
        plan, generator = self.collocation.plan, replace(purpose, count=purpose.count + 1).generator()
        initial = [number for number, region in enumerate(plan.regions) if region.region.kind == "initial"]
        if self.before is None:
            return tuple(self._block(number, interior, generator) for number in initial)
        count = plan.count(plan.regions[initial[0]], interior)
        points = self._drawn(lambda wanted: _once(plan.problem.domain.initial.sample(wanted, generator)), count, generator)
        return (self._continued(self.moved(points)),)

    def moved(self, points: Points) -> Points:
        """The points with the whole duration mapped to this window."""
        first, last = self.collocation.plan.problem.domain.time.bounds
        coordinates = points.coordinates.copy()
        coordinates[:, -1] = self.start + (coordinates[:, -1] - first) / (last - first) * (self.end - self.start)
        return replace(points, coordinates=coordinates)

    def state_points(self, count: int, time: float, purpose: Purpose) -> Tensor:
        """Points (N, d) of the domain at a moment."""
        points = _once(self.collocation.plan.problem.domain.initial.sample(count, purpose.generator())).coordinates.copy()
        points[:, -1] = time
        return self.collocation.tensor(points)

    def _block(self, number: int, interior: int, generator: np.random.Generator) -> Block:
        region = self.collocation.plan.regions[number]
        count = self.collocation.plan.count(region, interior)
        if region.region.kind == "boundary":
            return self.collocation.block(number, self.moved(self.collocation.sample(region, count, generator)))
        points = self._drawn(lambda wanted: self.collocation.sample(region, wanted, generator), count, generator)
        return self.collocation.block(number, self.moved(points))

    def _drawn(self, sample: Callable[[int], Points], count: int, generator: np.random.Generator) -> Points:
        """So many points of a larger pool, with probability ∝ 1 + how much the state bends there, as its features have their centres."""
        settings = self.collocation.plan.settings
        if self.state is None or not self.collocation.plan.problem.domain.space:
            return sample(count)
        pool = sample(settings.pool_factor * count)
        if len(pool) < 2 * count:
            return pool
        candidate, moment = self.state
        coordinates = pool.coordinates.copy()
        coordinates[:, -1] = moment
        points, weights = self.collocation.tensor(coordinates), np.zeros(len(pool))
        for number, (group, own) in enumerate(zip(candidate.ansatz.groups, candidate.ansatz.split(candidate.theta))):
            found = bend(group, own, points[:, self.collocation.axes(number)], settings.bend_share).numpy()
            weights += np.fmin(found / found.mean(), settings.largest_attraction)
        chosen = generator.choice(len(pool), count, replace=False, p=weights / weights.sum())
        return pool[np.sort(chosen)]

    def _continued(self, points: Points) -> Block:
        """Every field of order q goes on with its time derivatives below the q-th."""
        plan, surroundings = self.collocation.plan, self.collocation.surroundings(points)
        orders, specs, axes, matches, columns = dict(self.evolution.orders), [], [], [], {}
        for number, fields in enumerate(plan.groups):
            own = self.collocation.axes(number)
            spec = JetSpec.closure(len(own), [unit(len(own), len(own) - 1, max(0, orders[field] - 1)) for field in fields])
            jet = self.before.ansatz.groups[number].push(self.before.ansatz.split(self.before.theta)[number], surroundings.points[:, own], spec)[0]
            for output, field in enumerate(fields):
                for order in range(orders[field]):
                    channel = spec.position[unit(len(own), len(own) - 1, order)]
                    name = f"{field.name} goes on" if not order else f"{field.name}, derivative {order} goes on"
                    matches.append(Match(number, channel, output, name))
                    columns[name] = jet[channel, :, output]
            specs.append(spec)
            axes.append(tuple(own))
        return Block(tuple(columns), replace(surroundings, columns=columns), tuple(specs), tuple(axes), Continuity(tuple(matches)))


def _once(points: Points) -> Points:
    """Every point once: the state of an ordinary differential equation is one point."""
    _, first = np.unique(points.coordinates, axis=0, return_index=True)
    return points[np.sort(first)]
