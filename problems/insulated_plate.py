"""-Δu + λ = f on an insulated plate whose mean temperature is 0: only with the right loss λ is there a solution."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
u = Field("u", domain)
loss = Parameter("loss", initial=0)
waves = cos(pi * x) * cos(2 * pi * y)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("balance", -laplacian(u) + loss == 5 * pi**2 * waves + 3, on=domain),
        Condition("insulated", dot(grad(u), domain.normal) == 0, on=domain.boundary),
        Condition("mean", integral(u, over=domain) == 0),
    ],
    exact={"u": waves},
)
