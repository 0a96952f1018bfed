"""Running the workflow as a user does, in a folder of its own."""

import atexit
import os
import subprocess
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from filelock import FileLock

from supcore.data.image_io import write_disparity, write_image
from supcore.workflow import forks

REPOSITORY = Path(__file__).resolve().parents[2]
SMOKE, SMOKE_STUDIES = (REPOSITORY / f"tests/workflow/config/{name}.yaml" for name in ("smoke", "smoke_studies"))
# What a copy of the repository needs to run.
PARTS = (
    *("Snakefile", "workflow", "rules", "workflow_scripts", "supcore"),
    *("config", "resources", "profiles", "report", "envs"),
)


@cache
def forked_snakemake():
    """Beginning of a command line that runs Snakemake with its jobs as forks, until this process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(forks.snakemake())


class Workspace:
    """A working directory with the repository's configuration and resources; another copy's if it is given."""

    def __init__(self, folder, repository=REPOSITORY):
        self.folder, self.repository = folder, repository
        for name in ("config", "resources"):
            if not (folder / name).exists():
                (folder / name).symlink_to(repository / name)

    def snakemake(self, *arguments, config=SMOKE, cores=2):
        """Run Snakemake here; returns the finished process with all its output in ``stdout``.

        Jobs of this repository are forks of a process that has PyTorch imported; those of a copy, or of a command that
        a test starts itself, are processes as users have them.

        Args:
            arguments: of the command line.
            config: path of a configuration, from the folder or absolute, or several of them.
            cores: for jobs.
        """
        if "--dry-run" in arguments:
            arguments = (*arguments, "--quiet", "host")  # which shows the reasons that the profile hides
        command = self.command(*arguments, config=config, cores=cores)
        if self.repository == REPOSITORY and "--dry-run" not in arguments:
            command = [*forked_snakemake(), *command[1:]]
        return self.run(command)

    def run(self, command, output=subprocess.PIPE):
        """Run a command here; returns the finished process with all its output in ``stdout``, or in a file."""
        return subprocess.run(
            command,
            cwd=self.folder,
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(self.repository)},
            check=False,
        )

    def command(self, *arguments, config=SMOKE, cores=2):
        """The command line that :meth:`snakemake` runs in the folder."""
        snakemake = Path(sys.executable).with_name("snakemake")
        command = [snakemake, "--snakefile", self.repository / "Snakefile", "--cores", str(cores), *arguments]
        command += ["--configfile", *([config] if isinstance(config, str | Path) else config)]
        return list(map(str, command))

    def changed_config(self, **changes):
        """Path of a copy of the smoke configuration with changes, as ``sups__epsilons=[0.5]``."""
        config = yaml.safe_load(SMOKE.read_text())
        for key, value in changes.items():
            *parents, last = key.split("__")
            place = config
            for parent in parents:
                place = place[parent]
            place[last] = value
        path = self.folder / "changed.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        return str(path)

    def read(self, path):
        return (self.folder / path).read_bytes()


def sharing_workspace(folder, shared, **changes):
    """A new working directory, with a ``config``, whose data, weights and SUPs lie in a folder that others share.

    Args:
        folder: of it.
        shared: what it shares.
        changes: of the smoke configuration, see :meth:`Workspace.changed_config`.
    """
    folder.mkdir()
    workspace = Workspace(folder)
    workspace.shared, workspace.config = shared, workspace.changed_config(**changes)
    with Path(workspace.config).open("a") as config:
        yaml.safe_dump({"pathvars": {"shared": str(shared)}}, config)
    return workspace


def write_pairs(root, count=1):
    """A made-up KITTI 2015 of 64×128 images."""
    random = np.random.default_rng(0)
    for name in (f"{frame:06d}_10.png" for frame in range(count)):
        for view in ("image_2", "image_3"):
            write_image(root / "training" / view / name, random.integers(0, 256, (64, 128, 3), dtype=np.uint8))
        write_disparity(root / "training/disp_occ_0" / name, np.full((64, 128), 5.0))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """A finished run of the smoke configuration, with its report; one for all processes of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    workspace_folder, finished = folder / "smoke run", folder / "smoke.finished"  # the space is on purpose
    with FileLock(folder / "smoke.lock"):
        workspace_folder.mkdir(exist_ok=True)
        workspace = Workspace(workspace_folder)
        if not finished.exists():
            run = workspace.snakemake("--report", "results/report.html", "--report-after-run")
            assert run.returncode == 0, run.stdout[-4000:]
            assert "never awaited" not in run.stdout  # a warning of Snakemake's that tells a user nothing
            finished.touch()
    return workspace
