"""The working directory of the workflow's tests."""

from tests.workflow.conftest import workspace  # noqa: F401
