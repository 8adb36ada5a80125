"""Recover the conductivity of a heated plate from temperature probes: -div(k (1 + T) ∇T) = f, T = 0 at the sides."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
T = Field("T", domain)
k = Parameter("k", initial=1.0, positive=True)
probes = Observations("data/heat_conductivity.csv", domain, columns=("T",))
heating = exp(-10 * ((x - 0.3)**2 + (y - 0.3)**2))

problem = Problem(
    fields=[T],
    conditions=[
        Condition("heat", -div(k * (1 + T) * grad(T)) == heating, on=domain),
        Condition("cold sides", T == 0, on=domain.boundary),
        Condition("probes", T == probes["T"], on=probes),
    ],
    outputs={"T": T, "flux": -k * (1 + T) * grad(T)},
)
