"""Δu = 0 on a star from a mesh: the flux of x³ - 3xy² on its upper half, its values on the lower."""
from pinnaux import *

domain = Mesh("C42_star.msh")
x, y = domain.coordinates
n = domain.normal
u = Field("u", domain)
cubic = x**3 - 3 * x * y**2

problem = Problem(
    fields=[u],
    conditions=[
        Condition("laplace", laplacian(u) == 0, on=domain),
        Condition("flux", dot(grad(u), n) == dot(grad(cubic), n), on=domain.boundary["flux"]),
        Condition("value", u == cubic, on=domain.boundary["value"]),
    ],
)
