"""Reference solutions of the problems in cases/: formulas, series and small solvers, and the files of measurements they need."""
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad, solve_bvp, solve_ivp
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.special import erfc

from references import Array

Complex = NDArray[np.complex128]


def burgers_bump(x: Array, t: Array, a: float = 2.0) -> Array:
    """u of u_t + u u_x = u_xx by the Cole-Hopf transform: u = -2 φ_x / φ with φ = a + exp(-π² t) cos πx."""
    decay = np.exp(-np.pi**2 * t)
    return 2 * np.pi * decay * np.sin(np.pi * x) / (a + decay * np.cos(np.pi * x))


def convective_plate(x: Array, y: Array, modes: int = 400) -> Array:
    """T of the plate with two convective edges: Σ c cos αx Y(y), α tan 0.6 α = h / k; Y = α cosh α(1-y) + (h / k) sinh α(1-y), scaled."""
    width, ratio = 0.6, 750 / 52

    def mismatch(alpha: float) -> float:
        return alpha * np.sin(alpha * width) - ratio * np.cos(alpha * width)

    alpha = np.array([brentq(mismatch, n * np.pi / width, (n + 0.5) * np.pi / width) for n in range(modes)])
    weight = 100 * np.sin(alpha * width) / alpha / (width / 2 + np.sin(2 * alpha * width) / (4 * alpha))
    reflected = (alpha - ratio) / (alpha + ratio)
    decay = np.exp(-np.outer(y, alpha)) + reflected * np.exp(-np.outer(2 - y, alpha))
    return (weight * np.cos(np.outer(x, alpha)) * decay / (1 + reflected * np.exp(-2 * alpha))).sum(axis=1)


def dam_states(gravity: float = 9.81, behind: float = 0.005, before: float = 0.001) -> tuple[float, float, float]:
    """Depth between rarefaction and shock, speed of the shock, and speed of the water between them (Stoker)."""

    def mismatch(depth: float) -> float:
        """Speed of the water after the rarefaction less that after the shock."""
        return (2 * (np.sqrt(gravity * behind) - np.sqrt(gravity * depth))
                - (depth - before) * np.sqrt(gravity / 2 * (1 / depth + 1 / before)))

    middle = brentq(mismatch, before, behind, xtol=1e-15)
    speed = 2 * (np.sqrt(gravity * behind) - np.sqrt(gravity * middle))
    return middle, middle * speed / (middle - before), speed


def dam_break(x: Array, t: Array, gravity: float = 9.81, behind: float = 0.005, before: float = 0.001) -> Array:
    """Depth h behind a dam at x = 5 that breaks: constant, a rarefaction √(g h) = (2c - ξ) / 3, constant, a shock; ξ = (x - 5) / t."""
    middle, shock, speed = dam_states(gravity, behind, before)
    celerity, similarity = np.sqrt(gravity * behind), (x - 5) / t
    waves = [similarity < -celerity, similarity < speed - np.sqrt(gravity * middle), similarity < shock]
    return np.select(waves, [behind + 0 * x, (2 * celerity - similarity) ** 2 / (9 * gravity), middle + 0 * x], before)


def beam(x: Array, load: float = 1.0, place: float = 0.35) -> Array:
    """Deflection of a simply supported beam under a point load (Macaulay's bracket): -w'' = P (1 - a) x - P <x - a>."""
    arm = 1 - place
    return load * (arm * x * (1 - arm**2 - x**2) + np.maximum(x - place, 0) ** 3) / 6


def rod(x: Array, t: Array, diffusivity: float = 4.9975e-7, images: int = 4) -> Array:
    """T of a rod of length 0.1, at 50 at first, its ends at 70 and 40: complementary error functions reflected at both ends."""
    length, spread = 0.1, np.sqrt(4 * diffusivity * t)

    def heated(distance: Array) -> Array:
        """The influence of one end at a distance from it."""
        return sum(erfc((distance + 2 * length * k) / spread) - erfc((2 * length * (k + 1) - distance) / spread) for k in range(images))

    return 50 + 20 * heated(x) - 10 * heated(length - x)


def stiff_spring(t: Array) -> Array:
    """y of y'' + 4 y' + 400 y = 0, y = 1 and y' = 0 at first."""
    frequency = np.sqrt(400 - 2**2)
    return np.exp(-2 * t) * (np.cos(frequency * t) + 2 / frequency * np.sin(frequency * t))


