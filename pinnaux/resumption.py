"""The state of a run as plain data and back, so that another process goes on exactly where the run ended.

A state is made of frozen values. Two things are special: programs are compiled anew, so of blocks of residuals only the points are kept;
and solutions that are the same object before are the same object after, which trainers ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np

from pinnaux.ansatz import Ansatz, Candidate
from pinnaux.balance import Balance
from pinnaux.collocation import Collocation
from pinnaux.objective import Block, Objective
from pinnaux.serial import CLASSES, Decoder, Encoder
from pinnaux.surroundings import Surroundings
from pinnaux.trainers import automatic, auxiliary, plain
from pinnaux.trainers.features import Search
from pinnaux.trainers.first_order import Moments
from pinnaux.trainers.held_out import HeldOut
from pinnaux.trainers.levenberg_marquardt import Descent
from pinnaux.trainers.march import Chain, March, Refusal
from pinnaux.trainers.quasi_newton import DenseInverse, LimitedMemory
from pinnaux.trainers.rounds import Rounds
from pinnaux.trainers.state import RunState


@dataclass(frozen=True)
class Points:
    """A block of residuals on a region, by what is not compiled from the problem: the region's number and its points."""

    region: int
    surroundings: Surroundings


def _called(kind: type) -> str:
    """Several classes are called State: those of states have the name of their module before their own."""
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


STATES: Mapping[str, type] = MappingProxyType({_called(one): one for one in (
    automatic.State, auxiliary.AuxiliaryState, Balance, Chain, DenseInverse, Descent, HeldOut, LimitedMemory, March, Moments, Objective, plain.State, Points,
    Refusal, Rounds, Search)})
SHARED = (Ansatz, Candidate)
KIND = "class"


def layout() -> str:
    """The names of the classes of states and their fields: states of another layout cannot be gone on from."""
    return "; ".join(f"{name}: {', '.join(one.name for one in fields(kind))}" for name, kind in STATES.items())


class _Archive(Encoder):
    """Encodes a state; `shared` are the values met so far that may be met again, by identity."""

    def __init__(self) -> None:
        self.shared: dict[int, tuple[int, object]] = {}

    def named(self, kind: type) -> str:
        return kind.__name__ if kind.__name__ in CLASSES else _called(kind)

    def __call__(self, value: object) -> object:
        if isinstance(value, (HeldOut, Objective)):
            return self.with_points(value)
        if isinstance(value, SHARED):
            return self.once(value)
        return super().__call__(value.item() if isinstance(value, np.generic) else value)

    def with_points(self, value: HeldOut | Objective) -> object:
        """A value with its blocks, one a region in their order, as points."""
        kept = {one.name: self(getattr(value, one.name)) for one in fields(value) if one.name != "blocks"}
        points = [self(Points(number, block.surroundings)) for number, block in enumerate(value.blocks)]
        return {KIND: _called(type(value)), "blocks": points, **kept}

    def once(self, value: object) -> object:
        """A value, or the number of the one that it is."""
        if id(value) in self.shared:
            return {KIND: "again", "number": self.shared[id(value)][0]}
        tree = super().__call__(value)
        self.shared[id(value)] = (len(self.shared), value)
        return {KIND: "first", "value": tree}


class _Restoration(Decoder):
    """Decodes a state for a collocation, whose programs its blocks get."""

    classes = MappingProxyType({**CLASSES, **STATES})

    def __init__(self, collocation: Collocation) -> None:
        self.collocation = collocation
        self.shared: list[object] = []

    def __call__(self, tree: object) -> object:
        kind = tree[KIND] if isinstance(tree, dict) else None
        if kind == "again":
            return self.shared[tree["number"]]
        if kind == "first":
            value = super().__call__(tree["value"])
            self.shared.append(value)
            return value
        value = super().__call__(tree)
        return self.block(value) if isinstance(value, Points) else value

    def block(self, points: Points) -> Block:
        """The compiled residuals of a region on points."""
        return self.collocation.block_on(points.region, points.surroundings)


def archived(state: RunState) -> object:
    """Plain data of which `restored` makes the state again."""
    return _Archive()(state)


def restored(tree: object, collocation: Collocation) -> RunState:
    """The state of a run of the same problem with the same settings but for its limits."""
    return _Restoration(collocation)(tree)
