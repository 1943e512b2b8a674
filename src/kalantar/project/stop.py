"""The one way in which a verb of the command line gives up."""

from __future__ import annotations

from .sentences import say


class Stop(Exception):
    """The verb cannot go on; the sentence says what happened, what is kept and what to do."""

    def __init__(self, text: str, **args: object):
        super().__init__(say(text, **args))
