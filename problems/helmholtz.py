"""Helmholtz' equation: Δu + u = q on the square [-1, 1]², with q such that u = sin πx sin 4πy."""
from pinnaux import *

domain = Rectangle((-1, -1), (1, 1))
x, y = domain.coordinates
u = Field("u", domain)
waves = sin(pi * x) * sin(4 * pi * y)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("helmholtz", laplacian(u) + u == (1 - 17 * pi**2) * waves, on=domain),
        Condition("wall", u == 0, on=domain.boundary),
    ],
    exact={"u": waves},
)
