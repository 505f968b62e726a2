"""The mistakes a user can make or meet. Each says what was given, what was expected and how to mend it."""


class SslbenchError(Exception):
    """Something a user can understand and mend; printed without a traceback."""

    exit_code = 1


class UsageError(SslbenchError):
    """The command or call itself is wrong: an unknown name, an option out of range."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that no registry or folder holds."""


class CardError(UsageError):
    """A task card that does not follow the schema: names the file, the field and what was expected."""


class InputError(SslbenchError, ValueError):
    """Arrays that an estimator or a view cannot take."""


class DataError(SslbenchError):
    """A dataset that could not be loaded: not installed, not downloaded, or not as its card says."""


class RecordError(SslbenchError):
    """A stored record that cannot be read: names the file and line. Nothing is changed on disk."""


class StorageError(SslbenchError):
    """A results folder that cannot be written: read-only, full, or in use by another run."""
