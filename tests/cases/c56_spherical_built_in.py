"""Laplace's equation in a ball, in spherical coordinates with symmetry about the axis, u = (3 cos² θ - 1)/2 on the sphere."""
from pinnaux import *

domain = Rectangle((0, 0), (1, pi)).spherical()
r, theta = domain.coordinates
u = Field("u", domain)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("laplace", laplacian(u) == 0, on=domain),
        Condition("sphere", u == (3 * cos(theta) ** 2 - 1) / 2, on=domain.boundary),
    ],
)
