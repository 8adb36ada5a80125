"""Poisson's equation with one bump: -Δu = 2π² sin πx sin πy on the unit square, u = 0 on its boundary."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
u = Field("u", domain)
bump = sin(pi * x) * sin(pi * y)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 2 * pi**2 * bump, on=domain),
        Condition("wall", u == 0, on=domain.boundary),
    ],
    exact={"u": bump},
)
