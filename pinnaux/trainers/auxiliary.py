"""What the trainers that minimise the separated objective share: their state, their start, points that move, and their reports.

A state is plain data, auxiliary jets included, so that a run goes on from a saved state exactly as it would have. New points have
new auxiliary jets: those of a push.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate
from pinnaux.balance import fair_weights
from pinnaux.collocation import Collocation, Purpose
from pinnaux.consistency import best_jets, consistency, thinned, thinned_jets
from pinnaux.objective import Block, Objective
from pinnaux.self_adaptive import Weighting
from pinnaux.separated import Auxiliaries, Separated
from pinnaux.surroundings import Surroundings
from pinnaux.trainers.correction import correct
from pinnaux.trainers.deep import spread_start
from pinnaux.trainers.features import held_out
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.state import Budget, Report

MOVED_POINTS = 14


@dataclass(frozen=True, eq=False)
class AuxiliaryState:
    """θ and the auxiliary jets, the points and condition weights they belong to, and what a method remembers: vectors in `memory`,
    and a `rate`, its step length or damping."""

    ansatz: Ansatz | None = None
    surroundings: tuple[Surroundings, ...] = ()
    conditions: tuple[Tensor, ...] = ()
    theta: Tensor | None = None
    auxiliaries: Auxiliaries = ()
    memory: tuple[Tensor, ...] = ()
    rate: float = 0.0
    steps: int = 0
    idle: int = 0
    estimates: int = 0
    estimated_at: float = float("inf")
    best: Candidate | None = None
    finished: str | None = None


Advance = Callable[[Separated, AuxiliaryState], AuxiliaryState]
"""One step of a method: other θ, auxiliary jets, memory and rate; `idle` counts steps in vain."""


@dataclass(frozen=True, eq=False)
class AuxiliaryRun:
    """The frame of a run in which `advance` is the only difference between methods.

    Methods that eliminate the auxiliary jets (`eliminates`) are measured at the jets that they eliminate: the best ones.
    """

    collocation: Collocation
    weighting: Weighting
    advance: Advance
    refresh_every: int
    report_every: int
    eliminates: bool = False

    @cached_property
    def judge(self) -> HeldOut:
        """Held-out points, always the same."""
        return held_out(self.collocation)

    def separated(self, state: AuxiliaryState) -> Separated:
        """Φ on the state's points."""
        blocks = tuple(self.collocation.block_on(number, around) for number, around in enumerate(state.surroundings))
        return Separated(Objective(state.ansatz, blocks, state.conditions))

    def step(self, state: AuxiliaryState, budget: Budget) -> tuple[AuxiliaryState, Report]:
        """The start; or one step, every now and then on new points, measured, and an estimate where it may be the end."""
        if state.ansatz is None:
            return self._begin(state)
        if self._promising(state) or budget.hurry:
            return self._estimate(state)
        state, separated = self._moved(state)
        state = self.advance(separated, replace(state, steps=state.steps + 1))
        patience = self.collocation.plan.settings.patience
        if state.idle > patience:
            state = replace(state, finished="stagnation")
        if state.steps % self.report_every and not state.finished:
            return state, Report("layers")
        return self._measured(separated, state)

    def _begin(self, state: AuxiliaryState) -> tuple[AuxiliaryState, Report]:
        """The best of a few starts on held-out points: every layer spread over the images of the points, the output layer solved for."""
        starts = [spread_start(self.collocation, *one) for one in self.collocation.plan.settings.starts]
        first = min(starts, key=lambda one: self.judge.score(one.objective.ansatz, one.theta))
        state = self.on(replace(state, ansatz=first.objective.ansatz, theta=first.theta), first.objective.blocks)
        check_finite(self.separated(state).objective, state.theta)
        return self._judged(state), Report("start", message="network spread layer by layer")

    def on(self, state: AuxiliaryState, blocks: tuple[Block, ...]) -> AuxiliaryState:
        """The state on other points: condition weights balanced anew, auxiliary jets pushed."""
        objective = Objective.unweighted(state.ansatz, blocks)
        objective = replace(objective, weights=fair_weights(objective, state.theta))
        return replace(state, surroundings=tuple(block.surroundings for block in blocks), conditions=objective.weights,
                       auxiliaries=Separated(objective).push(state.theta))

    def _moved(self, state: AuxiliaryState) -> tuple[AuxiliaryState, Separated]:
        if not (state.steps and state.steps % self.refresh_every == 0) and not state.idle:
            return state, self.separated(state)
        plan, settings = self.collocation.plan, self.collocation.plan.settings
        interior = plan.interior_points(int(settings.descent_sampling * state.ansatz.size))
        purpose = Purpose(settings.seed, MOVED_POINTS, state.steps)
        state = self.on(state, self.collocation.attracted(state.ansatz, state.theta, interior, purpose))
        separated = self.separated(state)
        check_finite(separated.objective, state.theta)
        return state, separated

    def _measured(self, separated: Separated, state: AuxiliaryState) -> tuple[AuxiliaryState, Report]:
        """Losses, held-out residuals and consistency; where the weights turn out too small the auxiliary jets are pushed anew."""
        few = self.collocation.plan.settings.consistency_points
        own, jets = thinned(separated, few), thinned_jets(separated, state.auxiliaries, few)
        jets = best_jets(own, state.theta, jets, self.weighting.weights(own, state.theta, jets)) if self.eliminates else jets
        measured = consistency(own, state.theta, jets, self.weighting)
        losses = separated.objective.losses(state.theta)
        state = self._judged(state)
        message = ""
        if not measured.holds:
            state, message = replace(state, auxiliaries=separated.push(state.theta)), "auxiliary jets pushed anew"
        return state, Report("layers", losses, self.judge.residuals(state.ansatz, state.theta), message, measured)

    def _judged(self, state: AuxiliaryState) -> AuxiliaryState:
        """The state with its network as the best candidate, if it is."""
        score = self.judge.score(state.ansatz, state.theta)
        if state.best is not None and not score < state.best.score:
            return state
        return replace(state, best=Candidate(state.ansatz, state.theta, score))

    def _promising(self, state: AuxiliaryState) -> bool:
        """Whether the residual on held-out points may mean the accuracy asked for, and has fallen much since the last estimate."""
        settings = self.collocation.plan.settings
        score = state.best.score
        return score <= settings.nearly * settings.accuracy * self.judge.zero and score < state.estimated_at / settings.nearly

    def _estimate(self, state: AuxiliaryState) -> tuple[AuxiliaryState, Report]:
        """The error of the best candidate, from a correction that is not kept: it is the method that is asked what it can do."""
        settings = self.collocation.plan.settings
        found = correct(self.collocation, self.judge, state.best, state.estimates, settings.estimate_features)
        best = found.uncorrected
        done = best.reliable and best.error <= settings.accuracy
        report = Report("correction", {}, self.judge.residuals(best.ansatz, best.theta), "by a correction that is not kept")
        return replace(state, best=best, estimates=state.estimates + 1, estimated_at=best.score,
                       finished="accuracy" if done else state.finished), report
