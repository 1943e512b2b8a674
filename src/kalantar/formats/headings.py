"""Which row is the heading, and what its columns are called."""

import re

SAMPLE_ROWS = 50
SEARCHED_ROWS = 20
# A number or a date, in Latin, Persian or Arabic digits (\d knows all three).
_VALUE = re.compile(r"[-+]?\d[\d\s.,:/\u066b\u066c\u060c\-]*([eE][-+]?\d+)?|\d{4}-\d\d-\d\d[T ][\d:.+Z\-]*")


def find_heading(rows: list[list[str]]) -> int:
    """The row number (first row = 1) of the heading; 0 when the table begins with its values.

    Titles above the table fill fewer cells than the table does. A first full row made mostly of numbers and
    dates is a row of values: a heading consists of words.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if not any(filled):
        return 1
    usual = sorted(n for n in filled if n)[len([n for n in filled if n]) // 2]
    for at, (row, n) in enumerate(zip(rows[:SEARCHED_ROWS], filled[:SEARCHED_ROWS]), 1):
        if n and n >= max(usual * 0.6, 2 if usual > 1 else 1):
            values = sum(1 for cell in row if _VALUE.fullmatch(cell.strip()))
            if values * 2 <= n:
                return at
            return 0 if at == 1 or not any(filled[: at - 1]) else at - 1
    return 1


def named(cells, width: int) -> tuple[str, ...]:
    """One name for each column: empty ones are counted, repeated ones are numbered."""
    width = max(width, max((i + 1 for i, cell in enumerate(cells) if cell.strip()), default=0))
    seen: dict[str, int] = {}
    names = []
    taken = {" ".join(cell.split()) for cell in cells}
    for i in range(width):
        name = " ".join(cells[i].replace("\ufeff", "").split()) if i < len(cells) else ""
        name = name[:200] or f"column_{i + 1}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            plain = name
            while name in seen or name in taken:
                name = f"{plain} ({seen[plain]})"
                seen[plain] += 1
            seen[name] = 1
        names.append(name)
    return tuple(names)
