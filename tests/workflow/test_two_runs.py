"""Two runs, in working directories of their own, make the same in a folder that they share."""

import os
import signal
import subprocess
from contextlib import contextmanager, suppress

import pytest

from supcore.data.contents import changed_contents
from tests.waiting import wait_until
from tests.workflow.conftest import sharing_workspace

pytestmark = pytest.mark.workflow

COUNT = 40
SPLITS = {"train": COUNT, "validation": 2, "test": 3}


@contextmanager
def rendering(workspace):
    """Snakemake renders the scenes; its output goes to a file."""
    target = f"{workspace.shared}/manifests/synthetic_driving/train.csv"
    with (workspace.folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            workspace.command(target, config=workspace.config), cwd=workspace.folder, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_one_run_waits_until_another_has_rendered(tmp_path):
    """It neither deletes what the other is rendering, as Snakemake does before a job, nor renders it again."""
    shared = tmp_path / "shared"
    images = shared / "data/synthetic_driving"
    runs = [sharing_workspace(tmp_path / n, shared, datasets__synthetic_driving__splits=SPLITS) for n in ("one", "two")]
    log = runs[1].folder / "logs/render_scenes/synthetic_driving/train.log"
    with rendering(runs[0]) as first:
        wait_until(lambda: list(images.glob(".train.*/image_2/*_10.png")))
        os.killpg(first.pid, signal.SIGSTOP)
        assert not (images / "train/image_2").exists()
        with rendering(runs[1]) as second:
            wait_until(lambda: log.exists() and "is at work on the same job; waiting for its end" in log.read_text())
            os.killpg(first.pid, signal.SIGCONT)
            ended = [process.wait(timeout=600) for process in (first, second)]
    assert ended == [0, 0], [(run.folder / "output.txt").read_text()[-2000:] for run in runs]
    assert "another run has made this meanwhile" in log.read_text()
    assert len(list(images.glob("train/image_2/*.png"))) == COUNT
    assert changed_contents(shared / "manifests/synthetic_driving/train.csv") == ""
    assert [path.name for path in images.iterdir()] == ["train"]
