"""Released checkpoints, perturbations and masks: where they are, fetching, checking and unpacking them.

Needs the packages of the ``workflow`` extra; only the workflow imports this package.
"""

from supcore.extras import require_workflow

require_workflow(__name__, "yaml", "jsonschema", "requests", "gdown")

from supcore.download.archives import extract_member, unpack  # noqa: E402
from supcore.download.checks import Expected  # noqa: E402
from supcore.download.http import Retry, fetch  # noqa: E402
from supcore.download.obtain import obtain_checkpoint, obtained_file  # noqa: E402
from supcore.download.registry import Checkpoint, Origin, Registry, RemoteFile, WeightsEntry, load_registry  # noqa: E402

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
