"""``python -m assent_orchestrator`` is ``assent``."""

from assent_orchestrator.cli.main import main

main()
