"""What a newcomer meets first: the package's description, the README's commands, the layout."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOP_LEVEL = {".ci", ".gitignore", "LICENSE", "README.md", "meshes", "pinnaux", "problems", "pyproject.toml", "tests"}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_dependency_has_its_reason_beside_it(project):
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    extras = project["project"]["optional-dependencies"].values()
    for requirement in [*project["project"]["dependencies"], *(each for extra in extras for each in extra)]:
        line = next(line for line in lines if f'"{requirement}"' in line)
        assert re.search(r", +# \w+", line), line


def test_torch_is_in_the_supported_range(project):
    assert "torch>=2.6,<2.14" in project["project"]["dependencies"]
    assert project["project"]["requires-python"] == ">=3.11"


def test_the_console_script_is_the_command_line(project):
    module, function = project["project"]["scripts"]["pinnaux"].split(":")
    assert getattr(importlib.import_module(module), function) is importlib.import_module("pinnaux.cli").main


def test_every_folder_of_code_is_a_package_that_gets_installed():
    folders = {path.parent for path in (ROOT / "pinnaux").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_the_readme_shows_two_commands_that_need_nothing_but_a_clone():
    commands = re.findall(r"^python3 -m venv \.venv && .*$", README, flags=re.MULTILINE)
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/pinnaux solve problems/poisson_lshape.py",
        'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/python -m pytest -n 2']


def test_the_readmes_problem_is_the_file_it_runs():
    assert (ROOT / "problems" / "poisson_lshape.py").read_text(encoding="utf-8").strip() in README


def test_the_files_that_the_readme_shows_and_links_exist():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_readme_explains_every_exit_status_and_option(capsys):
    from pinnaux.cli import main

    for command in ("solve", "bench"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
    options = re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)
    assert [option for option in set(options) - {"--help"} if option not in README] == []
    assert [status for status in ("0", "1", "2", "3", "130") if f"| {status} |" not in README] == []


def test_the_readme_names_every_public_name():
    import pinnaux

    assert [name for name in pinnaux.__all__ if not re.search(rf"\b{name}\b", README)] == []


def test_ci_runs_the_readmes_test_command():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    pattern = re.search(r"sed -n 's/\^\\\((.+?)\\\)\$/", script.read_text(encoding="utf-8"))[1]
    assert len(re.findall(rf"^{pattern}$", README, flags=re.MULTILINE)) == 1


def test_the_top_level_is_as_it_is_described():
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {path.split("/")[0] for path in tracked} <= TOP_LEVEL
