"""The derivative engine beside nested autograd, in one run, alternating: time, memory, fourth order and Jacobian rows.

    python tests/benchmarks/engine.py [--rounds 7] [--threads 1] [--device cpu]

A dense tanh network of 4 × 64, 4096 points, loss = mean (Δu)², loss and gradient in the parameters. The peers are what a user
would write with `torch.autograd.grad` and `torch.func`. Times are medians over the rounds with their range (processor time on a CPU);
a ratio is the median of the ratios of neighbouring runs, so that a busy machine slows both alike. Peak memory is measured in a process of
its own for each. Prints one table in Markdown, targets beside results.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pinnaux.ansatz import Ansatz, Group, Trained  # noqa: E402
from pinnaux.jets.inputs import Embedding  # noqa: E402
from pinnaux.jets.spec import JetSpec  # noqa: E402
from pinnaux.network import Network  # noqa: E402
from pinnaux.objective import Block, Objective  # noqa: E402
from pinnaux.surroundings import Surroundings  # noqa: E402

WIDTHS, POINTS, FEWER = (64,) * 4, 4096, 512
MEBIBYTE = 2**20
Run = Callable[[], object]


@dataclass(frozen=True)
class Setting:
    """What one comparison runs on."""

    dimension: int
    dtype: torch.dtype
    device: str
    points: int = POINTS

    def network(self) -> tuple[Network, Tensor]:
        axes = self.dimension
        network = Network.dense(Embedding((0.0,) * axes, (1.0,) * axes, (0.0,) * axes), WIDTHS, 1, "tanh")
        drawn = torch.randn(network.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64) / WIDTHS[0] ** 0.5
        return network, drawn.to(self.device, self.dtype)

    def coordinates(self) -> Tensor:
        drawn = torch.rand(self.points, self.dimension, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        return (2 * drawn - 1).to(self.device, self.dtype)

    def objective(self, fourth: bool = False) -> tuple[Objective, Tensor]:
        """mean (Δu)², or mean (ΔΔu)² in two dimensions."""
        network, theta = self.network()
        if fourth:
            spec = JetSpec.closure(2, [(4, 0), (2, 2), (0, 4)])
            pure, mixed, other = (spec.position[index] for index in ((4, 0), (2, 2), (0, 4)))
            program = lambda jets, numbers, around: (jets[0][pure] + 2 * jets[0][mixed] + jets[0][other]).T  # noqa: E731
        else:
            spec = JetSpec.closure(self.dimension, [], [(1.0,) * self.dimension])
            program = lambda jets, numbers, around: jets[0][-1].T  # noqa: E731
        axes = tuple(range(self.dimension))
        ansatz = Ansatz((Group(("u",), tuple(map(str, axes)), (Trained(network),)),))
        block = Block(("balance",), Surroundings(self.coordinates()), (spec,), (axes,), program)
        return Objective.unweighted(ansatz, (block,)), theta

    def plain(self) -> torch.nn.Sequential:
        """The same network of torch's modules."""
        network, theta = self.network()
        layers: list[torch.nn.Module] = []
        for layer, own in zip(network.layers, network.split(theta)):
            if not layer.size:
                layers.append(torch.nn.Tanh())
                continue
            linear = torch.nn.Linear(layer.inputs, layer.outputs, device=self.device, dtype=self.dtype)
            with torch.no_grad():
                linear.weight.copy_(layer.split(own)[0])
                linear.bias.copy_(layer.split(own)[1])
            layers.append(linear)
        return torch.nn.Sequential(*layers)


def ours(setting: Setting, fourth: bool = False) -> Run:
    """Loss and gradient by jets."""
    objective, theta = setting.objective(fourth)

    def run() -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            return objective.gradient(theta)

    return run


def nested(setting: Setting) -> Run:
    """Loss and gradient by nested reverse differentiation."""
    network, points = setting.plain(), setting.coordinates().requires_grad_()
    parameters = list(network.parameters())

    def run() -> tuple[Tensor, Tensor]:
        slope = torch.autograd.grad(network(points).sum(), points, create_graph=True)[0]
        laplacian = sum(torch.autograd.grad(slope[:, axis].sum(), points, create_graph=True)[0][:, axis] for axis in range(setting.dimension))
        loss = laplacian.square().mean()
        found = torch.autograd.grad(loss, parameters, materialize_grads=True, allow_unused=True)
        return loss.detach(), torch.cat([one.flatten() for one in found])

    return run


def our_rows(setting: Setting) -> Run:
    objective, theta = setting.objective()

    def run() -> Tensor:
        with torch.no_grad():
            return objective.jacobian(theta)[1] * setting.points**0.5

    return run


def vmapped_rows(setting: Setting) -> Run:
    """Rows of ∂Δu/∂θ by torch.func: the Jacobian of every point's Laplacian, vectorised over the points."""
    network, points = setting.plain(), setting.coordinates()
    parameters = {name: value.detach() for name, value in network.named_parameters()}

    def laplacian(own: dict[str, Tensor], point: Tensor) -> Tensor:
        return torch.func.hessian(lambda x: torch.func.functional_call(network, own, (x,))[0])(point).trace()

    rows = torch.func.vmap(torch.func.jacrev(laplacian), in_dims=(None, 0))

    def run() -> Tensor:
        return torch.cat([one.flatten(1) for one in rows(parameters, points).values()], dim=1)

    return run


