"""Reference solutions of problems/ that have no formula, each computed by another method and good to more than is asked of it."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.interpolate import RectBivariateSpline

from pinnaux.geometry import Domain

Array = NDArray[np.float64]

PERIOD = 2.0                                     # of the Allen-Cahn problem, on [-1, 1]
LSHAPE = ((0, 0), (1, 0), (1, -1), (-1, -1), (-1, 1), (0, 1))
SQUARE_CORNERS = ((1, -1 - 1j), (1 - 1j, -1 + 1j), (-1 - 1j, 1 + 1j), (-1 + 1j, 1 - 1j), (1j, -1 - 1j))   # and their way inward
HOLES = tuple(0.3 * (a + 1j * b) for a in (1, -1) for b in (1, -1))
HOLE_RADIUS = 0.1

# Steady flow past a cylinder at Re = 20, DFG benchmark 2D-1: pressure difference between its front and rear, and its drag coefficient
# (G. Nabh, On high order methods for the stationary incompressible Navier-Stokes equations, PhD thesis, Heidelberg, 1998).
CYLINDER_PRESSURE_DIFFERENCE = 0.11752016697
CYLINDER_DRAG = 5.57953523384

# The inverse problem: conductivity, noise of the probes, how many there are, and the modes of the series.
CONDUCTIVITY, NOISE, PROBES, MODES = 0.15, 1e-3, 60, 400
# The other one, whose unknown is a field: how many temperatures were measured, and their noise.
MEASURED, MEASURED_NOISE = 2500, 0.1

# −Δu = λu on the L-shape of three unit squares, by the method of particular solutions (Trefethen & Betcke 2006); the third is 2π².
LSHAPE_TONES = np.array([9.6397238440219, 15.19725193, 2 * np.pi**2, 29.52148111, 31.91263596, 41.47450989])


def burgers(x: Array, t: Array, viscosity: float = 0.01 / np.pi, nodes: int = 200) -> Array:
    """u(x, t) of u_t + u u_x = ν u_xx from u = -sin πx, by the Cole-Hopf transform and Gauss-Hermite quadrature; t > 0.

    u = -∫ sin(πy) F(y) e^(-z²) dz / ∫ F(y) e^(-z²) dz,  y = x - √(4νt) z,  F(y) = exp(-cos(πy) / (2πν)).
    """
    z, weights = np.polynomial.hermite.hermgauss(nodes)
    y = x[:, None] - np.sqrt(4 * viscosity * t)[:, None] * z
    heights = weights * np.exp(-(1 + np.cos(np.pi * y)) / (2 * np.pi * viscosity))
    return -(heights * np.sin(np.pi * y)).sum(axis=1) / heights.sum(axis=1)


def burgers_on_grid() -> tuple[Array, Array]:
    """Points (25700, 2) of a full grid and u there."""
    points = grid(np.linspace(-1, 1, 257), np.linspace(0, 1, 101)[1:])
    return points, burgers(*points.T)


def sampled(domain: Domain, reference: Callable[[Array], Array], count: int = 4000, seed: int = 5) -> tuple[Array, Array]:
    """Points (count, d) inside the domain and the reference values (count,) there."""
    points = domain.interior.sample(count, np.random.default_rng(seed)).coordinates
    return points, reference(points)


Modes = NDArray[np.complex128]


@dataclass(frozen=True)
class Periodic:
    """u_t = L u + N(u) on [-1, 1], periodic in x, for t in [0, 1]: symbols of L and the derivative ∂, and the start, on a grid.

    N is of at most third degree, so a quarter of the modes either side is kept and nothing is aliased.
    """

    size: int
    linear: Callable[[Modes], Modes]
    nonlinear: Callable[[Array], Array]
    outer: Callable[[Modes], Modes]
    start: Callable[[Array], Array]

    @property
    def waves(self) -> Array:
        """The wavenumbers, in the order of the fast Fourier transform."""
        return np.fft.fftfreq(self.size, 1 / self.size) * 2 * np.pi / PERIOD

    def modes(self, times: int, steps_between: int) -> Modes:
        """Fourier coefficients (times + 1, size) by ETDRK4.

        Exponential time differencing, coefficients by contour integrals: Kassam & Trefethen, SIAM J. Sci. Comput. 26 (2005) 1214.
        """
        kept = abs(np.fft.fftfreq(self.size)) < 0.25
        factor = self.outer(1j * self.waves) * kept
        half, full, phi, (alpha, beta, gamma) = etdrk4_weights(self.linear(1j * self.waves), 1 / (times * steps_between))

        def rate(modes: Modes) -> Modes:
            return factor * np.fft.fft(self.nonlinear(np.fft.ifft(modes).real))

        modes = np.fft.fft(self.start(PERIOD * np.arange(self.size) / self.size - 1)) * kept
        saved = [modes]
        for step in range(1, times * steps_between + 1):
            first = rate(modes)
            a = half * modes + phi * first
            second = rate(a)
            third = rate(half * modes + phi * second)
            fourth = rate(half * a + phi * (2 * third - first))
            modes = full * modes + alpha * first + beta * (second + third) + gamma * fourth
            if step % steps_between == 0:
                saved.append(modes)
        return np.array(saved) / self.size

    def solution(self, x: Array, times: int, steps_between: int) -> tuple[Array, Array]:
        """Points (N, 2) at times + 1 moments and u (N,) there."""
        values = (self.modes(times, steps_between) @ np.exp(1j * np.outer(self.waves, x + 1))).real
        return grid(x, np.linspace(0, 1, times + 1)), values.T.ravel()


def etdrk4_weights(linear: Modes, step: float, contour: int = 64) -> tuple[Modes, Modes, Modes, tuple[Modes, Modes, Modes]]:
    """e^(hL/2), e^(hL), the weight φ of the half steps and the three weights of the stages, for the diagonal operator L."""
    z = step * linear[:, None] + np.exp(2j * np.pi * (np.arange(contour) + 0.5) / contour)
    grown = np.exp(z)
    stages = ((-4 - z + grown * (4 - 3 * z + z**2)) / z**3, 2 * (2 + z + grown * (z - 2)) / z**3,
              (-4 - 3 * z - z**2 + grown * (4 - z)) / z**3)
    alpha, beta, gamma = (step * stage.mean(axis=1) for stage in stages)
    return np.exp(step * linear / 2), np.exp(step * linear), step * ((np.exp(z / 2) - 1) / z).mean(axis=1), (alpha, beta, gamma)


def allen_cahn(size: int = 2048) -> Periodic:
    """u_t = 1e-4 u_xx + 5u - 5u³ from x²(1 + cos 3πx)."""
    return Periodic(size, lambda d: 1e-4 * d**2, lambda u: 5 * u - 5 * u**3, np.ones_like, lambda x: x**2 * (1 + np.cos(3 * np.pi * x)))


def allen_cahn_on_grid() -> tuple[Array, Array]:
    """Points (20301, 2) of a full grid and u there."""
    return allen_cahn().solution(np.linspace(-1, 1, 201), 100, 80)


def kdv(size: int = 512) -> Periodic:
    """u_t + u u_x + 0.022² u_xxx = 0 from cos πx."""
    return Periodic(size, lambda d: -(0.022**2) * d**3, lambda u: u**2, lambda d: -d / 2, lambda x: np.cos(np.pi * x))


def kdv_on_grid() -> tuple[Array, Array]:
    """Points (20301, 2) of a full grid and u there."""
    return kdv().solution(np.linspace(-1, 1, 201), 100, 200)


def schroedinger(size: int = 1024, moments: int = 100, steps_between: int = 20) -> tuple[Array, Modes]:
    """Points (N, 2) of a grid on [-5, 5] and [0, π/2] and h (N,) there: i h_t + h_xx / 2 + |h|² h = 0, periodic, from 2 sech x.

    The two halves of the equation in turn, each exactly, in steps of fourth order: Yoshida, Phys. Lett. A 150 (1990) 262.
    """
    x = 10 * np.arange(size) / size - 5
    outer = 1 / (2 - 2 ** (1 / 3))
    steps = np.pi / 2 / (moments * steps_between) * np.array([outer, 1 - 2 * outer, outer])
    drifts = np.exp(-0.5j * np.outer(steps, (2 * np.pi * np.fft.fftfreq(size, 10 / size)) ** 2))
    h = (2 / np.cosh(x)).astype(complex)
    saved = [h]
    for _ in range(moments):
        for step, drift in list(zip(steps, drifts)) * steps_between:
            h = np.fft.ifft(drift * np.fft.fft(h * np.exp(0.5j * step * np.abs(h) ** 2)))
            h = h * np.exp(0.5j * step * np.abs(h) ** 2)
        saved.append(h)
    return grid(x, np.linspace(0, np.pi / 2, moments + 1)), np.array(saved).T.ravel()


def grid(*axes: Array) -> Array:
    """The points (N, d) of the product of axes, the last one running fastest."""
    return np.column_stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])


# Harmonic functions that satisfy the boundary conditions in the least-squares sense. By the maximum principle the solution is
# nowhere more wrong than on the boundary.

HarmonicBasis = Callable[[NDArray[np.complex128]], Array]


def fitted(basis: HarmonicBasis, boundary: NDArray[np.complex128], values: Array) -> Array:
    """Coefficients of the basis that meet the boundary values best; columns are scaled, as their sizes differ by many decades."""
    columns = basis(boundary)
    scale = np.linalg.norm(columns, axis=0)
    return np.linalg.lstsq(columns / scale, values, rcond=1e-15)[0] / scale


@cache
def lshape_coefficients(terms: int = 40) -> Array:
    """Of -Δu = 1, u = 0 on the L-shape: the harmonic function u + |x|²/4 equals |x|²/4 on the boundary."""
    boundary = lshape_boundary(400)
    return fitted(lambda z: lshape_basis(z, terms), boundary, abs(boundary) ** 2 / 4)


def lshape_boundary(count: int) -> NDArray[np.complex128]:
    """Points on the edges, gathered at their ends; count an edge."""
    share = (1 - np.cos(np.pi * (np.arange(count) + 0.5) / count)) / 2
    corners = np.array([x + 1j * y for x, y in LSHAPE])
    return np.concatenate([a + share**2 / (share**2 + (1 - share) ** 2) * (b - a) for a, b in zip(corners, np.roll(corners, -1))])


def lshape_basis(z: NDArray[np.complex128], terms: int) -> Array:
    """(N, K) harmonic functions: singular ones of the re-entrant corner, polynomials, and z² log z at every corner.

    Powers r^(2k/3) sin(2kφ/3) vanish on both edges at the re-entrant corner; z^n log z are the resonances of right-angled corners.
    """
    turned = np.exp(0.75j * np.pi) * z                    # the bisector of the re-entrant corner on the positive axis
    logarithm = np.log(np.where(z == 0, 1, turned)) + 0.75j * np.pi
    local = abs(z) * np.exp(1j * logarithm.imag)          # polar angle 0 … 3π/2 from edge to edge
    columns = [(abs(z) ** (2 * k / 3) * np.sin(2 * k / 3 * logarithm.imag)) for k in range(1, terms)]
    columns += [(local**n).real for n in range(terms)] + [(local**n).imag for n in range(1, terms)]
    columns += [(local**n * logarithm).imag for n in range(2, terms // 2, 2)]
    for corner, inward in SQUARE_CORNERS:
        away = (z - corner) / inward
        columns.append((away**2 * np.log(np.where(away == 0, 1, away))).real)
    return np.column_stack(columns)


def lshape(points: Array) -> Array:
    """u (N,) of -Δu = 1 on the L-shape at points (N, 2)."""
    z = points[:, 0] + 1j * points[:, 1]
    return lshape_basis(z, 40) @ lshape_coefficients() - abs(z) ** 2 / 4


@cache
def plate_coefficients(poles: int = 32, powers: int = 64) -> Array:
    """Of the harmonic function that is 1 on the square's sides and 0 on its four holes."""
    share = np.cos(np.pi * (np.arange(200) + 0.5) / 200) / 2
    sides = np.concatenate([(share + 0.5j) * 1j**quarter for quarter in range(4)])
    turn = HOLE_RADIUS * np.exp(2j * np.pi * np.arange(200) / 200)
    boundary = np.concatenate([sides, *(hole + turn for hole in HOLES)])
    return fitted(lambda z: plate_basis(z, poles, powers), boundary, np.repeat([1.0, 0.0], [len(sides), len(HOLES) * len(turn)]))


