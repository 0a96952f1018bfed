"""Help comes at once and shows how every command is used; what exists is listed."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from supcore.cli.main import Commands, main
from supcore.corruptions import CORRUPTIONS
from supcore.data.layouts import LAYOUTS
from supcore.networks import NETWORKS
from supcore.studies import STUDIES
from tests.unit.cli.command import supcore


def test_help_imports_neither_torch_nor_pandas():
    """They take seconds."""
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom supcore.cli.main import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "assert all(CliRunner().invoke(main, [name, '--help']).exit_code == 0 for name in main.commands)\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'torch', 'numpy', 'pandas', 'cv2', 'matplotlib'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_commands_are_those_of_the_documentation():
    names = "attack evaluate apply show export-card leaderboard doctor networks corruptions layouts studies"
    assert list(main.commands) == names.split()


@pytest.mark.parametrize("name", main.commands)
def test_every_command_shows_an_example_of_itself(name):
    shown = supcore(name, "--help")
    assert f"  supcore {name}" in shown.partition("Examples:")[2]


@pytest.mark.parametrize(
    ("name", "registry"),
    [("networks", NETWORKS), ("corruptions", CORRUPTIONS), ("layouts", LAYOUTS), ("studies", STUDIES)],
)
def test_a_list_has_one_line_for_each(name, registry):
    lines = supcore(name).splitlines()
    assert [line.split()[0] for line in lines] == list(registry)
    assert all(len(line.split()) > 1 for line in lines)


def test_networks_are_listed_with_their_weights():
    lines = {line.split()[0]: line for line in supcore("networks").splitlines()}
    assert "demo, kitti15" in lines["psmnet"]
    assert "demo" not in lines["igev_stereo"]


def test_corruptions_are_listed_with_their_severities():
    lines = {line.split()[0]: line for line in supcore("corruptions").splitlines()}
    assert lines["quantization"].endswith("truncation to 8 bits; severity 1")
    assert lines["gaussian_noise"].endswith("; severities 1-6, random")


def test_without_the_packages_of_the_workflow_the_demo_weights_are_listed(monkeypatch):
    for module in [name for name in sys.modules if name.startswith("supcore.download")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "requests", None)
    done = CliRunner().invoke(main, ["networks"])
    assert done.exit_code == 0
    assert "pip install 'supcore[workflow]'" in done.stderr
    assert done.stdout.splitlines()[0].split() == ["psmnet", "weights:", "demo"]


def test_missing_memory_is_one_line():
    greedy = click.Command("greedy", callback=lambda: bytearray(1 << 60))
    done = CliRunner().invoke(Commands(commands={"greedy": greedy}), ["greedy"])
    assert done.exit_code == 1
    assert (
        done.stderr
        == "Error: out of memory (no more memory); use smaller images, a smaller --batch or a larger machine\n"
    )
