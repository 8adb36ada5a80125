"""Poisson's equation in a cube with a spherical cavity: -Δu = 3π² sin πx sin πy sin πz, u = 0 outside, its flux given inside."""
from pinnaux import *

domain = Box((0, 0, 0), (1, 1, 1), name="walls") - Ball((0.5, 0.5, 0.4), 0.25, name="cavity")
x, y, z = domain.coordinates
n = domain.normal
u = Field("u", domain)
bump = sin(pi * x) * sin(pi * y) * sin(pi * z)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("poisson", -laplacian(u) == 3 * pi**2 * bump, on=domain),
        Condition("walls", u == 0, on=domain.boundary["walls"]),
        Condition("flux", dot(grad(u), n) == dot(grad(bump), n), on=domain.boundary["cavity"]),
    ],
    exact={"u": bump},
)
