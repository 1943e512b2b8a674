"""One definition of who sees a row, asked two ways: the list and the single page can never disagree."""

from __future__ import annotations


def may_see(actor, row) -> bool:
    """Is this row inside the actor's scope?"""
    return type(row).objects.visible_to(actor).filter(pk=row.pk).exists()