def timed(run: Run, device: str) -> float:
    """Seconds by the wall clock on a GPU; of processor time on a CPU, which others' work on the machine does not lengthen as much."""
    if device == "cpu":
        began = time.process_time()
        run()
        return time.process_time() - began
    torch.cuda.synchronize()
    began = time.perf_counter()
    run()
    torch.cuda.synchronize()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Comparison:
    """Seconds of two runs that alternate."""

    first: list[float]
    second: list[float]

    @staticmethod
    def of(first: Run, second: Run, rounds: int, device: str) -> Comparison:
        times = [(timed(first, device), timed(second, device)) for _ in range(rounds + 1)][1:]
        return Comparison([one for one, _ in times], [other for _, other in times])

    @property
    def ratio(self) -> float:
        return statistics.median(other / one for one, other in zip(self.first, self.second))

    def row(self, what: str, target: str, met: bool, digits: int = 1) -> str:
        ratios = [other / one for one, other in zip(self.first, self.second)]
        spread = f"{self.ratio:.{digits}f} ({min(ratios):.{digits}f}–{max(ratios):.{digits}f})"
        return f"| {what} | {span(self.first)} | {span(self.second)} | {spread} | {target} | {'yes' if met else 'no'} |"


def span(seconds: list[float]) -> str:
    """Median and range in milliseconds."""
    return f"{1e3 * statistics.median(seconds):.0f} ({1e3 * min(seconds):.0f}–{1e3 * max(seconds):.0f})"


def peak(kind: str, dimension: int, dtype: str, device: str) -> float:
    """Mebibytes that one run takes beyond what is there before it, in a process of its own."""
    found = subprocess.run([sys.executable, __file__, "--peak", kind, str(dimension), dtype, "--device", device],
                           capture_output=True, text=True, check=True, cwd=ROOT)
    return float(found.stdout)


def measure_peak(kind: str, dimension: int, dtype: str, device: str) -> None:
    """Print what `peak` asks for; a run on few points loads what is loaded once."""
    make = {"ours": ours, "nested": nested}[kind]
    make(Setting(dimension, getattr(torch, dtype), device, 64))()
    run = make(Setting(dimension, getattr(torch, dtype), device))
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        print((torch.cuda.max_memory_allocated() - before) / MEBIBYTE)
        return
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    before = resident("VmRSS")
    run()
    print(resident("VmHWM") - before)


def resident(what: str) -> float:
    """Mebibytes of this process, as Linux counts them."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return float(line.split()[1]) * 1024 / MEBIBYTE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--peak", nargs=3, metavar=("KIND", "DIMENSION", "DTYPE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.peak:
        measure_peak(options.peak[0], int(options.peak[1]), options.peak[2], options.device)
        return
    device, rounds = options.device, options.rounds
    place = torch.cuda.get_device_name() if device == "cuda" else f"{options.threads} thread(s), {platform.machine()}"
    print(f"MLP {len(WIDTHS)}x{WIDTHS[0]} tanh, {POINTS} points, mean (Laplacian u)^2 and its gradient; {place}, torch {torch.__version__}, "
          f"{rounds} alternating rounds: median (range)\n")
    print("| what | jets, ms | peer, ms | ratio | target | met |\n| --- | --- | --- | --- | --- | --- |")
    wanted = 4.0 if device == "cuda" else 2.0
    for dtype in (torch.float64, torch.float32):
        for dimension in (2, 3, 10):
            setting, name = Setting(dimension, dtype, device), str(dtype).split(".")[1]
            first, second = ours(setting), nested(setting)
            agree(first, second, dtype)
            found = Comparison.of(first, second, rounds, device)
            print(found.row(f"{name}, d = {dimension}: nested autograd / jets", f"≥ {wanted:g}", found.ratio >= wanted), flush=True)
            memory = [peak(kind, dimension, name, device) for kind in ("ours", "nested")]
            print(f"| {name}, d = {dimension}: peak memory, MiB | {memory[0]:.0f} | {memory[1]:.0f} | {memory[1] / max(memory[0], 1e-3):.1f} "
                  f"| ≥ 2 | {'yes' if memory[1] >= 2 * memory[0] else 'no'} |", flush=True)
    for dtype in (torch.float64, torch.float32):
        name = str(dtype).split(".")[1]
        plane = Setting(2, dtype, device)
        found = Comparison.of(ours(plane), ours(plane, fourth=True), rounds, device)
        print(found.row(f"{name}, d = 2: biharmonic step / Laplacian step", "≤ 6", found.ratio <= 6), flush=True)
        few = Setting(2, dtype, device, FEWER)
        first, second = our_rows(few), vmapped_rows(few)
        agree(first, second, dtype)
        found = Comparison.of(first, second, rounds, device)
        print(found.row(f"{name}, d = 2, {FEWER} points: vmap(jacrev) / Jacobian rows", "≥ 20", found.ratio >= 20), flush=True)


def agree(first: Run, second: Run, dtype: torch.dtype) -> None:
    """Raise AssertionError unless both give the same."""
    results = [result if isinstance(result, tuple) else (result,) for result in (first(), second())]
    for one, other in zip(*results):
        allowed = (1e-10 if dtype == torch.float64 else 2e-3) * other.abs().max()
        assert (one - other).abs().max() <= allowed, f"{(one - other).abs().max():.1e} of {other.abs().max():.1e}"


if __name__ == "__main__":
    main()
