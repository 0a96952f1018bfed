"""Options of a network that is a program of its own; without PyTorch, so that a configuration is checked in no time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExternalNetworkOptions:
    """Options of :class:`ExternalNetwork`.

    Attributes:
        command: the program and its arguments. Files among them count as code: editing one re-runs the workflow's jobs.
        timeout: seconds that it may take for one pair; for the first one, its start counts, too.
    """

    command: tuple[str, ...]
    timeout: float = 600.0

    def __post_init__(self) -> None:
        if not self.command:
            raise ValueError("command must name a program")
        if not self.timeout > 0:
            raise ValueError(f"timeout must be positive, got {self.timeout}")
