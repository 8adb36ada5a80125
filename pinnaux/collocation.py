"""From a problem to blocks of residuals: which conditions share points, what they need, and where the points are.

Everything random is drawn from a generator made from (seed, purpose, count), so the same call gives the same points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.compilation import Compilation
from pinnaux.early import Early, Evened
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.points import Points, joined
from pinnaux.geometry.region import Region
from pinnaux.homotopy import Partly
from pinnaux.objective import Block
from pinnaux.plan import Plan, RegionPlan
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic.scalar import Expr, as_expr, divide

MOMENTS = 2.0
"""Moments for N points where integrals depend on time alone, times √N."""


@dataclass(frozen=True)
class Purpose:
    """What random numbers are drawn for: kept apart so that one use does not shift another."""

    seed: int
    name: int
    count: int = 0

    def generator(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.name, self.count])

    def torch_generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(int(self.generator().integers(2**62)))


@dataclass(frozen=True, eq=False)
class Collocation:
    """The compiled problem: one program a region, and the points it is asked at; whether trial solutions take singular functions at corners.

    `share` is how much of what is nonlinear in the formulas there is of it: less than 1 on the way to the problem. `noise` holds the
    standard deviations that were found, not stated, by the names of components, `starts` better free numbers to start from than those of
    the parameters' initial values. With `finer` the integrals have more nodes, which tells how accurate they are. Networks compute
    unknowns in `units`, by name, one where none is given. With `evenly` no points are drawn towards the first moment.
    """

    plan: Plan
    dtype: torch.dtype
    device: torch.device
    corners: bool = True
    share: float = 1.0
    noise: Mapping[str, float] = field(default_factory=dict)
    starts: Mapping[str, float] = field(default_factory=dict)
    finer: bool = False
    units: Mapping[str, float] = field(default_factory=dict)
    evenly: bool = False

    def __repr__(self) -> str:
        return f"Collocation({self.plan.problem!r} in {self.dtype} on {self.device})"

    @cached_property
    def compiled(self) -> tuple[Block, ...]:
        """Every region's conditions as residuals on no points yet."""
        whole = tuple(replace(self._evened(region, self.compile(region.components, self.formulas(region), region.region.domain)), noisy=self.noisy(region))
                      for region in self.plan.regions)
        return whole if self.share == 1 else tuple(replace(block, program=Partly(block.program, self.share)) for block in whole)

    def early(self, region: RegionPlan) -> Early | None:
        """How the region's points are drawn towards the first moment, if they are: where values at first meet values on a boundary."""
        domain, settings = self.plan.problem.domain, self.plan.settings
        kinds = {other.region.kind for other in self.plan.regions}
        whole = region.region.kind in ("interior", "boundary") and region.region.domain is domain and not region.region.predicates
        if self.evenly or not whole or region.by_moments or not {"initial", "boundary"} <= kinds:
            return None
        return Early(*domain.time.bounds, settings.early_share, settings.earliest)

    def _evened(self, region: RegionPlan, block: Block) -> Block:
        early = self.early(region)
        return replace(block, program=Evened(block.program, early)) if early else block

    def compile(self, names: tuple[str, ...], formulas: Sequence[Expr], domain: Domain) -> Block:
        """Formulas as residuals of these names on points of a domain, none of which are given yet."""
        return Compilation(self.plan.groups, self.plan.problem.parameters, self.dtype, self.device, self.finer, self.units).block(names, formulas, domain)

    def formulas(self, region: RegionPlan) -> list[Expr]:
        """What is to vanish: what noise is known of in standard deviations."""
        return [divide(formula, as_expr(self.noise.get(name, 1.0), "noise cannot be")) for name, formula in zip(region.components, region.formulas)]

    def noisy(self, region: RegionPlan) -> tuple[bool, ...]:
        """For every formula whether its noise is known."""
        return tuple(stated or name in self.noise for name, stated in zip(region.components, region.noisy))

    def noise_of(self, component: str) -> float:
        """The standard deviation of measurements whose noise is known, found or stated."""
        return self.noise[component] if component in self.noise else self.plan.stated_noise[component]

    def blocks(self, interior: int, purpose: Purpose, held_out: bool = False) -> tuple[Block, ...]:
        """Fresh points on every region, uniform by measure: `interior` in the interior, a share of it elsewhere.

        Of observations those kept for training, or with `held_out` those kept from it; all where noise is known, which nothing is to fit.
        """
        generator = purpose.generator()
        count = self.plan.count_held_out if held_out else self.plan.count
        return tuple(self.block(number, self.sample(region, count(region, interior), generator, held_out))
                     for number, region in enumerate(self.plan.regions))

    def attracted(self, ansatz: Ansatz, theta: Tensor, interior: int, purpose: Purpose) -> tuple[Block, ...]:
        """Fresh points, drawn from a larger pool with probability ∝ 1 + min(|r|/mean |r|, cap) where a region has room to choose."""
        generator = purpose.generator()
        settings = self.plan.settings
        blocks = []
        for number, region in enumerate(self.plan.regions):
            wanted = self.plan.count(region, interior)
            pool = self.sample(region, settings.pool_factor * wanted, generator)
            if len(pool) < 2 * wanted:  # a list of points: all of them
                blocks.append(self.block(number, pool))
                continue
            size = self.block(number, pool).residuals(ansatz, theta).square().sum(dim=0).sqrt().cpu().double().numpy()
            # Where the residual is undefined it is as large as can be: trainers then meet it and can say so.
            mean = np.where(np.isfinite(size), size, 0.0).mean()
            share = 1 + np.fmin(size / max(mean, 1e-300), settings.largest_attraction)
            chosen = generator.choice(len(pool), wanted, replace=False, p=share / share.sum())
            blocks.append(self.block(number, pool[np.sort(chosen)]))
        return tuple(blocks)

    def block(self, number: int, points: Points) -> Block:
        """The residuals of a region's conditions on given points."""
        return self.block_on(number, self.surroundings(points))

    def block_on(self, number: int, surroundings: Surroundings) -> Block:
        """The same for points that are tensors already."""
        return self.compiled[number].at(surroundings)

    def plain_block(self, block: Block, region: RegionPlan) -> Block:
        """The same points, with the formulas as they were written: nothing collapsed."""
        formulas = tuple(formula for condition in region.conditions for formula in condition.residuals)
        return replace(self.compile(block.names, formulas, region.region.domain), surroundings=block.surroundings, noisy=block.noisy)

    def surroundings(self, points: Points) -> Surroundings:
        return Surroundings(self.tensor(points.coordinates), None if points.normals is None else self.tensor(points.normals),
                            {name: self.tensor(column) for name, column in points.columns.items()})

    def tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), dtype=self.dtype, device=self.device)

    def domain_points(self, count: int, purpose: Purpose) -> Tensor:
        """Points (N, d) of the problem's domain, uniform by measure."""
        return self.tensor(self.plan.problem.domain.interior.sample(count, purpose.generator()).coordinates)

    def axes(self, group: int) -> list[int]:
        """Columns of the domain's points that a group of unknowns depends on."""
        names = self.plan.problem.domain.names
        return [names.index(coordinate.name) for coordinate in self.plan.groups[group][0].coordinates]

    def sample(self, region: RegionPlan, count: int, generator: np.random.Generator, held_out: bool = False) -> Points:
        """Points of a region; a region that is a few points is each of them once.

        Half the points of a boundary go by measure, half evenly to its named parts, so that a small part is not missed.
        """
        points = _by_part(region.region, count, generator)
        if self.corners:
            points = self._towards_corners(region.region, points, generator)
        early = self.early(region)
        if early:
            points = early.moved(points, generator)
        if region.by_moments:
            points = _at_moments(points, region.region.domain.time.bounds, generator)
        if region.region.kind == "observations":
            kept_out = np.arange(len(points)) % self.plan.settings.held_out_every == self.plan.settings.held_out_every - 1
            if len(points) < self.plan.settings.fewest_to_hold_out or any(self.noisy(region)):
                kept_out[:] = held_out  # too few to spare any, or none that could be fitted too well: the same for both
            return points[kept_out if held_out else ~kept_out]
        _, first = np.unique(points.coordinates, axis=0, return_index=True)
        return points if len(first) == len(points) else points[np.sort(first)]

    def _towards_corners(self, region: Region, points: Points, generator: np.random.Generator) -> Points:
        """The points with some replaced by others whose distances from the corners are spread evenly in their logarithm.

        Singular functions differ from one another only near their corner, where points uniform by measure hardly ever come.
        """
        settings = self.plan.settings
        corners, number = region.domain.corners, int(len(points) * settings.corner_share)
        if not corners or not number or region.kind not in ("interior", "boundary"):
            return points
        pool = region.sample(settings.corner_pool * number, generator)
        size = float(np.ptp(region.domain.bounds[:2], axis=1).max())
        distance = np.min([np.linalg.norm(pool.coordinates[:, :2] - corner.vertex, axis=1) for corner in corners], axis=0) / size
        near = np.maximum(distance, settings.corner_nearest) ** -(2.0 if region.kind == "interior" else 1.0)
        chosen = generator.choice(len(pool), number, replace=False, p=near / near.sum())
        return joined([points[: len(points) - number], pool[np.sort(chosen)]])


def _at_moments(points: Points, bounds: tuple[float, float], generator: np.random.Generator) -> Points:
    """The points moved in time to few moments, those of one moment together: their integrals over space are the same."""
    number = max(1, round(MOMENTS * len(points) ** 0.5))
    (start, end), coordinates = bounds, points.coordinates.copy()
    cell = np.clip(np.floor((coordinates[:, -1] - start) / (end - start) * number), 0, number - 1)
    coordinates[:, -1] = start + (end - start) * (cell + generator.random()) / number
    return replace(points, coordinates=coordinates)[np.argsort(cell, kind="stable")]


def _by_part(region: Region, count: int, generator: np.random.Generator) -> Points:
    if region.kind != "boundary" or len(region.parts) < 2 or count < 2 * len(region.parts):
        return region.sample(count, generator)
    parts = [region[name] for name in region.parts]
    even = count // (2 * len(parts))
    rest = count - even * len(parts)
    return joined([region.sample(rest, generator), *(part.sample(even, generator) for part in parts)])
