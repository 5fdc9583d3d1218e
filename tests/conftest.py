"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test measures time: a machine that is busy with something else must not make one fail.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
