"""Coverage-guided fuzzing of the readers, with atheris where that is installed.

``python -m tests.fuzz.coverage_guided "PFM" -max_total_time=60``: the name of a target, then options of libFuzzer.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["supcore", "torch._weights_only_unpickler"]):
    from tests.fuzz.harness import execute
    from tests.fuzz.targets import TARGETS


def main() -> None:
    target = TARGETS[sys.argv.pop(1)]
    with tempfile.TemporaryDirectory() as folder:
        corpus, room = Path(folder) / "corpus", Path(folder) / "room"
        corpus.mkdir()
        room.mkdir()
        (corpus / "valid").write_bytes(target.valid())

        def read(content: bytes) -> None:
            execute(target, target.complete(content), room)

        atheris.Setup([*sys.argv, str(corpus)], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
