"""What the page `look/` shows: each page part once, with made-up content."""


def parts() -> dict:
    return {"title": "Page parts"}
