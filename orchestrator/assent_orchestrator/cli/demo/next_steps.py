"""What to try while the demo keeps running: commands to copy, with the real address and files."""

import shlex
from dataclasses import dataclass

from assent_orchestrator.cli.demo.ending import Ending
from assent_orchestrator.cli.demo.people import DIRECTOR, MANAGER, OPERATOR, RUNTIME, TENANT
from assent_orchestrator.cli.demo.stage import Stage
from assent_orchestrator.cli.demo.story import PROCESS


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command, and what it is good for."""

    purpose: str
    command: str


def next_steps(stage: Stage, ending: Ending) -> tuple[NextStep, ...]:
    """Return the commands. No token is in them: they are read from files of this user only."""
    address = stage.server.address
    tokens = shlex.quote(str(stage.people.path))
    denied = ending.acts[-1].run.name.rpartition("/")[2]
    runtime = shlex.quote(str(stage.people.token_file(RUNTIME)))
    plan = (
        f'{{"parent":"tenants/{TENANT}","plan":{{"process":"{PROCESS}","on_behalf_of":"{MANAGER}",'
        '"inputs":{"account":"ACC-1004"}}}'
    )
    mailbox = shlex.quote(str(stage.mailbox))
    return (
        NextStep("in another terminal, first", f"export ASSENT_SERVER={address} ASSENT_TOKEN_FILE={tokens}"),
        NextStep("what ran", f"assent --as {OPERATOR} runs list"),
        NextStep("what waits for the director", f"assent --as {DIRECTOR} approvals list"),
        NextStep("why the e-mail was denied", f"assent --as {OPERATOR} audit show --run {denied}"),
        NextStep("whether the trail still holds", f"assent --as {OPERATOR} audit verify"),
        NextStep("what the server can do", f"grpcurl -plaintext {address} list"),
        NextStep(
            "renew another one of the 300 customers",
            f'grpcurl -plaintext -H "authorization: Bearer $(cat {runtime})" -d {shlex.quote(plan)} '
            f"{address} assent.v1.RunService/SubmitPlan",
        ),
        NextStep("the e-mails that arrived", f"ls {mailbox}; cat {mailbox}/*.eml"),
        NextStep("the server's log", f"cat {shlex.quote(str(stage.server.log))}"),
    )