def plate_basis(z: NDArray[np.complex128], poles: int, powers: int) -> Array:
    """(N, K): log |z - c| and poles at the centre of every hole, and polynomials."""
    columns = [(z / 0.7) ** power for power in range(powers + 1)]
    columns += [(HOLE_RADIUS / (z - hole)) ** order for hole in HOLES for order in range(1, poles + 1)]
    logarithms = [np.log(abs(z - hole)) for hole in HOLES]
    return np.column_stack([*logarithms, *(column.real for column in columns), *(column.imag for column in columns if np.any(column.imag))])


def plate_with_holes(points: Array) -> Array:
    """T (N,) at points (N, 2) of the plate."""
    return plate_basis(points[:, 0] + 1j * points[:, 1], 32, 64) @ plate_coefficients()


def heated_plate(points: Array, conductivity: float = CONDUCTIVITY) -> Array:
    """T (N,) of -div(k (1 + T) ∇T) = f, T = 0 at the sides of the unit square, f = exp(-10 ((x - 0.3)² + (y - 0.3)²)).

    w = T + T²/2 satisfies -k Δw = f (Kirchhoff's transform): a double sine series; then T = √(1 + 2w) - 1.
    """
    modes = np.arange(1, MODES + 1)
    nodes, weights = np.polynomial.legendre.leggauss(2 * MODES)
    places = (nodes + 1) / 2
    heating = np.sin(np.pi * np.outer(modes, places)) @ (weights * np.exp(-10 * (places - 0.3) ** 2))
    coefficients = np.outer(heating, heating) / (conductivity * np.pi**2 * (modes[:, None] ** 2 + modes**2))
    along_x, along_y = (np.sin(np.pi * np.outer(axis, modes)) for axis in points.T)
    return np.sqrt(1 + 2 * ((along_x @ coefficients) * along_y).sum(axis=1)) - 1


