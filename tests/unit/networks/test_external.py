"""A target that is a program of its own: what it gets and gives, and everything that it can do wrong."""

import os
import subprocess
import sys
import time

import pytest
import torch

from supcore.errors import SupError
from supcore.networks import build_network
from supcore.shipped import CHECKOUT
from tests.refusal import check_line

NAME = "supcore.networks.external:ExternalNetwork"
SERVE = """
import sys
import numpy as np
print("loaded", file=sys.stderr)
for number, line in enumerate(sys.stdin):
    files = line.rstrip("\\n").split("\\t")
    left, right = map(np.load, files[:2])
    {body}
    print("done", flush=True)
"""


@pytest.fixture
def program(tmp_path):
    """Makes a network whose program does something with every pair."""

    def make(body, **options):
        (tmp_path / "program.py").write_text(SERVE.format(body=body))
        return build_network(NAME, command=[sys.executable, str(tmp_path / "program.py")], **options)

    return make


def refusal(network, images, line):
    """Predicting fails with this line."""
    with pytest.raises(SupError) as refused:
        network.predict(*images)
    check_line(str(refused.value), f"{sys.executable} …/program.py: {line}")


def saving(values):
    return f"np.save(files[2], {values})"


def test_one_process_serves_all_pairs_in_float_and_in_order(program, images):
    network = program(saving("(left + 2 * right)[..., 1] + number"))
    left, right = images
    for first in (0, len(left)):
        expected = (left + 2 * right)[:, 1:2] + torch.arange(first, first + len(left)).view(-1, 1, 1, 1)
        torch.testing.assert_close(network.predict(left, right), expected)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (saving("left"), "wrote a disparity map of shape (…, 3) for images of …; it must be H×W"),
        (saving("left[..., 0].T"), "wrote a disparity map of shape (…) for images of …×…; it must be H×W"),
        (
            saving("left[..., 0] * np.nan"),
            "wrote disparities that are not finite; fill them, since errors count every pixel",
        ),
        (saving("left[..., 0].astype(str)"), "wrote a disparity map of type <U…; write floating point numbers"),
        ("pass", "answered 'done', but the disparity map cannot be read (…No such file…)"),
        ("open(files[2], 'w').write('P5')", "answered 'done', but the disparity map cannot be read (…)"),
        ("print('0 % of matching')", "printed '0 % of matching' instead of 'done'; print what is no answer to stderr"),
        ("sys.exit('no license\\non this machine')", "ended with exit code 1 before it answered"),
    ],
)
def test_what_goes_wrong_is_one_line_with_the_end_of_stderr(body, message, program, images):
    network = program(body)
    last = "loaded | no license | on this machine" if "license" in body else "loaded"
    refusal(network, images, f"{message}; the end of its stderr: {last}")


def test_a_program_that_does_not_answer_is_ended(program, images, tmp_path):
    pid = tmp_path / "pid"
    network = program(f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)", timeout=2)
    refusal(network, images, "no answer within 2 s; is it slower (options.timeout), or does it not flush stdout?…")
    assert not runs(int(pid.read_text()))


def test_a_program_that_is_not_there_is_named(images):
    network = build_network(NAME, command=["no-such-program", "a b"])
    with pytest.raises(SupError) as refused:
        network.predict(*images)
    assert str(refused.value) == (
        "no-such-program 'a b': cannot be started (No such file or directory); check options.command"
    )


PID = saving("np.full(left.shape[:2], float(__import__('os').getpid()))")


def test_it_ends_with_the_network_and_leaves_no_files(program, images, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    network = program(PID)
    pid = int(network.predict(*images).max())
    assert runs(pid)
    assert list((tmp_path / "temporary").iterdir())
    del network
    assert not runs(pid)
    assert not list((tmp_path / "temporary").iterdir())


def test_it_ends_with_a_process_that_is_killed(tmp_path):
    """Its input ends, whatever becomes of us."""
    (tmp_path / "program.py").write_text(SERVE.format(body=PID))
    job = f"""
import os, torch
from supcore.networks import build_network
network = build_network({NAME!r}, command=[{sys.executable!r}, "program.py"])
print(int(network.predict(*torch.rand(2, 1, 3, 8, 8)).max()), flush=True)
os.kill(os.getpid(), 9)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(CHECKOUT)}
    killed = subprocess.run(
        [sys.executable, "-c", job], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert killed.returncode == -9, killed.stderr
    pid = int(killed.stdout)
    while runs(pid):  # the time limit of the tests is the bound
        time.sleep(0.05)


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"command": "python x.py"}, "command must be a list, each item text, got 'python x.py'"),
        ({"command": []}, "command must name a program"),
        ({"command": ["x"], "timeout": 0}, "timeout must be positive, got 0"),
        ({"timeout": 3.0}, "ExternalNetwork: needs the option command; give it a value"),
    ],
)
def test_options_that_it_cannot_have_are_refused(options, message):
    with pytest.raises(SupError, match=message):
        build_network(NAME, **options)


def test_it_has_no_loss(program, images):
    network = program(saving("left[..., 0]"))
    output = network(*images)
    with pytest.raises(SupError, match="set target_only: true"):
        network.loss(output, output.disparity)
