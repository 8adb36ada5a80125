"""Eigenvalue problems: all modes at once in the span of spread features, more of which are taken until two independent sets agree.

Nothing is started from: where the spectrum is, and which of its ends is meant, shows in the first trials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Candidate, Trial
from pinnaux.architecture import has_corners
from pinnaux.collocation import Collocation, Purpose
from pinnaux.errors import TrainingError
from pinnaux.trainers.inverse import Inverse
from pinnaux.trainers.mode_set import Judged, ModeSet
from pinnaux.trainers.pencil import Pencil
from pinnaux.trainers.spectrum import RESOLVED, Wanted, first_look, wanted
from pinnaux.trainers.state import Budget, Report, Unlimited

RANDOM_VECTORS = 65
BLUNT = math.pi / 2 + 1e-6
"""At corners wider than this functions may be so singular that without singular functions no equation holds, and other eigenvalues appear."""
SURVEYED, SPARE = 40, 4
"""Eigenvalues looked at with few features, to see where the spectrum has an end, and beside twice those asked for with many."""
BYTES = 8 * 4 * 5
"""Of memory for every pair of features: some five matrices with four times as many rows as columns."""
LOOKS, LISTED = 5, 4
TRUSTED = 0.05
"""The residual above which nothing is taken for confirmed."""
COMPLEX, WELL_RESOLVED = 1e-2, 1e-3
"""The relative imaginary part from which on eigenvalues of modes with residuals below the other number are complex indeed."""


@dataclass(frozen=True, eq=False)
class State:
    """Trials still to do, the pencil, what is wanted, the best modes, those of fewer features, and the trial solution they give.

    `size` is the number of features of the round under way.
    """

    waiting: tuple[Trial, ...]
    size: int
    pencil: Pencil | None = None
    wanted: Wanted | None = None
    modes: ModeSet | None = None
    coarser: ModeSet | None = None
    best: Candidate | None = None
    estimated: bool = True
    finished: str | None = None


@dataclass(frozen=True, eq=False)
class Eigen:
    """`step` tries features, or measures by others how large the errors are."""

    collocation: Collocation

    def init(self) -> State:
        """Nothing done yet: every kind and scale of features is to be tried, with singular functions where there are blunt corners."""
        settings = self.collocation.plan.settings
        corners = any(corner.opening > BLUNT for corner in self.collocation.plan.problem.domain.corners) and has_corners(self.collocation)
        trials = tuple(Trial(kind, scale, settings.pilot_features, corners) for kind, scale in settings.feature_trials)
        return State(trials, settings.pilot_features)

    def step(self, state: State, budget: Budget = Unlimited()) -> tuple[State, Report]:
        """One trial, one estimate, or the choice of what to try next."""
        if state.pencil is None:
            return replace(state, pencil=Pencil.of(self.collocation)), Report("start", message="points drawn, conditions balanced")
        if state.waiting and not (budget.hurry and state.modes and not state.estimated):
            return self._trial(state)
        if state.coarser is None and not state.waiting:
            return replace(state, waiting=self._variants(state.modes.trial)), Report("features", message="half the features, to see what their number matters")
        return self._larger(state, budget) if state.estimated else self._estimate(state)

    def _variants(self, winner: Trial) -> tuple[Trial, ...]:
        """The best trial with half the features, and with singular functions at the corners where it has none and there are corners."""
        corners = () if winner.corners or not has_corners(self.collocation) else (replace(winner, corners=True),)
        return (*corners, replace(winner, size=winner.size // 2))

    def _larger(self, state: State, budget: Budget) -> tuple[State, Report]:
        """More features, which may also be finer, unless there are no more, the last ones were of no use, or there is no time for them."""
        settings, winner = self.collocation.plan.settings, state.modes.trial
        size = next((size for size in settings.feature_sizes if size > state.size and BYTES * size**2 <= settings.memory), None)
        useless = state.size > settings.pilot_features and state.modes.score > settings.progress * state.coarser.score
        if size is None or useless:
            return replace(state, finished="stagnation"), Report("features", message="more features are of no use")
        if not budget.affords("features", settings.cost_growth * 2):
            return replace(state, finished="time"), Report("features", message="there is no time for more features")
        waiting = (replace(winner, size=size), replace(winner, size=size, scale=winner.scale * settings.finer))
        return replace(state, waiting=waiting, size=size, coarser=state.modes), Report("features", message=f"{size} features")

    def _trial(self, state: State) -> tuple[State, Report]:
        trial, state = state.waiting[0], replace(state, waiting=state.waiting[1:])
        modes, sought = self.solve(state, trial, 0)
        report = Report("features", {}, {"worst mode": modes.score}, f"{trial.size} {trial.kind} features, scale {trial.scale:g}: {_listed(modes)}")
        if trial.size < state.size:
            return replace(state, coarser=modes), report
        if state.modes is not None and not modes.better_than(state.modes):
            return state, report
        best = modes.candidate()
        if state.best and state.best.estimate:
            share = modes.score / max(state.modes.score, 1e-300)
            best = replace(best, estimate={name: error * share for name, error in state.best.estimate.items()})
        return replace(state, modes=modes, wanted=sought if modes.score < RESOLVED else None, best=best, estimated=False), report

    def _estimate(self, state: State) -> tuple[State, Report]:
        """The errors of the best modes, from independent features: the difference.

        For eigenvalues it is also what the fall of residuals leaves of the change since fewer features, where that is more.
        """
        rival, _ = self.solve(state, state.modes.trial, 1)
        modes, other = (state.modes, rival) if state.modes.better_than(rival) else (rival, state.modes)
        self._refuse_complex(modes, other)
        errors = modes.difference(other)
        if state.coarser is not None and state.coarser.score > modes.score:
            share = modes.score / state.coarser.score
            errors = torch.maximum(errors[0], share * modes.gaps(state.coarser)), errors[1]
        reliable = max(modes.score, other.score) < TRUSTED and not modes.misses(other) and not other.misses(modes)
        best = modes.candidate(*errors, reliable)
        done = reliable and best.error <= self.collocation.plan.settings.accuracy
        report = Report("estimate", {}, {"worst mode": modes.score}, f"{'confirmed' if reliable else 'not confirmed'} by other features: {_listed(modes)}")
        return replace(state, modes=modes, best=best, estimated=True, finished="accuracy" if done else None), report

    def solve(self, state: State, trial: Trial, number: int) -> tuple[ModeSet, Wanted]:
        """Modes in the span of features, and what is wanted.

        With few features the spectrum is surveyed, and looked at again from elsewhere where that is called for.
        """
        settings, problem, pencil = self.collocation.plan.settings, self.collocation.plan.problem, state.pencil
        ansatz = pencil.ansatz(trial, number)
        rows = pencil.rows(ansatz, trial, number)
        sought = state.wanted or first_look(problem.eigenvalue.near, pencil.direction, _typical(*rows))
        surveying = trial.size <= settings.pilot_features or state.wanted is None
        asked = problem.modes * (2 if problem.is_complex else 1)
        for _ in range(LOOKS):
            generator = Purpose(settings.seed, RANDOM_VECTORS, trial.size).torch_generator()
            width = max(2 * asked + SPARE, SURVEYED if surveying else 0)
            inverse = Inverse.build(*rows, sought.shift, settings.inverse_regularisation)
            pairs = Judged.of(pencil, ansatz, inverse.nearest(asked, width, generator), sought.shift)
            following = wanted(problem.eigenvalue.near, pencil.direction, pairs.values, pairs.residuals, asked) if surveying else None
            if following is None:
                break
            before, sought = sought, following
            if not sought.remote(before.shift, pairs.values[pairs.residuals < RESOLVED]):
                break
        return pairs.modes(trial, sought, 2 * asked + SPARE), sought

    def _refuse_complex(self, modes: ModeSet, other: ModeSet) -> None:
        """Raise TrainingError where well resolved modes have complex eigenvalues: they come in pairs, and have no real functions."""
        sure = [one.imaginary[: one.count] * (one.residuals[: one.count] < WELL_RESOLVED) for one in (modes, other)]
        number = int(sure[0].argmax())
        if min(one.max().item() for one in sure) > COMPLEX:
            real, imaginary = modes.values[number].item(), (modes.imaginary * modes.scales)[number].item()
            raise TrainingError(f"there are complex eigenvalues among those wanted, such as {real:.6g} ± {imaginary:.6g}i",
                                hint="real eigenvalues are sought; near=… of the eigenvalue looks for others")


def _typical(left: Tensor, right: Tensor) -> float:
    """How large eigenvalues are, from the features: the median of |A φ| / |B φ|."""
    sizes = right.norm(dim=0)
    return (left.norm(dim=0)[sizes > 0] / sizes[sizes > 0]).median().item()


def _listed(modes: ModeSet) -> str:
    """The first eigenvalues in a few words."""
    values = [f"{value:.7g}" for value in modes.values[: modes.count].tolist()]
    return ", ".join([*values[:LISTED], *(["…"] if len(values) > LISTED else [])])
