"""The commands, their exit statuses, and what a user reads when something is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import known
import numpy as np
import pytest
import pyvista

from pinnaux.cli import COMMANDS, main
from pinnaux.interrupt import HEARD
from pinnaux.load import load
from pinnaux.report import HEADLINES
from pinnaux.settings import Settings
from pinnaux.solution import Solution
from pinnaux.verdict import Verdict

PROBLEMS = Path(__file__).parent.parent / "problems"
PINNAUX = [sys.executable, "-m", "pinnaux"]
NEVER = '\nproblem = Problem(problem.fields, problem.conditions, accuracy=1e-300)\n'


def run(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PINNAUX, *map(str, words)], capture_output=True, text=True, timeout=120, **options)


@contextmanager
def endless(bar_file: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has found something and that nothing but a signal ends."""
    bar_file.write_text(bar_file.read_text() + NEVER)
    words = [*PINNAUX, "solve", str(bar_file), "--out", str(bar_file.parent / "out")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            begun = any("features, step" in line for line in child.stdout)
            assert begun, f"it ended before it began to solve: {child.stderr.read()}"
            yield child
        finally:
            child.kill()


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("words, what, hint", [
    ([], "which command?", "check, solve, export, plot, bench"),
    (["slove", "heat.py"], "there is no command 'slove'", "did you mean 'solve'?"),
    (["heat.py"], "heat.py is a file, not a command", "pinnaux solve heat.py"),
    (["solve"], "the following arguments are required: FILE", "pinnaux solve --help"),
    (["solve", "heat.py", "--accuracy", "-1"], "'-1' is not a positive number", "pinnaux solve --help"),
    (["solve", "heat.py", "--accuracy", "high"], "'high' is not a positive number", "pinnaux solve --help"),
    (["solve", "heat.py", "--time-limit", "nan"], "'nan' is not a positive number", "pinnaux solve --help"),
    (["solve", "heat.py", "--steps", "1.5"], "'1.5' is not a positive whole number", "pinnaux solve --help"),
    (["solve", "heat.py", "--points", "0"], "'0' is not a positive whole number", "pinnaux solve --help"),
    (["solve", "heat.py", "--seed", "x"], "'x' is not a whole number", "pinnaux solve --help"),
    (["solve", "heat.py", "--trainer", "addam"], "there is no trainer 'addam'", "did you mean 'adam'? known: 'automatic', 'adam'"),
    (["bench", "heat.py", "--trainers", "adam,lbgfs"], "there is no trainer 'lbgfs'", "did you mean 'lbfgs'?"),
    (["bench", "heat.py", "--trainer", "adam", "--steps", "0"], "'0' is not a positive whole number", "pinnaux bench --help"),
    (["solve", "heat.py", "--dtype", "float16"], "float16", "pinnaux solve --help"),
    (["solve", "heat.py", "--sed", "1"], "unrecognized arguments: --sed", "--help"),
])
def test_wrong_usage_is_status_1_with_what_is_wrong_and_a_hint(capsys, words, what, hint):
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    first, *others = err.splitlines()
    assert first.startswith("error: ") and what in first
    assert len(others) == 1 and others[0].startswith("  hint: ") and hint in others[0]


def test_help_names_the_commands_and_the_exit_statuses(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("check", "solve", "export", "plot", "bench", "130 interrupted"))


@pytest.mark.parametrize("command", ["solve", "bench"])
def test_help_tells_the_default_of_every_option(capsys, command):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = " ".join(capsys.readouterr().out.split("options:")[1].split())
    options = [part for part in re.split(r" (?=--)", text) if not part.startswith(("-h", "--help", "--traceback"))]
    assert [one for one in options if "(default" not in one] == []
    assert f"(default {Settings.time_limit:g}, or" in text and f"(default {Settings.accuracy:.0e}, or" in text


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert re.fullmatch(r"pinnaux \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_check_describes_the_problem(capsys, bar_file):
    assert main(["check", str(bar_file)]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("balance", "ends", "u_xx"))


@pytest.mark.parametrize("file", sorted(PROBLEMS.glob("*.py")), ids=lambda file: file.stem)
def test_check_describes_every_condition_of_every_problem_file(capsys, file):
    assert main(["check", str(file)]) == 0
    text = capsys.readouterr().out
    assert [condition.name for condition in load(file).conditions if f"{condition.name}: " not in text] == []


def test_check_does_not_load_torch_and_takes_half_a_second_of_the_processor(bar_file):
    watched = ("import sys, time; begin = time.process_time(); from pinnaux.cli import main; status = main(sys.argv[1:]);"
               "heavy = {'torch', 'pyvista', 'meshio', 'matplotlib', 'rich'} & set(sys.modules);"
               "print(status, sorted(heavy), time.process_time() - begin)")
    lines = [subprocess.run([sys.executable, "-c", watched, "check", str(bar_file)], capture_output=True, text=True,
                            timeout=120, check=True).stdout.splitlines()[-1] for _ in range(3)]
    assert all(line.startswith("0 [] ") for line in lines)
    assert min(float(line.split()[-1]) for line in lines) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_file_is_named(capsys, tmp_path, command):
    assert main([command, str(tmp_path / "nowhere.py")]) == 1
    assert "nowhere.py" in capsys.readouterr().err


def test_a_mistake_in_the_problem_is_shown_at_its_line_without_a_traceback(capsys, bar_file):
    bar_file.write_text(bar_file.read_text().replace("-diff(u, x, x) == 1", "-grad(u) == 1"))
    assert main(["solve", str(bar_file)]) == 1
    text = capsys.readouterr().err
    assert "bar.py:11" in text and "hint: " in text and "Traceback" not in text


def test_the_traceback_is_shown_when_asked_for(capsys, bar_file):
    bar_file.write_text(bar_file.read_text().replace("-diff(u, x, x) == 1", "-grad(u) == 1"))
    assert main(["solve", str(bar_file), "--traceback"]) == 1
    text = capsys.readouterr().err
    assert "Traceback" in text and text.rstrip().splitlines()[-1].startswith("  hint: ")


def test_a_folder_that_cannot_be_written_is_refused_before_solving(capsys, bar_file):
    (bar_file.parent / "out").write_text("a file in the way")
    assert main(["solve", str(bar_file), "--out", str(bar_file.parent / "out")]) == 1
    out, err = capsys.readouterr()
    assert "cannot write" in err and "--out" in err and out == ""


def test_a_saved_solution_that_is_not_there_says_how_to_make_it(capsys, bar_file):
    assert main(["export", str(bar_file), "--out", str(bar_file.parent)]) == 1
    assert f"pinnaux solve {bar_file}" in capsys.readouterr().err


def test_solve_writes_everything_and_export_and_plot_write_it_again(capsys, bar_file):
    out = bar_file.parent / "out"
    assert main(["solve", str(bar_file), "--out", str(out), "--accuracy", "1e-4", "--time-limit", "30"]) == 0
    printed = capsys.readouterr().out
    expected = ["bar.png", "bar.pvd", "bar_0000.vtu", "bar_left_0000.vtu", "bar_points.vtu", "bar_right_0000.vtu",
                "report.json", "report.txt", "solution.pt"]
    assert results(out / "bar") == expected
    text = (out / "bar" / "report.txt").read_text()
    assert text in printed and "accuracy reached" in text
    assert printed.rstrip().endswith(f"open {out / 'bar' / 'bar.pvd'} in ParaView")
    read = json.loads((out / "bar" / "report.json").read_text())
    assert read["status"] == "accuracy" and read["errors"]["u"] < 1e-4

    solution = Solution.load(out / "bar" / "solution.pt", load(bar_file))
    grid = pyvista.read(out / "bar" / "bar_0000.vtu")
    assert np.allclose(grid.point_data["u"], solution(grid.points[:, :1])["u"], rtol=1e-6, atol=1e-6)

    written = (out / "bar" / "bar_0000.vtu").read_bytes()
    for name in ("bar.pvd", "bar_0000.vtu", "bar.png"):
        (out / "bar" / name).unlink()
    assert main(["export", str(bar_file), "--out", str(out)]) == 0
    assert main(["plot", str(bar_file), "--out", str(out)]) == 0
    assert results(out / "bar") == expected
    assert (out / "bar" / "bar_0000.vtu").read_bytes() == written


@pytest.mark.parametrize("status, expected", [("accuracy", 0), ("stagnation", 2), ("failure", 3)])
def test_every_ending_has_its_exit_status_and_its_results_written(capsys, monkeypatch, bar_file, status, expected):
    solution = known.bar()
    solution.verdict = Verdict(status, "as the test wants it", 1e-4)
    monkeypatch.setattr("pinnaux.solver.solve", lambda problem, **options: solution)
    assert main(["solve", str(bar_file), "--out", str(bar_file.parent)]) == expected
    assert HEADLINES[status] in capsys.readouterr().out
    assert {"bar.pvd", "bar.png", "report.txt", "report.json", "solution.pt"} <= set(results(bar_file.parent / "bar"))


def test_an_output_that_is_not_finite_is_status_3_with_the_solution_kept(capsys, monkeypatch, bar_file):
    solution = known.bar()
    solution.values = {"u": lambda points: np.full(len(points), np.nan)}
    solution.verdict = Verdict("accuracy", "as the test wants it", 1e-4)
    monkeypatch.setattr("pinnaux.solver.solve", lambda problem, **options: solution)
    assert main(["solve", str(bar_file), "--out", str(bar_file.parent)]) == 3
    assert "'u' is not a finite number" in capsys.readouterr().err
    assert results(bar_file.parent / "bar") == ["report.json", "report.txt", "solution.pt"]


def test_the_options_reach_the_solver(monkeypatch, bar_file):
    solution, seen = known.bar(), {}
    solution.verdict = Verdict("accuracy", "", 1e-4)
    monkeypatch.setattr("pinnaux.solver.solve", lambda problem, **options: seen.update(options) or solution)
    words = "--accuracy 1e-3 --time-limit 7.5 --steps 9 --points 500 --seed 4 --device cuda:1 --dtype float32 --trainer lbfgs --quiet".split()
    assert main(["solve", str(bar_file), "--out", str(bar_file.parent), *words]) == 0
    assert seen == dict(accuracy=1e-3, time_limit=7.5, steps=9, points=500, seed=4, device="cuda:1", dtype="float32", trainer="lbfgs", watch=None)


def test_the_trainer_is_named_in_the_report_unless_it_is_the_default(capsys, bar_file):
    words = ["solve", str(bar_file), "--out", str(bar_file.parent), "--steps", "3"]
    assert main([*words, "--trainer", "ssbroyden"]) == 2
    assert re.search(r"stopped: step limit: 3 steps are done \(.* s, trainer ssbroyden\)", capsys.readouterr().out)
    assert json.loads((bar_file.parent / "bar" / "report.json").read_text())["trainer"] == "ssbroyden"
    main(words)
    assert ", trainer" not in capsys.readouterr().out
    assert json.loads((bar_file.parent / "bar" / "report.json").read_text())["trainer"] == "automatic"


def test_a_device_that_is_not_there_is_wrong_usage(capsys, bar_file):
    assert main(["solve", str(bar_file), "--out", str(bar_file.parent), "--device", "warp"]) == 1
    assert "'warp'" in capsys.readouterr().err


def test_an_accuracy_that_is_not_reached_is_status_2_with_the_results_written(bar_file):
    solved = run("solve", bar_file, "--out", bar_file.parent, "--accuracy", "1e-300", "--steps", "2", "--quiet")
    assert solved.returncode == 2, solved.stderr
    assert len(solved.stdout.splitlines()) == 1
    assert {"bar.pvd", "solution.pt"} <= set(results(bar_file.parent / "bar"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_writes_what_it_has_and_is_status_130(bar_file, number):
    with endless(bar_file) as child:
        child.send_signal(number)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert "interrupted" in out and "Traceback" not in err
    assert {"bar.pvd", "bar.png", "solution.pt", "report.txt"} <= set(results(bar_file.parent / "out" / "bar"))


def test_a_bench_that_is_stopped_prints_what_there_is_and_is_status_130(bar_file):
    words = [*PINNAUX, "bench", str(bar_file), "--out", str(bar_file.parent), "--trainers", "lbfgs,adam", "--accuracy", "1e-300"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert any("l-bfgs, step" in line for line in child.stdout)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130 and err == HEARD
    assert re.search(r"^lbfgs .* interrupted$", out, flags=re.MULTILINE) and "adam" not in out
    assert results(bar_file.parent / "bar") == ["bench.csv", "bench.png"]


def test_two_interruptions_stop_at_once_and_leave_no_half_written_file(bar_file):
    with endless(bar_file) as child:
        child.send_signal(signal.SIGINT)
        assert any("interrupted" in line for line in child.stdout)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "Traceback" not in err
    assert [name for name in results(bar_file.parent / "out" / "bar") if "partial" in name] == []


def test_a_reader_that_leaves_does_not_end_the_run(bar_file):
    words = [*PINNAUX, "solve", str(bar_file), "--out", str(bar_file.parent), "--accuracy", "1e-300", "--steps", "3"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=120) == 2
        assert child.stderr.read() == ""
    assert (bar_file.parent / "bar" / "bar.pvd").is_file()


def test_the_standard_output_may_be_closed(bar_file):
    closed = subprocess.run(f"exec {sys.executable} -m pinnaux check {bar_file} >&-", shell=True, capture_output=True, text=True,
                            timeout=120)
    assert (closed.returncode, closed.stderr) == (0, "")


def test_a_terminal_gets_a_live_display(bar_file):
    import pty

    words = [*PINNAUX, "solve", str(bar_file), "--out", str(bar_file.parent), "--accuracy", "1e-300", "--steps", "3"]
    master, slave = pty.openpty()
    with subprocess.Popen(words, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}) as child:
        os.close(slave)
        seen = b"".join(iter(lambda: _read(master), b""))
        assert child.wait(timeout=120) == 2
    os.close(master)
    assert b"\x1b[?25l" in seen and "residual on fresh points" in seen.decode()
    assert "stopped: step limit" in seen.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:         # how Linux says that the other side has closed
        return b""


def test_a_run_that_finds_nothing_keeps_the_files_of_an_earlier_one(bar_file):
    words = [*PINNAUX, "solve", str(bar_file), "--out", str(bar_file.parent)]
    assert subprocess.run(words, capture_output=True, timeout=120).returncode == 0
    before = {path.name: path.read_bytes() for path in (bar_file.parent / "bar").iterdir()}
    hasty = subprocess.run([*words, "--time-limit", "1e-9"], capture_output=True, text=True, timeout=120)
    assert hasty.returncode == 2 and "nothing was found in this time" in hasty.stdout
    assert {path.name: path.read_bytes() for path in (bar_file.parent / "bar").iterdir()} == before
