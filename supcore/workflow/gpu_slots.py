"""Sharing the GPUs of one machine among jobs that do not know of each other.

Snakemake counts GPUs but does not say which one a job may take. So every job claims its own: one file per card, in a
folder of the user's, is locked as long as the job lives. The kernel drops the locks of a process, however it dies.
"""

import logging
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout

from supcore.errors import SupError

logger = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
POLL_SECONDS = 0.5

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
    folder = _folder()
    told = False
    while True:
        with FileLock(folder / "all"):  # one process looks at a time, so that two do not hold half of theirs each
            free = [(card, lock) for card, lock in _locks(folder, cards) if _is_free(lock)]
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


def _locks(folder: Path, cards: list[str]) -> list[tuple[str, FileLock]]:
    """The cards and their locks; the names of parts of a card (MIG) may hold slashes."""
    return [(card, FileLock(folder / f"card {quote(card, safe='')}")) for card in cards]


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
    folder = Path(tempfile.gettempdir()) / f"supcore-gpus-{os.getuid()}"
    job = os.environ.get("SLURM_JOB_ID")
    folder /= f"slurm-{job}" if job else "machine"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise SupError(f"{folder}: belongs to another user; set TMPDIR to a folder of your own")
    except OSError as error:
        raise SupError(f"{folder}: cannot be made ({error.strerror}); remove what is in the way") from error
    return folder
