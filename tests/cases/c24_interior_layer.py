"""-ε Δu + (2, 3) · ∇u + u = f with ε = 1e-4: an interior layer of width 0.01, u = (2/π) arctan((-x/2 + y - 1/4) / √ε)."""
from pinnaux import *

domain = Rectangle((0, 0), (1, 1))
x, y = domain.coordinates
u = Field("u", domain)
epsilon = 1e-4
layer = 2 / pi * atan((-x / 2 + y - 1 / 4) / sqrt(epsilon))


def transport(u):
    """Diffusion, convection and reaction of u."""
    return -epsilon * laplacian(u) + dot((2, 3), grad(u)) + u


problem = Problem(
    fields=[u],
    conditions=[
        Condition("transport", transport(u) == transport(layer), on=domain),
        Condition("sides", u == layer, on=domain.boundary),
    ],
    exact={"u": layer},
)
