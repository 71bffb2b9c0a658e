"""`make fuzz` asks for this profile by its name; without it, ``fuzzing.py`` says how long hypothesis looks."""

from hypothesis import settings

settings.register_profile("fuzz", max_examples=20_000)
