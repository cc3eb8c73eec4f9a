"""The base of all errors, and the one of objects that cannot be read."""


class Error(Exception):
    """The base of every error that a caller may catch."""


class InvalidObjectError(Error, ValueError):
    """An object whose shape cannot be read.

    `field` is the path of what is wrong (`spec.usages[0]`; "" for the object itself).
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message
