"""The wave equation u_tt = Δu of a square membrane held at its edge, from sin πx sin πy at rest."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 1)
x, y, t = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("wave", diff(u, t, t) == laplacian(u), on=domain),
        Condition("edge", u == 0, on=domain.boundary),
        Condition("start", u == sin(pi * x) * sin(pi * y), on=domain.initial),
        Condition("at rest", diff(u, t) == 0, on=domain.initial),
    ],
)
