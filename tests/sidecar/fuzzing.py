"""How long hypothesis looks: a second or two for each test in every run, minutes with `make fuzz`."""

from hypothesis import HealthCheck, settings

FUZZ = settings(
    max_examples=max(300, settings().max_examples),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
