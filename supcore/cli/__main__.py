"""``python -m supcore.cli`` is ``supcore``."""

from supcore.cli.main import main

main(prog_name="supcore")
