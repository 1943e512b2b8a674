"""The one error of this package: the input cannot be used, and why."""


class InputError(ValueError):
    """The data given cannot be used. The message says what was wrong and what to do."""
