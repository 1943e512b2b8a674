"""Kernels are typed, cached, and only loaded where they are used."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kalantar.analysis
from kalantar.analysis import kernels

ROOM = Path(kalantar.analysis.__path__[0])


def _decorators(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in (
                    "njit",
                    "vectorize",
                    "guvectorize",
                ):
                    yield node.name, decorator


@pytest.mark.parametrize("name", kernels.names())
def test_every_kernel_is_typed_cached_and_exact(name):
    """Without a signature the first caller would wait for the compiler; without nogil a second core is no help."""
    found = list(_decorators(ast.parse((ROOM / f"{name}.py").read_text("utf-8"))))
    assert found
    for function, decorator in found:
        options = {k.arg: ast.unparse(k.value) for k in decorator.keywords}
        inlined = options.get("inline") == "'always'"
        assert decorator.args or inlined, f"{name}.{function} has no signature"
        assert options.get("cache") == "True", f"{name}.{function} is not cached"
        assert options.get("nogil") == "True", f"{name}.{function} holds the lock"
        # fused multiply-add rounds once instead of twice; anything more would let nan and order go
        assert options.get("fastmath", "{'contract'}") == "{'contract'}", f"{name}.{function} gives up exactness"
        assert "parallel" not in options, f"{name}.{function}: its threading layers are not safe in a server"


def test_no_kernel_is_written_elsewhere():
    for path in ROOM.glob("*.py"):
        if not path.stem.endswith("_kernels"):
            assert not list(_decorators(ast.parse(path.read_text("utf-8")))), path.name


def test_importing_every_module_loads_no_compiler():
    modules = [
        p.stem for p in ROOM.glob("*.py") if not p.stem.endswith("_kernels") and p.stem not in ("__init__", "_plotting")
    ]
    code = f"import sys, importlib\nfor m in {modules!r}: importlib.import_module('kalantar.analysis.' + m)\nprint('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(ROOM.parents[1])})  # fmt: skip
    assert done.stdout.strip() == "False"


def test_all_kernels_can_be_made_ready_beforehand():
    assert set(kernels.ready()) == set(kernels.names()) and len(kernels.names()) > 8


def test_only_one_process_compiles_at_a_time(tmp_path, monkeypatch):
    import fcntl

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (tmp_path / f"kalantar-kernels-{os.getuid()}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert kernels.ready_once() is False
    assert kernels.ready_once() is True


def test_the_list_of_questions_names_every_module():
    named = {
        line.split()[0] for line in kalantar.analysis.__doc__.splitlines() if line.startswith("    ") and line.strip()
    }
    shared = {"checks", "results", "pictures", "drawing", "kernels", "errors"}
    public = {p.stem for p in ROOM.glob("*.py") if not p.stem.startswith("_")}
    assert named | shared == public