def sixth_order(x: Array) -> Array:
    """u of u^(6) = -4 u'' + 1 with six conditions at the ends, by collocation."""
    def slopes(_: Array, y: Array) -> Array:
        return np.vstack([y[1:], 1 - 4 * y[2]])

    def ends(left: Array, right: Array) -> Array:
        return np.array([left[0], right[0], left[2] - 1, left[3], right[4], left[5] - 1])

    nodes = np.linspace(0, 1, 41)
    return solve_bvp(slopes, ends, nodes, np.zeros((6, nodes.size)), tol=1e-8).sol(x)[0]


def forced_oscillator(t: Array) -> Array:
    """y of y'' + 0.2 (y² - 1) y' - y + y³ = 0.53 cos t from y = 0.1, y' = -0.2."""
    def rates(t: float, state: Array) -> Array:
        y, speed = state
        return np.array([speed, 0.53 * np.cos(t) - 0.2 * (y**2 - 1) * speed + y - y**3])

    return solve_ivp(rates, (0, t.max()), [0.1, -0.2], method="DOP853", t_eval=t, rtol=1e-12, atol=1e-12).y[0]


def bloch(t: Array) -> dict[str, Array | Complex]:
    """ρ₁₁, ρ₂₂ and ρ₁₂ of the driven atom: exp(t L) ρ(0) with ρ' = L ρ = -i [H, ρ] + S ρ S* - {S* S, ρ} / 2 (Lindblad)."""
    hamiltonian = 10 * np.array([[0, 1], [1, 0]], dtype=complex)
    lowering, unit = np.array([[0, 1], [0, 0]], dtype=complex), np.eye(2)
    occupied = lowering.conj().T @ lowering
    rates = (-1j * (np.kron(hamiltonian, unit) - np.kron(unit, hamiltonian.T)) + np.kron(lowering, lowering.conj())
             - (np.kron(occupied, unit) + np.kron(unit, occupied.T)) / 2)
    density = np.array([expm(moment * rates)[:, 0] for moment in t])
    return {"r11": density[:, 0].real, "r22": density[:, 3].real, "r12": density[:, 1]}


@cache
def released_carriers(depths: int = 40) -> Callable[[Array], Array]:
    """I(t) = ∫ e^(-2E) P dE of the traps: with z = e^(-E), P = z g and I = ∫ z² g dz over [0, 1], g' = I - z² g."""
    nodes, weights = np.polynomial.legendre.leggauss(depths)
    z, weights = (nodes + 1) / 2, weights / 2
    rates = np.outer(np.ones(depths), weights * z**2) - np.diag(z**2)
    solution = solve_ivp(lambda t, g: rates @ g, (0, 10.1), np.ones(depths), rtol=1e-11, atol=1e-12, dense_output=True).sol
    return lambda t: (weights * z**2) @ solution(t)


