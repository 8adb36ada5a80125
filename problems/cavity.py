"""Lid-driven cavity at Re = 100: (v·∇)v + ∇p = Δv / Re, div v = 0; the lid moves as 4x(1 − x), p = 0 at the corner (0, 0)."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
velocity = VectorField("velocity", domain, components=("u", "v"))
p = Field("p", domain)
reynolds = 100
corner = Observations({"x": [0.0], "y": [0.0]}, domain)

problem = Problem(
    fields=[velocity, p],
    conditions=[
        Condition("momentum", dot(grad(velocity), velocity) + grad(p) == laplacian(velocity) / reynolds, on=domain),
        Condition("mass", div(velocity) == 0, on=domain),
        Condition("lid", velocity == (4 * x * (1 - x), 0), on=domain.boundary["top"]),
        Condition("walls", velocity == (0, 0), on=domain.boundary["left", "right", "bottom"]),
        Condition("pressure", p == 0, on=corner),
    ],
    outputs={"velocity": velocity, "p": p, "vorticity": curl(velocity)},
)
