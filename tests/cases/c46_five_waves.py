"""-u'' = Σ 2k sin 2kx, k = 1 … 5, on [-π, π], u = 0 at both ends."""
from pinnaux import *

domain = Interval(-pi, pi)
x, = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -diff(u, x, x) == sum(2 * k * sin(2 * k * x) for k in range(1, 6)), on=domain),
        Condition("ends", u == 0, on=domain.boundary),
    ],
)
