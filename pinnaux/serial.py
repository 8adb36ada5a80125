"""Values as trees of plain data (dicts, lists, numbers, texts, tensors) and back: what a saved solution is made of.

Only the classes named here are ever made, so a file cannot make anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType

import torch

from pinnaux.ansatz import Ansatz, Candidate, Features, Frozen, Group, Pieces, Tangent, Trained, Trial
from pinnaux.jets.inputs import CornerFunctions, Embedding
from pinnaux.jets.layers import Activation, Linear, Scale
from pinnaux.jets.products import Factor, Products
from pinnaux.jets.spacetime import SpaceTime
from pinnaux.network import Network
from pinnaux.surroundings import Surroundings
from pinnaux.settings import Settings
from pinnaux.signature import Signature
from pinnaux.verdict import Confidence, ConditionVerdict, Fit, Interval, Verdict

CLASSES = MappingProxyType({one.__name__: one for one in (
    Activation, Ansatz, Candidate, ConditionVerdict, Confidence, CornerFunctions, Embedding, Factor, Features, Fit, Frozen, Group, Interval, Linear,
    Network, Pieces, Products, Scale, Settings, Signature, SpaceTime, Surroundings, Tangent, Trained, Trial, Verdict)})


def layout() -> str:
    """The names of all classes and their fields: a file of another layout cannot be decoded."""
    return "; ".join(f"{name}: {', '.join(one.name for one in fields(kind))}" for name, kind in CLASSES.items())


class Encoder:
    """Plain data for values made of known classes, tuples, mappings, tensors and simple values; `named` tells what a class is called."""

    def named(self, kind: type) -> str:
        return kind.__name__

    def __call__(self, value: object) -> object:
        if is_dataclass(value):
            return {"class": self.named(type(value)), **{one.name: self(getattr(value, one.name)) for one in fields(value)}}
        if isinstance(value, Mapping):
            return {"class": "mapping", "items": [[key, self(item)] for key, item in value.items()]}
        if isinstance(value, (tuple, list)):
            return [self(item) for item in value]
        return value.cpu() if isinstance(value, torch.Tensor) else value


class Decoder:
    """The value that an Encoder was given, of `classes` by name; lists come back as tuples."""

    classes: Mapping[str, type] = CLASSES

    def __call__(self, tree: object) -> object:
        if isinstance(tree, list):
            return tuple(self(item) for item in tree)
        if not isinstance(tree, dict):
            return tree
        if tree["class"] == "mapping":
            return {key: self(item) for key, item in tree["items"]}
        return self.classes[tree["class"]](**{name: self(item) for name, item in tree.items() if name != "class"})


encode, decode = Encoder(), Decoder()
