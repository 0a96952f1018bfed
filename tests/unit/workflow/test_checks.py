"""What the checks of a configuration know before the data are there, and what its schema would refuse first."""

import pytest

from supcore.errors import SupError
from supcore.workflow.checks import checked_settings
from tests.unit.workflow.test_settings import changed


@pytest.mark.parametrize("name", ["noise", "none"])
def test_source_is_not_called_like_a_control(name):
    """Its folder of results would hold the control in place of its SUPs."""
    with pytest.raises(SupError, match=rf"config key sups\.sources\.{name}"):
        checked_settings(changed("sups.sources", {name: {"network": "psmnet"}}))
