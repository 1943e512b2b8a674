# SPDX-License-Identifier: BSD-3-Clause
"""Compile every kernel into the cache, once, where nobody waits: `python -m kalantar.analysis.kernels`.

Kernels carry explicit signatures, so importing a module compiles it or loads what was compiled.
"""

import pkgutil
import time
from importlib import import_module

import kalantar.analysis


def names():
    """Modules that hold compiled loops."""
    found = (module.name for module in pkgutil.iter_modules(kalantar.analysis.__path__))
    return tuple(sorted(name for name in found if name.endswith("_kernels")))


def ready():
    """Seconds each module took: minutes in all the first time, a second or two when they lie in the cache."""
    took = {}
    for name in names():
        begun = time.perf_counter()
        import_module(f"kalantar.analysis.{name}")
        took[name] = time.perf_counter() - begun
    return took


def ready_once():
    """`ready`, unless another process of this user is at it: two compilers would write the same cache. False then."""
    import fcntl
    import os
    import tempfile

    path = os.path.join(tempfile.gettempdir(), f"kalantar-kernels-{os.getuid()}.lock")
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ready()
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


if __name__ == "__main__":
    ready_once()
