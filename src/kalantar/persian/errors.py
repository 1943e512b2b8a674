"""The one error of this package: a key and its details, so that the sentence is written by the page."""


class InputError(ValueError):
    """Something typed or imported cannot be read.

    key : snake_case name of the sentence, for example "leap_day".
    details : what the sentence names, for example {"year": 1402}.
    """

    def __init__(self, key: str, **details):
        super().__init__(key)
        self.key = key
        self.details = details

    def __str__(self):
        told = ", ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"{self.key}({told})" if told else self.key
