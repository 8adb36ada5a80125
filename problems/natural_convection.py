"""Air in a square between a hot and a cold wall rises and falls: (v·∇)v + ∇p = Pr Δv + Ra Pr T e_y, v·∇T = ΔT, with Ra = 10⁴."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
velocity = VectorField("velocity", domain, components=("u", "v"))
p, T = Field("p", domain), Field("T", domain)
rayleigh, prandtl = 1e4, 0.71
buoyancy = Tensor((0, rayleigh * prandtl * T))

problem = Problem(
    fields=[velocity, p, T],
    conditions=[
        Condition("momentum", dot(grad(velocity), velocity) + grad(p) == prandtl * laplacian(velocity) + buoyancy, on=domain),
        Condition("mass", div(velocity) == 0, on=domain),
        Condition("energy", dot(velocity, grad(T)) == laplacian(T), on=domain),
        Condition("walls", velocity == (0, 0), on=domain.boundary),
        Condition("hot", T == 1, on=domain.boundary["left"]),
        Condition("cold", T == 0, on=domain.boundary["right"]),
        Condition("insulated", dot(grad(T), domain.normal) == 0, on=domain.boundary["top", "bottom"]),
        Condition("mean pressure", integral(p, over=domain) == 0),
    ],
    outputs={"nusselt": integral(dot(grad(T), domain.normal), over=domain.boundary["left"])},
)
