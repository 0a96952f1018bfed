"""A program that computes disparities, one pair after the other, and what can go wrong with it."""

import shlex
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from supcore.errors import SupError

ANSWER = "done"
_PATIENCE = 5  # seconds to end in when there are no more pairs
_LAST_LINES = 3  # of what it wrote to stderr, for messages


class Program:
    """A running program. It ends with this object, or with this process, whose end is the end of its input.

    Args:
        command: the program and its arguments.
        timeout: seconds that it may take for one pair.

    Raises:
        SupError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._name, self._timeout = shlex.join(command), timeout
        folder = tempfile.TemporaryDirectory(prefix="supcore-")
        self._folder = Path(folder.name)
        self._answers: SimpleQueue[str] = SimpleQueue()
        try:
            with (self._folder / "stderr").open("wb") as errors:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace"
                )
        except OSError as error:
            folder.cleanup()
            raise SupError(f"{self._name}: cannot be started ({error.strerror}); check options.command") from error
        Thread(target=_pass_on, args=(self._process, self._answers), daemon=True).start()
        self._end = weakref.finalize(self, _end, self._process, folder)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._end.alive

    def disparity(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
        """The disparity map of one pair.

        Args:
            left: H×W×3, RGB in [0, 1].
            right: the same shape.

        Returns:
            H×W, in pixels.

        Raises:
            SupError: the program has ended, prints something else, is too slow, or writes no such map. It is ended.
        """
        files = [self._folder / f"{name}.npy" for name in ("left", "right", "disparity")]
        for file, image in zip(files, (left, right), strict=False):
            np.save(file, image)
        files[-1].unlink(missing_ok=True)
        try:
            problem = self._problem("\t".join(map(str, files)))
            if problem is None:
                found = np.load(files[-1], allow_pickle=False)
                problem = _problem_of(found, left.shape[:2])
        except (OSError, ValueError, EOFError) as error:
            problem = f"answered {ANSWER!r}, but the disparity map cannot be read ({error})"
        if problem is None:
            return found.astype(np.float32)
        self._process.kill()
        message = f"{self._name}: {problem}{self._last_words()}"
        self._end()
        raise SupError(message)

    def _problem(self, request: str) -> str | None:
        """Ask for one pair; what is wrong with the answer."""
        assert self._process.stdin is not None
        try:
            print(request, file=self._process.stdin, flush=True)
            answer = self._answers.get(timeout=self._timeout)
        except BrokenPipeError:
            answer = ""
        except Empty:
            return f"no answer within {self._timeout:g} s; is it slower (options.timeout), or does it not flush stdout?"
        if not answer:
            return f"ended with exit code {self._process.wait()} before it answered"
        if answer.strip() != ANSWER:
            return f"printed {answer.strip()[:80]!r} instead of {ANSWER!r}; print what is no answer to stderr"
        return None

    def _last_words(self) -> str:
        lines = (self._folder / "stderr").read_text(errors="replace").split("\n")
        last = [line.strip() for line in lines if line.strip()][-_LAST_LINES:]
        return f"; the end of its stderr: {' | '.join(last)}" if last else ""


def _problem_of(found: NDArray[np.generic], shape: tuple[int, ...]) -> str | None:
    if found.shape != shape:
        return f"wrote a disparity map of shape {found.shape} for images of {shape[0]}×{shape[1]}; it must be H×W"
    if found.dtype.kind not in "fiu":
        return f"wrote a disparity map of type {found.dtype}; write floating point numbers"
    if not np.isfinite(found).all():
        return "wrote disparities that are not finite; fill them, since errors count every pixel"
    return None


def _pass_on(process: subprocess.Popen[str], answers: SimpleQueue[str]) -> None:
    """Put every line that a process prints into the queue, and an empty text when it ends."""
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            answers.put(line)
    answers.put("")


def _end(process: subprocess.Popen[str], folder: "tempfile.TemporaryDirectory[str]") -> None:
    assert process.stdin is not None
    try:
        process.stdin.close()
        process.wait(_PATIENCE)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()
    folder.cleanup()
