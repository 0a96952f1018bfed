"""A run ends with its headline numbers and what to open."""

import subprocess
import sys

from supcore.reporting.closing import closing_lines
from supcore.shipped import CHECKOUT

TABLE = (CHECKOUT / "reference_results/demo/transfer.csv").read_text()


def test_the_last_lines_are_the_headline_numbers_and_the_pages_that_are_there(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "transfer.csv").write_text(TABLE)
    (tmp_path / "index.html").touch()
    header, *numbers, opened = closing_lines(tmp_path)
    assert "2 data sets" in header
    assert "epsilon 0.02" in header
    assert [line.rsplit(maxsplit=4)[0].strip() for line in numbers] == [
        "clean images",
        "random noise",
        "SUP of the network itself",
        "SUP of another network",
    ]
    assert opened == f"Open {tmp_path / 'index.html'}"


def test_without_a_table_the_program_fails_in_one_line(tmp_path):
    command = [sys.executable, "-m", "supcore.reporting.closing", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}/tables/transfer.csv: file not found; check the path")
    assert len(done.stderr.splitlines()) == 1
