"""``assent demo``: a real server, a made-up company, three renewals, and what became of them."""

from assent_orchestrator.cli.demo.command import demo_command

__all__ = ["demo_command"]
