"""Each night: what has outlived its time is forgotten."""

from __future__ import annotations

from datetime import time

from kalantar.kernel.jobs import job

from . import verbs
from .actors import SYSTEM


@job("people.forget_old", at=time(3, 10))
def forget_old(payload: dict) -> None:
    """Safe to run twice: what is gone is gone."""
    verbs.forget_old(by=SYSTEM)
