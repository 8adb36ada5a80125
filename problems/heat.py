"""The heat equation T_t = κ ΔT on a square plate that is cold on the left and right, insulated below and above."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1)) * TimeInterval(0, 1)
x, y, t = domain.coordinates
T = Field("T", domain)
diffusivity = 0.05

problem = Problem(
    fields=[T],
    conditions=[
        Condition("heat", diff(T, t) == diffusivity * laplacian(T), on=domain),
        Condition("cold", T == 0, on=domain.boundary["left", "right"]),
        Condition("insulated", dot(grad(T), domain.normal) == 0, on=domain.boundary["bottom", "top"]),
        Condition("start", T == sin(pi * x) * (1 + cos(2 * pi * y)), on=domain.initial),
    ],
    outputs={"T": T, "flux": -diffusivity * grad(T)},
    exact={"T": sin(pi * x) * (exp(-diffusivity * pi**2 * t) + exp(-5 * diffusivity * pi**2 * t) * cos(2 * pi * y))},
)
