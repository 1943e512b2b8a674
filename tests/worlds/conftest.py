from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the repository, found by walking up; skipped where there is none."""
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data"
        if (found / "SOURCES.md").is_file():
            return found
    pytest.skip("shared data absent")
