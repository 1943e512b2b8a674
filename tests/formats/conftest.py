"""Real files on disk, made by the tests themselves."""

import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SHARED_NAME = "shared"


@pytest.fixture(scope="session")
def persian():
    return json.loads((HERE / "words.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def boundaries():
    """The folder of real boundaries that lies beside the repository on machines that have it."""
    for above in HERE.parents:
        found = above / SHARED_NAME / "data" / "boundaries"
        if found.is_dir():
            return found
    pytest.skip("absent: the boundary files (data/boundaries beside the repository)")


@pytest.fixture
def file(tmp_path):
    """Write one file and give its path."""

    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write