def heat_probes() -> Array:
    """(PROBES, 3): x, y and the measured T of problems/data/heat_conductivity.csv."""
    generator = np.random.default_rng(7)
    places = np.round(generator.uniform(0.05, 0.95, (PROBES, 2)), 4)
    return np.column_stack([places, np.round(heated_plate(places) + NOISE * generator.standard_normal(PROBES), 6)])


def cooling_plate(points: Array) -> Array:
    """u (N,) at points (N, 3) of the plate whose conductivity is 2 + sin πx sin πy."""
    x, y, t = points.T
    return np.exp(-t) * np.sin(np.pi * x) * np.sin(np.pi * y)


def measured_temperatures() -> Array:
    """(MEASURED, 4): x, y, t and the measured u of problems/data/inverse_heat.csv."""
    generator = np.random.default_rng(11)
    places = np.round(generator.uniform((-1, -1, 0), (1, 1, 1), (MEASURED, 3)), 4)
    return np.column_stack([places, np.round(cooling_plate(places) + MEASURED_NOISE * generator.standard_normal(MEASURED), 4)])


def clamped_plate(points: Array, degree: int = 24) -> Array:
    """w (N,) of Δ²w = 1 on the clamped unit square, by Ritz' method in products of (1 - s²)² P_k(s), s = 2x - 1, even k."""
    nodes, weights = np.polynomial.legendre.leggauss(2 * degree)
    values, second = clamped_functions(nodes, degree), clamped_functions(nodes, degree, 2)
    mass, bend = (values * weights) @ values.T, (second * weights) @ second.T
    mixed = (values * weights) @ second.T
    size = len(values)
    # ∫ (Δw)² with ∂/∂x = 2 ∂/∂s and dx = ds / 2: a factor 16 / 4.
    energy = 4 * (np.kron(bend, mass) + np.kron(mass, bend) + np.kron(mixed, mixed.T) + np.kron(mixed.T, mixed))
    load = np.kron(values @ weights, values @ weights) / 4
    coefficients = np.linalg.solve(energy, load).reshape(size, size)
    along_x, along_y = (clamped_functions(2 * axis - 1, degree) for axis in points.T)
    return np.einsum("in,ij,jn->n", along_x, coefficients, along_y)


