"""The one exception type that means: the user can mend this."""

import re


class SupError(Exception):
    """A problem with an input, a file or a setting.

    The message is one line that names the culprit (a path, a configuration key) and the remedy.
    """


def shown(text: object, longest: int = 100) -> str:
    r"""Foreign text as a message can hold it: on one line, no control characters, shortened.

    Examples:
        >>> shown("conv\n\x1b[31m.weight")
        'conv\\n\\x1b[31m.weight'
        >>> shown("a" * 1000, 5)
        'aaaaa…'
    """
    whole = str(text)
    escaped = "".join(c if c.isprintable() else repr(c)[1:-1] for c in whole[:longest])
    return f"{escaped[:longest]}…" if max(len(whole), len(escaped)) > longest else escaped


def without_password(text: str) -> str:
    """Text without the user names and passwords of the addresses in it.

    Examples:
        >>> without_password("https://me:secret@example.org/file: not found")
        'https://example.org/file: not found'
    """
    return re.sub(r"//[^/\s]*@", "//", text)
