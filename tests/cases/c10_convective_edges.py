"""Steady conduction ΔT = 0: 100 at the bottom, insulated at the left, convection -k ∂T/∂n = h T at the right and the top."""
from pinnaux import *

domain = Rectangle((0, 0), (0.6, 1))
T = Field("T", domain)
n = domain.normal
conductivity, transfer = 52, 750

problem = Problem(
    fields=[T],
    conditions=[
        Condition("conduction", laplacian(T) == 0, on=domain),
        Condition("heated", T == 100, on=domain.boundary["bottom"]),
        Condition("insulated", dot(grad(T), n) == 0, on=domain.boundary["left"]),
        Condition("convection", -conductivity * dot(grad(T), n) == transfer * T, on=domain.boundary["right", "top"]),
    ],
)
