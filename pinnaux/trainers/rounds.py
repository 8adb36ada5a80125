"""An evolution marched through again and again, each time to a tenth of the tolerance (a hundredth without space) with other features.

Two marches are independent of each other, so their difference is the error of the looser one, however errors grow in time: that is how
chaotic or unstable evolutions are told from others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Candidate
from pinnaux.collocation import Purpose
from pinnaux.trainers.correction import EPSILON, SMALLEST_GAIN, relative_change
from pinnaux.trainers.held_out import HeldOut
from pinnaux.trainers.march import Chain, March, Marching
from pinnaux.trainers.window import Window

CHANGE = 47
LOOSEST, TIGHTER = 1e-2, 0.1
TIGHTER_MOMENTS = 0.01
"""Without space there are no features to be others, and a tenth of the tolerance shortens windows by a seventh: errors would be alike."""
FEWEST_WINDOWS = 3
GROWING = 1.01
FEWEST_IN_WINDOW = 10


@dataclass(frozen=True, eq=False)
class Rounds:
    """The march under way, the last one that reached the end, the solution it gave, and whether no further march is worth while."""

    march: March
    last: Chain | None = None
    best: Candidate | None = None
    over: bool = False


def begin(marching: Marching) -> Rounds:
    """The first march, ten times looser than the accuracy asked for."""
    accuracy = marching.collocation.plan.settings.accuracy
    return Rounds(marching.begin(min(LOOSEST, accuracy / TIGHTER)))


def advance(marching: Marching, judge: HeldOut, rounds: Rounds) -> Rounds:
    """One more window; at the end of a march, its solution and the next march."""
    march = marching.advance(rounds.march)
    if march.stuck:
        return replace(rounds, march=march, over=True)
    if not marching.finished(march):
        return replace(rounds, march=march)
    candidate = _whole(marching, judge, march.chain)
    if rounds.last:
        candidate = _estimated(marching, rounds, march.chain, candidate)
    following = marching.begin(march.tolerance * tighter(marching), march)
    return Rounds(replace(following, message=march.message), march.chain, candidate)


def tighter(marching: Marching) -> float:
    """The next march's tolerance, relative to that of the last."""
    return TIGHTER if marching.collocation.plan.problem.domain.space else TIGHTER_MOMENTS


def windows_left(marching: Marching, rounds: Rounds) -> float:
    """How many more windows the march needs, as long as they are now, growing as they do, or as on average; 0 while too few are done to tell."""
    march, (first, last) = rounds.march, marching.duration
    if len(march.chain.pieces) < FEWEST_WINDOWS:
        return 0.0
    left, done = last - march.chain.end, march.chain.end - first
    growth = march.length / (march.chain.end - march.chain.edges[-2])
    # A geometric series: windows that follow a quick start grow by thousands.
    needed = math.log1p(left * (growth - 1) / march.length) / math.log(growth) if growth > GROWING else left / march.length
    return min(needed, march.tries * left / done)


def given_up(marching: Marching, rounds: Rounds) -> Rounds:
    """No more windows. Where the march under way was the second, it tells the error of the first as far as it came."""
    best = rounds.best
    if best and not best.estimate and len(rounds.march.chain.pieces) >= FEWEST_WINDOWS:
        chain = rounds.march.chain
        ansatz, theta = chain.ansatz(), best.theta
        change = relative_change(marching.collocation, best, ansatz, theta, *spread(marching, chain))
        best = replace(best, estimate={name: EPSILON + size for name, size in change.items()})
    return replace(rounds, best=best, over=True)


def _whole(marching: Marching, judge: HeldOut, chain: Chain) -> Candidate:
    ansatz = chain.ansatz()
    theta = torch.zeros(0, dtype=marching.collocation.dtype, device=marching.collocation.device)
    return Candidate(ansatz, theta, judge.score(ansatz, theta))


def _estimated(marching: Marching, rounds: Rounds, chain: Chain, candidate: Candidate) -> Candidate:
    """With the error that the difference from the last march implies: |difference|² = error² + (error of the last one)².

    Their ratio is taken as the root of that of the largest residuals on held-out points: errors come from all windows, and fall
    by less than the largest residual. (With the ratio itself, errors were up to 18 times the estimate in 16 marches, with the root 3.)
    """
    change = relative_change(marching.collocation, rounds.best, candidate.ansatz, candidate.theta, *spread(marching, chain))
    gain = max(1.0, rounds.last.worst / max(chain.worst, 1e-300))
    estimate = {name: EPSILON + size / math.sqrt(1.0 + gain) for name, size in change.items()}
    return replace(candidate, estimate=estimate, reliable=gain > SMALLEST_GAIN)


def spread(marching: Marching, chain: Chain) -> tuple[Tensor, Tensor]:
    """Points (N, d), as many in every window, and the share (N,) of the whole that each stands for: spikes have short windows."""
    collocation, count = marching.collocation, len(chain.pieces)
    generator = Purpose(collocation.plan.settings.seed, CHANGE).generator()
    each = max(FEWEST_IN_WINDOW, collocation.plan.settings.held_out_points // count)
    windows = [Window(collocation, marching.evolution, start, end) for start, end in zip(chain.edges, chain.edges[1:])]
    parts = [window.moved(collocation.plan.problem.domain.interior.sample(each, generator)).coordinates for window in windows]
    shares = torch.tensor([(window.end - window.start) / (chain.end - chain.edges[0]) / each for window in windows])
    return torch.cat([collocation.tensor(part) for part in parts]), shares.to(collocation.device, collocation.dtype).repeat_interleave(each)
