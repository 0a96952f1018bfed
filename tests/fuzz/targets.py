"""Every reader that is fuzzed, by name."""

from tests.fuzz import archives, arrays, tensors, texts
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = arrays.TARGETS | tensors.TARGETS | texts.TARGETS | archives.TARGETS
