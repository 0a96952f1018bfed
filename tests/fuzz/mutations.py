"""Mutations of a valid file: flipped bits, other bytes, cuts and splices, other numbers in its header."""

import re

from hypothesis import strategies as st

PLACE = st.integers(0, 1 << 20)  # modulo the length
HEADER = 400  # bytes in which numbers are exchanged
NUMBERS = [b"0", b"-1", b"1", b"9", b"65536", b"4294967295", b"18446744073709551616", b"1e999", b"nan", b"\xd9\xa3"]
WORDS = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\x80\x02", b"\n", b'"', b"{", b"["]

EDIT = st.one_of(
    st.tuples(st.just("flip"), PLACE, st.integers(0, 7)),
    st.tuples(st.just("replace"), PLACE, st.sampled_from(WORDS) | st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("insert"), PLACE, st.sampled_from(WORDS) | st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("cut"), PLACE, st.integers(1, 64)),
    st.tuples(st.just("truncate"), PLACE, st.none()),
    st.tuples(st.just("splice"), PLACE, PLACE),
    st.tuples(st.just("number"), PLACE, st.sampled_from(NUMBERS)),
)
EDITS = st.lists(EDIT, min_size=1, max_size=4)


def mutated(content: bytes, edits: list[tuple]) -> bytes:
    """``content`` after the edits."""
    for kind, place, how in edits:
        content = _edited(content, kind, place % (len(content) + 1), how)
    return content


def _edited(content: bytes, kind: str, at: int, how) -> bytes:
    before, after = content[:at], content[at:]
    if kind == "flip":
        return before + (bytes([after[0] ^ 1 << how]) if after else b"") + after[1:]
    if kind == "replace":
        return before + how + after[len(how) :]
    if kind == "insert":
        return before + how + after
    if kind == "cut":
        return before + after[how:]
    if kind == "truncate":
        return before
    if kind == "splice":
        other = how % (len(content) + 1)
        return before + content[other : other + 64] + after
    numbers = list(re.finditer(rb"\d+", content[:HEADER]))
    if not numbers:
        return content
    found = numbers[at % len(numbers)]
    return content[: found.start()] + how + content[found.end() :]
