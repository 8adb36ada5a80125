"""Steady flow past a cylinder in a channel, Re = 20: (v·∇)v + ∇p = ν Δv, div v = 0 (the DFG benchmark 2D-1)."""
from pinnaux import *

domain = Mesh("meshes/channel_cylinder.msh")
x, y = domain.coordinates
n = domain.normal
velocity = VectorField("velocity", domain, components=("u", "v"))
p = Field("p", domain)
viscosity, height, peak = 1e-3, 0.41, 0.3
parabola = 4 * peak * y * (height - y) / height**2

problem = Problem(
    fields=[velocity, p],
    conditions=[
        Condition("momentum", dot(grad(velocity), velocity) + grad(p) == viscosity * laplacian(velocity), on=domain),
        Condition("mass", div(velocity) == 0, on=domain),
        Condition("inflow", velocity == (parabola, 0), on=domain.boundary["inlet"]),
        Condition("no slip", velocity == (0, 0), on=domain.boundary["walls", "cylinder"]),
        Condition("outflow", viscosity * dot(grad(velocity), n) == p * n, on=domain.boundary["outlet"]),
    ],
    outputs={"velocity": velocity, "p": p, "vorticity": curl(velocity)},
)
