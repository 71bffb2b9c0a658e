"""What to try while the demo keeps running: commands to copy, with the real address and files."""

import shlex
import shutil
import sysconfig
from dataclasses import dataclass

from assent_orchestrator.cli.demo.ending import Ending
from assent_orchestrator.cli.demo.stage import Stage
from assent_orchestrator.cli.demo.story import Story
from assent_orchestrator.cli.stage.people import OPERATOR, TENANT


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command, and what it is good for."""

    purpose: str
    command: str


def next_steps(stage: Stage, ending: Ending, story: Story) -> tuple[NextStep, ...]:
    """Return the commands. No token is in them: they are read from files of this user only."""
    address = stage.server.address
    # `make demo` runs a command that is on nobody's PATH.
    path = "" if shutil.which("assent") else f'PATH={shlex.quote(sysconfig.get_path("scripts"))}:"$PATH" '
    tokens = shlex.quote(str(stage.people.path))
    denied = ending.acts[-1].run.name.rpartition("/")[2]
    runtime = shlex.quote(str(stage.people.token_file(story.cast.runtime)))
    plan = (
        f'{{"parent":"tenants/{TENANT}","plan":{{"process":"{story.process}","on_behalf_of":"{story.cast.principal}",'
        f'"inputs":{{"{story.again.input}":"{story.again.key}"}}}}}}'
    )
    mailbox = shlex.quote(str(stage.mailbox))
    return (
        NextStep("in another terminal, first", f"export {path}ASSENT_SERVER={address} ASSENT_TOKEN_FILE={tokens}"),
        NextStep("what ran", f"assent --as {OPERATOR} runs list"),
        NextStep(story.denied, f"assent --as {OPERATOR} audit show {denied}"),
        NextStep("does the trail still hold?", f"assent --as {OPERATOR} audit verify"),
        NextStep("what the server can do", f"grpcurl -plaintext {address} list"),
        NextStep(
            f"{story.verb} {story.again.name} again; {story.others}",
            f'grpcurl -plaintext -H "authorization: Bearer $(cat {runtime})" -d {shlex.quote(plan)} '
            f"{address} assent.v1.RunService/SubmitPlan",
        ),
        NextStep(
            f"this time you are the {story.cast.role.replace('_', ' ')}",
            f"assent --as {story.cast.answers} approvals list",
        ),
        NextStep(
            "say yes, or reject, to what the list names", f"assent --as {story.cast.answers} approvals approve APPROVAL"
        ),
        NextStep("the e-mails that arrived", f"cat {mailbox}/*.eml"),
        NextStep("the server's log", f"cat {shlex.quote(str(stage.server.log))}"),
    )
