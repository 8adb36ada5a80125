"""Poisson's equation in five dimensions: -Δu = π² Σ cos πx_i on the unit cube, u given on its boundary."""
from pinnaux import *

domain = Box((0, 0, 0, 0, 0), (1, 1, 1, 1, 1))
u = Field("u", domain)
waves = sum(cos(pi * coordinate) for coordinate in domain.coordinates)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == pi**2 * waves, on=domain),
        Condition("faces", u == waves, on=domain.boundary),
    ],
    exact={"u": waves},
)
