"""Sharing the GPUs of one machine among jobs that do not know of each other.

Snakemake counts GPUs but does not say which one a job may take. So every job claims its own: one file per card, in a
folder of the user's, is locked as long as the job lives. The kernel drops the locks of a process, however it dies.
"""

import logging
import os
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout

from supcore.errors import SupError

logger = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
POLL_SECONDS = 0.5
# Not the TMPDIR of a job: two of them would be two places.
PLACE = Path("/tmp")

_claimed: list[FileLock] = []  # locked until this process ends


def claim_gpus(count: int) -> list[str]:
    """Make ``count`` GPUs the only ones that this process and those it starts see; wait until so many are free.

    To be called before anything touches CUDA. If ``CUDA_VISIBLE_DEVICES`` is set, only its cards are looked at; if it
    names just ``count``, they are taken as they are, since whoever set it (a scheduler, the user) has chosen.

    Returns:
        The cards as ``CUDA_VISIBLE_DEVICES`` now names them.

    Raises:
        SupError: there are fewer cards.
    """
    given = os.environ.get(VISIBLE)
    cards = _cards() if given is None else [card.strip() for card in given.split(",") if card.strip()]
    if len(cards) < count:
        source = "PyTorch sees" if given is None else f"{VISIBLE}={given} names"
        raise SupError(f"GPUs needed: {count}, but {source} {len(cards)}; lower processes or make more of them visible")
    if given is None or len(cards) > count:
        cards = _lock(cards, count)
        os.environ[VISIBLE] = ",".join(cards)
    return cards


def _cards() -> list[str]:
    import torch  # takes seconds, and is not needed for a given set

    return [str(number) for number in range(torch.cuda.device_count())]


def _lock(cards: list[str], count: int) -> list[str]:
    """The first ``count`` cards that are free at the same time, locked."""
    folder, named = _folder(), _identities(cards)
    told = False
    while True:
        with FileLock(folder / "all"):  # one process looks at a time, so that two do not hold half of theirs each
            free = [(card, lock) for card, lock in _locks(folder, named) if _is_free(lock)]
            enough = len(free) >= count
            for _, lock in free[count if enough else 0 :]:
                lock.release()
            if enough:
                _claimed.extend(lock for _, lock in free[:count])
                return [card for card, _ in free[:count]]
        if not told:
            logger.info("waiting for %d of the GPUs %s to become free", count, ",".join(cards))
            told = True
        time.sleep(POLL_SECONDS)


def _identities(cards: list[str]) -> dict[str, str]:
    """Cards to the one name that each has for all jobs: its UUID, as far as ``nvidia-smi`` tells it."""
    command = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return {card: card for card in cards}
    known = dict(line.split(", ", 1) for line in listed.splitlines() if ", " in line)

    def identity(card: str) -> str:
        shortened = [uuid for uuid in known.values() if card.startswith("GPU-") and uuid.startswith(card)]
        return known.get(card) or (shortened[0] if len(shortened) == 1 else card)

    return {card: identity(card) for card in cards}


def _locks(folder: Path, named: dict[str, str]) -> list[tuple[str, FileLock]]:
    """The cards and their locks; the names of parts of a card (MIG) may hold slashes."""
    return [(card, FileLock(folder / f"card {quote(name, safe='')}")) for card, name in named.items()]


def _is_free(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


def _folder() -> Path:
    """Where the user's locks lie: on this machine, for it has the cards.

    SLURM numbers the cards of each of its jobs from 0, so the same number is another card in another job.
    """
    place = PLACE if os.access(PLACE, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    own = place / f"supcore-gpus-{os.getuid()}"
    job = os.environ.get("SLURM_JOB_ID")
    folder = own / (f"slurm-{job}" if job else "machine")
    for path in (own, folder):
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            status = path.lstat()
        except OSError as error:
            raise SupError(f"{path}: cannot be made ({error.strerror}); remove what is in the way") from error
        # Whoever may write there could rename a lock away.
        if status.st_uid != os.getuid() or status.st_mode & 0o022 or not stat.S_ISDIR(status.st_mode):
            raise SupError(f"{path}: must be a folder that only you may write to; have it removed or mended")
    return folder
