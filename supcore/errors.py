"""The one exception type that means: the user can mend this; and missing memory, which has many types."""

import errno
import re

# How libraries in other languages say so in an exception of no type of its own.
_NO_MEMORY = re.compile("(alloc\\w*|out of|insufficient) memory|bad_alloc|could not create a memory", re.IGNORECASE)


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


def lack_of_memory(error: BaseException) -> str | None:
    """What was said about missing memory, by an error or one behind it; None if nothing was.

    A reader that takes every error for damage has one of these behind its own.

    Examples:
        >>> lack_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."))
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
        >>> lack_of_memory(ValueError("no number")) is None
        True
    """
    seen: list[BaseException] = []
    behind: BaseException | None = error
    while behind is not None and behind not in seen:
        if isinstance(behind, MemoryError) or getattr(behind, "errno", None) == errno.ENOMEM:
            return shown(behind) or "no more memory"
        if isinstance(behind, Exception) and (found := _NO_MEMORY.search(str(behind))):
            line = next(line for line in str(behind).splitlines() if found[0] in line)
            return shown(line, 200)
        seen.append(behind)
        behind = behind.__cause__ or behind.__context__
    return None
