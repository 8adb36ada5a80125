"""Δ(u, v) = (4, 0) in a square, its sides held at u = x² + y², v = x² - y²; the Laplacian written out."""
from pinnaux import *

domain = Rectangle((0, 3), (1, 4))
x, y = domain.coordinates
w = VectorField("w", domain, components=("u", "v"))


def spread(w):
    """The Laplacian of both components, written out."""
    return Tensor((diff(w[0], x, x) + diff(w[0], y, y), diff(w[1], x, x) + diff(w[1], y, y)))


problem = Problem(
    fields=[w],
    conditions=[
        Condition("poisson", spread(w) == (4, 0), on=domain),
        Condition("sides", w == (x**2 + y**2, x**2 - y**2), on=domain.boundary),
    ],
)
