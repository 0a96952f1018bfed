"""Tests of the library, the workflow and the documentation; several processes of them share the cores."""

from supcore.openmp import wait_asleep

wait_asleep()
