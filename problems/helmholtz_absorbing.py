"""Helmholtz' equation Δu + k² u = 0: a plane wave enters a square from the left and below, and leaves through absorbing sides."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
n = domain.normal
u = ComplexField("u", domain)
k = 10
direction = (cos(pi / 6), sin(pi / 6))
wave = exp(1j * k * (direction[0] * x + direction[1] * y))

problem = Problem(
    fields=[u],
    conditions=[
        Condition("helmholtz", laplacian(u) + k**2 * u == 0, on=domain),
        Condition("entering", u == wave, on=domain.boundary["left", "bottom"]),
        Condition("leaving", dot(grad(u), n) == 1j * k * dot(direction, n) * u, on=domain.boundary["right", "top"]),
    ],
    exact={"u": wave},
)