def clamped_functions(s: Array, degree: int, derivative: int = 0) -> Array:
    """(degree / 2, N): the functions (1 - s²)² P_k(s) of even k, each of size about 1, or their derivatives."""
    legendre = np.polynomial.legendre
    clamp = legendre.poly2leg([1, 0, -2, 0, 1])
    modes = (legendre.legmul(clamp, np.eye(degree)[k] / (k + 1)) for k in range(0, degree, 2))
    return np.array([legendre.legval(s, legendre.legder(mode, derivative)) for mode in modes])


def hares_and_lynxes(t: Array) -> Array:
    """(2, N) of the Lotka-Volterra problem, by an explicit Runge-Kutta method of order 8."""
    def rates(_: float, numbers: Array) -> Array:
        hares, lynxes = numbers
        return np.array([hares * (1.1 - 0.4 * lynxes), lynxes * (0.1 * hares - 0.4)])

    return solve_ivp(rates, (0, t.max()), [10.0, 10.0], method="DOP853", t_eval=t, rtol=1e-12, atol=1e-12).y


CONVECTION = (2.243, 16.178, 19.617)
"""Of natural convection at Ra = 10⁴: the mean Nusselt number, the largest u on x = 1/2 and v on y = 1/2, to about 0.1 %
(G. de Vahl Davis, Int. J. Numer. Methods Fluids 3, 249-264, 1983, table V)."""