def traps(E: Array, t: Array) -> Array:
    """P of the traps: e^(-E) (e^(-ct) + ∫_0^t e^(-c(t - τ)) I(τ) dτ), c = e^(-2E)."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    moments = t[:, None] * (nodes + 1) / 2
    rate = np.exp(-2 * E)[:, None]
    filled = (np.exp(-rate * (t[:, None] - moments)) * released_carriers()(moments.ravel()).reshape(moments.shape)) @ weights * t / 2
    return np.exp(-E) * (np.exp(-rate[:, 0] * t) + filled)


def fokker_planck(x: Array, a: float) -> Array:
    """exp(∫ drift / (σ²/2)) = exp(8 (a x²/2 - x⁴/8)), over its integral."""
    def shape(x: float | Array) -> float | Array:
        return np.exp(8 * (a * x**2 / 2 - x**4 / 8))

    return shape(x) / quad(shape, -2.2, 2.2, epsabs=1e-12)[0]


def periodic_orbit(t: Array, periods: int = 6) -> Array:
    """(2, N): u and v of the equations with fractional powers, on the orbit that attracts."""
    def rates(t: float, state: Array) -> Array:
        u, v = state
        exchange = 1.1 * (3 - v) ** 1.5 * u**3.5
        return np.array([2 + np.sin(t) - exchange + 1.3 * v**2.2, 1 + np.cos(t) + exchange - 2.4 * v**2.2])

    start = 2 * np.pi * periods
    return solve_ivp(rates, (0, start + 2 * np.pi), [1.4, 1.7], method="LSODA", t_eval=start + t, rtol=1e-10, atol=1e-11).y


def bridge(points: Array, size: int = 128, rounds: int = 400) -> dict[str, Array]:
    """m, v and mv of the forward and the backward heat equation, by turns from the density at one end to that at the other.

    m₀ = ρ₀ / K v_T, v_T = ρ_T / K m₀ with the heat kernel K (Sinkhorn); scaled so that m at first and v at last have the same mean.
    """
    x = 2 * np.arange(size) / size
    waves = np.pi * np.fft.fftfreq(size, 1 / size)

    def heated(values: Array, time: float | Array = 2.0) -> Array:
        return np.fft.ifft(np.exp(-0.1 * waves**2 * time) * np.fft.fft(values)).real

    first, last = (sum(np.exp(-10 * (x - centre + 2 * k) ** 2) for k in range(-3, 4)) for centre in (0.6, 1.4))
    m = np.ones(size)
    for _ in range(rounds):
        v = last / heated(m)
        m = first / heated(v)
    scale = np.sqrt(v.mean() / m.mean())

    def at(values: Array, times: Array) -> Array:
        modes = np.fft.fft(values) / size * np.exp(-0.1 * waves**2 * times[:, None])
        return (np.exp(1j * np.outer(points[:, 0], waves)) * modes).sum(axis=1).real

    m, v = at(m * scale, points[:, 1]), at(v / scale, 2 - points[:, 1])
    return {"m": m, "v": v, "density": m * v}


# The L-shape of which one edge at the re-entrant corner is insulated.

@cache
def insulated_lshape_coefficients(terms: int = 40, count: int = 300) -> Array:
    """Of -Δu = 1: the harmonic function u + |x|²/4 equals |x|²/4 on the edges held, and its flux through y = 0, x > 0 is zero."""
    share = (1 - np.cos(np.pi * (np.arange(count) + 0.5) / count)) / 2
    place = share**2 / (share**2 + (1 - share) ** 2)
    corners = np.array([0, 1, 1 - 1j, -1 - 1j, -1 + 1j, 1j])
    insulated, *held = (a + place * (b - a) for a, b in zip(corners, np.roll(corners, -1)))
    held = np.concatenate(held)
    # On the real axis the flux of Re f through y = 0 is -Im f'; it is weighted by the distance from the singular corner.
    rows = np.vstack([insulated_lshape_basis(held, terms)[0].real,
                      (-insulated_lshape_basis(insulated, terms)[1].imag) * abs(insulated[:, None])])
    values = np.concatenate([abs(held) ** 2 / 4, np.zeros(count)])
    scale = np.linalg.norm(rows, axis=0)
    scale[scale == 0] = 1
    return np.linalg.lstsq(rows / scale, values, rcond=1e-15)[0] / scale


def insulated_lshape_basis(z: Complex, terms: int) -> tuple[Complex, Complex]:
    """Functions (N, K) whose real parts are harmonic, and their derivatives.

    z^((2k+1)/3), whose real part vanishes on x = 0, y > 0 and its flux on y = 0, x > 0 (the angle runs from 0 down to -3π/2); powers;
    and the resonances (z - c)² log(z - c) of right-angled corners whose edges are both held.
    """
    turned = np.exp(0.75j * np.pi) * z
    logarithm = np.log(np.where(z == 0, 1, turned)) - 0.75j * np.pi
    angle = logarithm.imag                               # 0 on y = 0, x > 0, and -3π/2 on x = 0, y > 0
    assert np.all((angle < 1e-9) & (angle > -1.5 * np.pi - 1e-9))
    functions, slopes = [], []
    for k in range(terms):
        power = (2 * k + 1) / 3
        functions.append(np.exp(power * logarithm))
        slopes.append(power * np.exp((power - 1) * logarithm))
    for n in range(terms):
        for factor in (1, 1j):
            functions.append(factor * z**n)
            slopes.append(factor * n * z ** max(n - 1, 0))
    for corner, inward in ((1 - 1j, -1 + 1j), (-1 - 1j, 1 + 1j), (-1 + 1j, 1 - 1j), (1j, -1 - 1j)):
        away = (z - corner) / inward
        safe = np.log(np.where(away == 0, 1, away))
        functions.append(away**2 * safe)
        slopes.append((2 * away * safe + away) / inward)
    return np.column_stack(functions), np.column_stack(slopes)


def insulated_lshape(points: Array) -> Array:
    """u (N,) of -Δu = 1 on the L-shape insulated along y = 0, x > 0 and held at 0 elsewhere."""
    z = points[:, 0] + 1j * points[:, 1]
    return insulated_lshape_basis(z, 40)[0].real @ insulated_lshape_coefficients() - abs(z) ** 2 / 4


# Measurements and a mesh.

def write_table(path: Path, columns: dict[str, Array]) -> None:
    """A table with a header."""
    np.savetxt(path, np.column_stack(list(columns.values())), delimiter=",", header=",".join(columns), comments="", fmt="%.10g")


def write_sine(folder: Path) -> None:
    """C13: sin πx at 50 places."""
    x = np.linspace(-1, 1, 50)
    write_table(folder / "C13_u.csv", {"x": x, "u": np.sin(np.pi * x)})


def write_deflections(folder: Path) -> None:
    """C14: deflections at 20 places."""
    x = (np.arange(20) + 0.5) / 20
    write_table(folder / "C14_w.csv", {"x": x, "w": beam(x)})


def write_source_measurements(folder: Path) -> None:
    """C40: sin 2πx at 20 places, as a table and as one file for each column."""
    x = np.linspace(0, 1, 20)
    write_table(folder / "C40_obs.csv", {"x": x, "u": np.sin(2 * np.pi * x)})
    np.savetxt(folder / "C40_x_onecolumn.txt", x, fmt="%.10g")
    np.savetxt(folder / "C40_u_onecolumn.txt", np.sin(2 * np.pi * x), fmt="%.10g")


def write_kdv_measurements(folder: Path) -> None:
    """C57: sin x sin t at 400 places."""
    x, t = np.random.default_rng(57).random((2, 400))
    write_table(folder / "C57_u.csv", {"x": x, "t": t, "u": np.sin(x) * np.sin(t)})


def write_star(folder: Path, around: int = 160, outwards: int = 24) -> None:
    """C42: the star r < 1 + cos(5φ)/4 in triangles, its boundary `flux` above y = 0 and `value` below, in Gmsh's format 2.2."""
    angle = 2 * np.pi * np.arange(around) / around
    rim = (1 + np.cos(5 * angle) / 4) * np.exp(1j * angle)
    nodes = np.concatenate([[0], *(rim * ring / outwards for ring in range(1, outwards + 1))])
    here, there = np.arange(around), (np.arange(around) + 1) % around
    triangles = [np.column_stack([0 * here, 1 + here, 1 + there])]
    for ring in range(1, outwards):
        inner, outer = 1 + (ring - 1) * around, 1 + ring * around
        triangles += [np.column_stack([inner + here, outer + here, outer + there]),
                      np.column_stack([inner + here, outer + there, inner + there])]
    edges = 1 + (outwards - 1) * around + np.column_stack([here, there])
    elements = [f"1 2 {group} {group} {a + 1} {b + 1}" for (a, b), group in zip(edges, np.where(here < around // 2, 1, 2))]
    elements += [f"2 2 3 3 {a + 1} {b + 1} {c + 1}" for a, b, c in np.vstack(triangles)]
    numbered = [f"{number} {point.real:.12g} {point.imag:.12g} 0" for number, point in enumerate(nodes, start=1)]
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat",
             "$PhysicalNames", "3", '1 1 "flux"', '1 2 "value"', '2 3 "domain"', "$EndPhysicalNames",
             "$Nodes", str(len(nodes)), *numbered, "$EndNodes",
             "$Elements", str(len(elements)), *(f"{number} {line}" for number, line in enumerate(elements, start=1)), "$EndElements"]
    (folder / "C42_star.msh").write_text("\n".join(lines) + "\n", encoding="ascii")


WRITERS = (write_sine, write_deflections, write_source_measurements, write_star, write_kdv_measurements)
