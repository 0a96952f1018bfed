"""The one exception type that means: the user can mend this."""


class SupError(Exception):
    """A problem with an input, a file or a setting.

    The message is one line that names the culprit (a path, a configuration key) and the remedy.
    """
