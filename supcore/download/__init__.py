"""Released checkpoints, perturbations and masks: where they are, fetching, checking and unpacking them.

Needs the packages of the ``workflow`` extra; nothing else in supcore imports this package.
"""

from supcore.download.archives import extract_member, unpack
from supcore.download.checks import Expected
from supcore.download.http import Retry, fetch
from supcore.download.obtain import obtain_checkpoint, obtained_file
from supcore.download.registry import Checkpoint, Origin, Registry, RemoteFile, WeightsEntry, load_registry

__all__ = [
    "Checkpoint",
    "Expected",
    "Origin",
    "Registry",
    "RemoteFile",
    "Retry",
    "WeightsEntry",
    "extract_member",
    "fetch",
    "load_registry",
    "obtain_checkpoint",
    "obtained_file",
    "unpack",
]
