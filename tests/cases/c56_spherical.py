"""Laplace's equation in a ball, in spherical coordinates with symmetry about the axis, u = (3 cos² θ - 1)/2 on the sphere."""
from pinnaux import *

domain = Rectangle((0, 0), (1, pi), names=("r", "theta"))
r, theta = domain.coordinates
u = Field("u", domain)

laplace = (diff(u, r, r) + 2 / r * diff(u, r)
           + diff(u, theta, theta) / r**2 + cos(theta) / sin(theta) / r**2 * diff(u, theta))

problem = Problem(
    fields=[u],
    conditions=[
        Condition("laplace", laplace == 0, on=domain),
        Condition("sphere", u == (3 * cos(theta) ** 2 - 1) / 2, on=domain.boundary["right"]),
    ],
)
