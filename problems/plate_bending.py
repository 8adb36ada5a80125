"""A square plate clamped on all sides under a uniform load: Δ²w = q / D, w = ∂w/∂n = 0 on its boundary."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
w = Field("w", domain)
load, stiffness = 1, 1

problem = Problem(
    fields=[w],
    conditions=[
        Condition("bending", laplacian(laplacian(w)) == load / stiffness, on=domain),
        Condition("held", w == 0, on=domain.boundary),
        Condition("clamped", dot(grad(w), domain.normal) == 0, on=domain.boundary),
    ],
)
