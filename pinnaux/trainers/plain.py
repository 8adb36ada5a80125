"""Baselines: a network trained on the original loss by the field's usual methods, in the same loop as every other trainer.

Network, points, balance of the conditions and judge are those of the default trainer; what differs is the minimiser, the usual
Glorot start, and that nothing is corrected: a correction only estimates the error of what was trained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz, Candidate, Trained
from pinnaux.architecture import embedding, nothing, start, with_branches
from pinnaux.balance import fair_weights
from pinnaux.collocation import Collocation, Purpose
from pinnaux.network import Network, glorot
from pinnaux.objective import Block, Objective
from pinnaux.trainers.correction import correct
from pinnaux.trainers.features import held_out
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.state import Budget, Report

NETWORK, FIRST_POINTS, MOVED_POINTS = 41, 42, 43


class Iterate(Protocol):
    """Where a minimiser is: θ, the loss last computed, and whether it found no way down."""

    @property
    def theta(self) -> Tensor: ...

    @property
    def loss(self) -> Tensor | float: ...

    @property
    def stuck(self) -> bool: ...


I = TypeVar("I", bound=Iterate)


class Minimiser(Protocol[I]):
    """A method that lowers an objective from its gradient, iteration after iteration."""

    @property
    def name(self) -> str: ...

    def begin(self, theta: Tensor) -> I:
        """Nothing known yet but θ."""

    def step(self, objective: Objective, state: I) -> I:
        """One iteration."""

    def moved(self, state: I) -> I:
        """The same θ, and what is known of the loss, for other points or weights."""


@dataclass(frozen=True, eq=False)
class State:
    """Everything a run is. `phase` counts the minimisers done with, `iterations` those of the present one, `total` all of them.

    `moved` is the total at which the points moved last; `mark` is the best score when it had last fallen well, at the total `marked`;
    `idle` counts steps in a row that found no way down.
    """

    judge: HeldOut | None = None
    objective: Objective | None = None
    iterate: Iterate | None = None
    phase: int = 0
    iterations: int = 0
    total: int = 0
    moved: int = 0
    mark: float = float("inf")
    marked: int = 0
    idle: int = 0
    best: Candidate | None = None
    estimates: int = 0
    next_estimate: int = 0
    finished: str | None = None


@dataclass(frozen=True, eq=False)
class Plain:
    """Minimisers one after another, each until it stagnates or has had its share of the time; the last one to the end."""

    collocation: Collocation
    minimisers: tuple[Minimiser, ...]

    @cached_property
    def plain(self) -> Collocation:
        """Without singular functions at corners: networks only."""
        return replace(self.collocation, corners=False)

    def init(self) -> State:
        """Nothing done yet."""
        return State(next_estimate=self.collocation.plan.settings.first_estimate)

    def step(self, state: State, budget: Budget) -> tuple[State, Report]:
        """Some iterations, or an estimate of the error: when it is due, and as the last thing of all."""
        if state.judge is None:
            return replace(state, judge=held_out(self.plain)), Report("start", message="points drawn, conditions balanced")
        if state.objective is None:
            return self._begin(state)
        ending = self._ending(state, budget)
        if ending or state.total >= state.next_estimate:
            return self._estimate(state, ending)
        if self._outdone(state, budget):
            state = self._next_phase(state)
        return self._train(self._on_points(state))

    def _begin(self, state: State) -> tuple[State, Report]:
        """The network at its Glorot start, on points uniform by measure."""
        ansatz, theta = glorot_start(self.plain)
        purpose = Purpose(self.plain.plan.settings.seed, FIRST_POINTS)
        objective = self._weighted(ansatz, self.plain.blocks(self._interior(ansatz), purpose), theta)
        check_finite(objective, theta)
        best = Candidate(ansatz, theta, state.judge.score(ansatz, theta))
        return replace(state, objective=objective, iterate=self.minimisers[0].begin(theta), best=best), Report(
            "start", objective.losses(theta), message=f"network of {ansatz.size} parameters, Glorot start")

    def _train(self, state: State) -> tuple[State, Report]:
        """Some iterations on the same points; the best on points held out is kept."""
        method, iterate, done = self.minimisers[state.phase], state.iterate, 0
        while done < self.plain.plan.settings.iterations_a_step and not (done and iterate.stuck):
            iterate, done = method.step(state.objective, iterate), done + 1
        ansatz = state.objective.ansatz
        if not torch.isfinite(iterate.theta).all() or not float(iterate.loss) < float("inf"):
            check_finite(state.objective, iterate.theta)
        score = state.judge.score(ansatz, iterate.theta)
        best = Candidate(ansatz, iterate.theta, score) if score < state.best.score else state.best
        total, fell = state.total + done, best.score <= self.plain.plan.settings.progress * state.mark
        report = Report(method.name, state.objective.losses(iterate.theta), state.judge.residuals(ansatz, iterate.theta),
                        f"{state.iterations + done} iterations")
        return replace(state, iterate=iterate, iterations=state.iterations + done, total=total, best=best,
                       mark=best.score if fell else state.mark, marked=total if fell else state.marked,
                       idle=state.idle + 1 if iterate.stuck else 0), report

    def _on_points(self, state: State) -> State:
        """Every so many iterations, and when there is no way down, on new points drawn to where the residual is large.

        At first they move whenever the iterations have doubled: the balance of the conditions at a random start is soon outdated.
        """
        settings = self.plain.plan.settings
        waiting = min(settings.moved_every, max(settings.iterations_a_step, state.moved))
        if state.total - state.moved < waiting and not state.iterate.stuck:
            return state
        ansatz, theta = state.objective.ansatz, state.iterate.theta
        blocks = self.plain.attracted(ansatz, theta, self._interior(ansatz), Purpose(settings.seed, MOVED_POINTS, state.total))
        objective = self._weighted(ansatz, blocks, theta)
        check_finite(objective, theta)
        return replace(state, objective=objective, iterate=self.minimisers[state.phase].moved(state.iterate), moved=state.total)

    def _outdone(self, state: State, budget: Budget) -> bool:
        """Whether the next minimiser should take over: there is one, and this one is at a plateau, stuck, or has had its share.

        The usual recipe gives Adam a number of iterations; the share of the time sees to it that the next one has time left.
        """
        settings, method = self.plain.plan.settings, self.minimisers[state.phase]
        if state.phase + 1 == len(self.minimisers) or not state.iterations:
            return False
        steps = state.iterations / settings.iterations_a_step
        share = not budget.affords(method.name, steps * (1 / settings.opening_share - 1))
        plateau = state.total - state.marked >= settings.plateau
        return share or plateau or state.iterations >= settings.opening_iterations or state.iterate.stuck

    def _next_phase(self, state: State) -> State:
        """The next minimiser, from the best solution so far."""
        iterate = self.minimisers[state.phase + 1].begin(state.best.theta)
        return replace(state, phase=state.phase + 1, iterate=iterate, iterations=0, idle=0)

    def _ending(self, state: State, budget: Budget) -> str | None:
        """Why this is the last moment to estimate the error, if it is."""
        settings = self.plain.plan.settings
        if state.idle > settings.patience and state.phase + 1 == len(self.minimisers):
            return "stagnation"
        stage = self.minimisers[state.phase].name
        # What an estimate costs is known after the first; before that it is judged by what training costs.
        late = budget.hurry if state.estimates else not budget.affords(stage, settings.estimate_in_steps)
        return "time" if late else None

    def _estimate(self, state: State, ending: str | None) -> tuple[State, Report]:
        """The error of the best solution by a correction that is not kept; the judge is balanced by that solution."""
        settings = self.plain.plan.settings
        judge, zero = state.judge.balanced(state.best.ansatz, state.best.theta), nothing(self.plain)
        judge = judge.from_zero(zero.ansatz, zero.theta)
        trained = replace(state.best, score=judge.score(state.best.ansatz, state.best.theta))
        best = correct(self.plain, judge, trained, state.estimates, settings.estimate_features).uncorrected
        done = "accuracy" if best.reliable and best.error <= settings.accuracy else None
        report = Report("estimate", {}, judge.residuals(best.ansatz, best.theta),
                        f"{'confirmed' if best.reliable else 'not confirmed'} by points held out")
        return replace(state, judge=judge, best=best, estimates=state.estimates + 1, mark=float("inf"), finished=done or ending,
                       next_estimate=int(settings.estimate_growth * max(state.total, 1))), report

    def _interior(self, ansatz: Ansatz) -> int:
        """As many interior points as the default trainer has for as many parameters."""
        return self.plain.plan.interior_points(int(self.plain.plan.settings.descent_sampling * ansatz.size))

    def _weighted(self, ansatz: Ansatz, blocks: tuple[Block, ...], theta: Tensor) -> Objective:
        objective = Objective.unweighted(ansatz, blocks)
        return replace(objective, weights=fair_weights(objective, theta))


def glorot_start(collocation: Collocation) -> tuple[Ansatz, Tensor]:
    """One network a group of unknowns with all parameters free, at the usual start; unknown numbers at their initial values."""
    plan = collocation.plan
    generator = Purpose(plan.settings.seed, NETWORK).torch_generator()
    groups, parts = [], []
    for group, kinks in zip(plan.groups, plan.kinks):
        network = Network.dense(embedding(group, plan.problem.domain, kinks), plan.settings.hidden_widths, len(group), plan.settings.activation)
        groups.append(with_branches(collocation, group, [Trained(network)]))
        parts.append(glorot(network, generator))
    ansatz = Ansatz(tuple(groups), len(plan.problem.parameters))
    theta = start(ansatz, collocation)
    theta[: ansatz.size - ansatz.numbers] = torch.cat(parts).to(theta)
    return ansatz, theta
