"""Released checkpoints, perturbations and masks: where they are, fetching, checking and unpacking them.

Needs the packages of the ``workflow`` extra; nothing else in supcore imports this package.
"""

from supcore.download.archives import extract_member, unpack
from supcore.download.checks import Expected
from supcore.download.http import Retry, fetch
from supcore.download.obtain import obtain_file, obtain_weights
from supcore.download.registry import Origin, Registry, RemoteFile, WeightsEntry, load_registry

__all__ = [
    "Expected",
    "Origin",
    "Registry",
    "RemoteFile",
    "Retry",
    "WeightsEntry",
    "extract_member",
    "fetch",
    "load_registry",
    "obtain_file",
    "obtain_weights",
    "unpack",
]
