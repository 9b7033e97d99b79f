"""What every test may use: profiles of Hypothesis, and a fixture that runs a test with each of the two kernels."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from yuzhong.ledger.kernels import Kernels, choose

settings.register_profile("fast", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("ci", settings.get_profile("fast"), print_blob=True)
settings.register_profile("deep", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "fast"))


@pytest.fixture(params=["python", "rust"])
def kernels(request: pytest.FixtureRequest) -> Kernels:
    """The kernels, once as their plain Python definition and once as compiled: one expectation for both."""
    return choose(request.param)