PROBE_PLACES, PROBE_TIMES, PROBE_NOISE = np.linspace(0.05, 0.95, 12), np.linspace(0.04, 1, 25), 0.005


def conductivity_law(temperature: Array) -> Array:
    """k of the heated rod."""
    return 0.2 * (1 + temperature**2)


@cache
def heated_rod_history(cells: int = 400) -> tuple[Array, Array, Array]:
    """x (cells + 2,), t (201,) and T (cells + 2, 201) of T_t = (k(T) T_x)_x, T = 0 at first and sin(πt/2) at x = 0, no flux at x = 1.

    Finite volumes, in time an implicit method: exact to some 1e-6.
    """
    width = 1 / cells

    def left(t: float) -> float:
        return np.sin(np.pi * t / 2)

    def rates(t: float, inner: Array) -> Array:
        edge = left(t)
        flux = np.empty(cells + 1)
        flux[1:-1] = conductivity_law((inner[1:] + inner[:-1]) / 2) * np.diff(inner) / width
        # One-sided to second order: the first centre is half a cell from the end.
        flux[0] = conductivity_law(edge) * (-8 * edge + 9 * inner[0] - inner[1]) / (3 * width)
        flux[-1] = 0
        return np.diff(flux) / width

    band = np.abs(np.subtract.outer(np.arange(cells), np.arange(cells))) <= 1
    band[0, 1] = True
    t = np.linspace(0, 1, 201)
    inner = solve_ivp(rates, (0, 1), np.zeros(cells), method="BDF", t_eval=t, rtol=1e-8, atol=1e-10, jac_sparsity=band).y
    x = np.concatenate([[0], (np.arange(cells) + 0.5) * width, [1]])
    last = (9 * inner[-1] - inner[-2]) / 8     # the parabola without a slope at the end
    return x, t, np.vstack([left(t), inner, last])


def heated_rod(points: Array) -> Array:
    """T (N,) at (x, t), by splines."""
    x, t, values = heated_rod_history()
    return RectBivariateSpline(x, t, values).ev(*points.T)


def rod_probes() -> Array:
    """(300, 3): x, t and the measured T of problems/data/conductivity_law.csv."""
    generator = np.random.default_rng(23)
    places = np.stack(np.meshgrid(np.round(PROBE_PLACES, 4), np.round(PROBE_TIMES, 4), indexing="ij"), axis=-1).reshape(-1, 2)
    return np.column_stack([places, np.round(heated_rod(places) + PROBE_NOISE * generator.standard_normal(len(places)), 6)])
