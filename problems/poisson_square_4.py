"""Poisson's equation with four periods each way: -Δu = 32π² sin 4πx sin 4πy on the unit square, u = 0 on its boundary."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
u = Field("u", domain)
wavenumber = 4 * pi
bumps = sin(wavenumber * x) * sin(wavenumber * y)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 2 * wavenumber**2 * bumps, on=domain),
        Condition("wall", u == 0, on=domain.boundary),
    ],
    exact={"u": bumps},
)
