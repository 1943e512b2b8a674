"""How much of a stranger's file is looked at before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults fit a province's yearly file with room to spare."""

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 1_000_000_000
    zip_entries: int = 2_000
    zip_ratio: int = 300  # asked only of entries above 10 MB unpacked: small repetitive parts are harmless
    rows: int = 5_000_000
    columns: int = 200
    cell_chars: int = 10_000
    row_faults: int = 10_000
    shapes: int = 50_000
    shape_points: int = 5_000_000
    child_memory_bytes: int = 3_000_000_000
    child_seconds: int = 180  # of computing, and of waiting for any single answer
