"""The ways to train, by the names that `settings.TRAINERS` lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pinnaux.collocation import Collocation
from pinnaux.settings import Settings
from pinnaux.trainers.alternating import Alternating
from pinnaux.trainers.automatic import Automatic
from pinnaux.trainers.eigen import Eigen
from pinnaux.trainers.eliminated import Eliminated
from pinnaux.trainers.first_order import Adam
from pinnaux.trainers.gauss_newton import GaussNewton
from pinnaux.trainers.joint import Joint
from pinnaux.trainers.plain import Plain
from pinnaux.trainers.quasi_newton import LBFGS, SSBroyden
from pinnaux.trainers.state import Trainer


def _adam(settings: Settings) -> Adam:
    return Adam(settings.learning_rate)


def _lbfgs(settings: Settings) -> LBFGS:
    return LBFGS(settings.curvature_pairs)


TRAINERS: Mapping[str, Callable[[Collocation], Trainer]] = MappingProxyType({
    "automatic": Automatic,
    "adam": lambda collocation: Plain(collocation, (_adam(collocation.plan.settings),)),
    "lbfgs": lambda collocation: Plain(collocation, (_lbfgs(collocation.plan.settings),)),
    "adam+lbfgs": lambda collocation: Plain(collocation, (_adam(collocation.plan.settings), _lbfgs(collocation.plan.settings))),
    "ssbroyden": lambda collocation: Plain(collocation, (SSBroyden(),)),
    "joint": Joint,
    "alternating": Alternating,
    "eliminated": Eliminated,
    "gauss-newton": GaussNewton,
})


def trainer(collocation: Collocation) -> Trainer:
    """The trainer that the collocation's settings name; eigenvalue problems have one of their own."""
    if collocation.plan.problem.eigenvalue is not None:
        return Eigen(collocation)
    return TRAINERS[collocation.plan.settings.trainer](collocation)
