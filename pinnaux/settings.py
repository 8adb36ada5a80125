"""Every default of the solver, in one place: the same for all problems."""

from __future__ import annotations

from dataclasses import dataclass

from pinnaux.errors import UsageError, did_you_mean

TRAINERS = ("automatic", "adam", "lbfgs", "adam+lbfgs", "ssbroyden", "joint", "alternating", "eliminated", "gauss-newton")
"""The names of the ways to train, the default first; `trainers.choice` has what they stand for."""

SEPARATED = ("joint", "alternating", "eliminated", "gauss-newton")
"""Those that minimise the separated objective. They eliminate the auxiliary jets of a point by its own m residuals, S = I + Σ Λ Λᵀ/ω
being m × m. With integrals the residuals of many points feel the jets at a node, and S couples them all. The default trainer needs no
auxiliary jets: its steps are Gauss–Newton steps on the original loss, whatever the residuals depend on."""


def known_trainer(name: str) -> str:
    """The name. Raises UsageError if no trainer has it."""
    if name not in TRAINERS:
        raise UsageError(f"there is no trainer {name!r}", hint=did_you_mean(name, TRAINERS))
    return name


@dataclass(frozen=True)
class Settings:
    """How a problem is solved. `accuracy` is the estimated relative error to reach, `time_limit` seconds for the whole solve."""

    accuracy: float = 1e-4
    time_limit: float = 300.0
    steps: int | None = None
    seed: int = 0
    trainer: str = TRAINERS[0]

    # Bytes that the matrices of a step may take; where they would take more, it goes without them.
    memory: float = 2.0 * 2**30

    # Collocation: at least so many interior points, those for every free parameter and residual component, and the other regions' share of them.
    points: int = 1
    points_per_unknown: float = 3.0
    other_share: float = 1 / 3
    fewest_points: int = 64
    held_out_points: int = 2000
    held_out_every: int = 5
    fewest_to_hold_out: int = 25
    pool_factor: int = 4
    corner_share: float = 0.2
    corner_pool: int = 50
    corner_nearest: float = 1e-4
    largest_attraction: float = 20.0
    early_share: float = 0.2
    earliest: float = 1e-4

    # Stage 1, spread features: a pilot tries every kind and scale, the best are solved at growing sizes.
    pilot_features: int = 300
    feature_sizes: tuple[int, ...] = (1000, 2000, 4000)
    finer: float = 1.5
    close: float = 3.0
    promising: float = 1.5
    hopeful: float = 3.0
    sharper: float = 3.0
    worthwhile: float = 10.0
    feature_trials: tuple[tuple[str, float], ...] = (
        ("sin", 1.0), ("sin", 2.0), ("sin", 4.0), ("sin", 6.0), ("sin", 9.0), ("sin", 14.0), ("tanh", 1.0), ("tanh", 2.0), ("tanh", 4.0))
    reference_trial: tuple[str, float] = ("sin", 4.0)
    newton_steps: int = 8
    regularisation: float = 1e-15
    moved: float = 0.5
    inverse_regularisation: float = 1e-12

    # Evolutions, window by window: features of space times polynomials of time.
    window_degree: int = 5
    moment_degree: int = 15
    first_window: float = 1 / 8
    window_growth: float = 1.4
    shortest_window: float = 1e-5
    shortest_moment: float = 1e-24  # without space a window costs next to nothing, and stiff systems begin with changes that short
    window_sampling: float = 0.6
    window_units: tuple[int, ...] = (50, 70, 100, 140, 200, 280, 400, 560)
    window_bases: tuple[tuple[str, float], ...] = (
        ("sin", 2.0), ("sin", 4.0), ("sin", 8.0), ("sin", 14.0), ("sin", 22.0), ("sin", 32.0), ("sin", 45.0),
        ("bent", 20.0), ("bent", 60.0), ("bent", 200.0))
    least_share: float = 1 / 64
    worth_following: float = 0.1
    first_refusals: int = 5
    march_beyond: float = 5.0
    promised_share: float = 1 / 3

    # Stage 2, Levenberg–Marquardt on all layers.
    hidden_widths: tuple[int, ...] = (20, 20, 20)
    activation: str = "tanh"
    starts: tuple[tuple[float, bool], ...] = ((0.5, False), (1.0, False), (1.0, True))
    start_steps: int = 3
    # Continuation of nonlinear problems: shares of what is nonlinear on the way to the problem, steps at each, the scale of the layers,
    # and the share of the residuals below which nothing counts as nonlinear.
    shares: tuple[float, ...] = (0.0, 0.1, 0.2, 0.4, 0.7)
    share_steps: int = 5
    continued_start: float = 1.0
    nonlinear: float = 1e-3
    start_regularisation: float = 1e-8
    first_damping: float = 1e-2
    refresh_every: int = 8
    consistency_points: int = 32
    descent_sampling: float = 2 / 3
    first_descent: int = 60
    pace_steps: int = 16
    pace: float = 5.0
    postponements: int = 2
    descent_growth: float = 2.2

    # Stage 3, the correction in closed form.
    correction_features: tuple[int, ...] = (1000, 2000, 3000)
    fine_accuracies: tuple[float, ...] = (1e-5, 1e-6)
    correction_oversampling: float = 4 / 3
    estimate_features: int = 600
    within_reach: float = 30.0
    nearly: float = 10.0
    correction_in_steps: float = 40.0
    haste: float = 1.2
    cost_growth: float = 8.0
    patience: int = 2
    fruitless: int = 2
    progress: float = 0.8
    bend_share: float = 1.0
    correction_slopes: tuple[float, float] = (0.5, 50.0)
    correction_regularisation: float = 1e-11

    # Baselines on the original loss: Adam, L-BFGS, self-scaled Broyden. Iterations are counted, of which a step makes several.
    iterations_a_step: int = 50
    moved_every: int = 500
    learning_rate: float = 1e-3
    curvature_pairs: int = 100
    opening_share: float = 1 / 3
    opening_iterations: int = 15_000
    plateau: int = 2500
    first_estimate: int = 2500
    estimate_growth: float = 3.0
    estimate_in_steps: float = 6.0

    def finest(self, kind: str) -> float:
        """The largest scale at which features of a kind are tried."""
        return max(scale for one, scale in self.feature_trials if one == kind)
