"""The commands ``memory remember``, ``memory recall``, ``memory forget``, ``memory list`` and ``memory classes``."""

import json
import sys
from typing import Annotated, Any

import typer
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.struct_pb2 import Value
from rich.text import Text

from assent.v1 import memories_pb2 as wire
from assent.v1 import memory_classes_pb2
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.holds import ProcessOption, RequestIdOption, SubjectOption, answer
from assent_orchestrator.cli.holds import register as register_holds
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import (
    coloured,
    exact,
    length,
    moment,
    say,
    say_json,
    table,
    value_lines,
    word,
)
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption
from assent_orchestrator.cli.span import read_duration

app = typer.Typer(help="Remember, recall and forget, as the policies let you.", rich_markup_mode=None)

ClassOption = Annotated[str, typer.Option("--class", metavar="NAME", help="The class of memory.yaml.")]
PurposeOption = Annotated[str, typer.Option(metavar="TEXT", help="What for, in the words of the class.")]
AgentOption = Annotated[str, typer.Option(metavar="NAME", help="For which agent.")]
RunOption = Annotated[str, typer.Option(metavar="RUN", help="The run that it belongs to.")]


@app.command("remember")
@with_connection
def remember_command(
    common: Common,
    *,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="What to remember, as JSON; - reads it from the standard input.")
    ],
    memory_class: ClassOption,
    purpose: PurposeOption,
    subject: SubjectOption,
    label: Annotated[
        list[str] | None, typer.Option(metavar="[POINTER=]LABEL", help="What the value is, or a part; repeatable.")
    ] = None,
    ttl: Annotated[str, typer.Option(metavar="DURATION", help="For how long at most, as in 30d.")] = "",
    agent: AgentOption = "",
    process: ProcessOption = "",
    run: RunOption = "",
    request_id: RequestIdOption = "",
) -> int:
    """Remember a value, encrypted, for the purpose of its class."""
    request = wire.RememberRequest(
        memory_class=memory_class, purpose=purpose, subject=subject, request_id=request_id, value=_value(value)
    )
    for one in label or ():
        pointer, _, name = one.rpartition("=")
        request.labels[pointer].labels.append(name)
    if ttl:
        request.ttl.FromSeconds(max(1, int(read_duration(ttl, "--ttl"))))
    with Connection(common) as connection:
        request.parent = connection.parent
        request.terms.CopyFrom(terms_of(connection, agent, process, run))
        said = connection.call(connection.memories.Remember, request)
    return answer(common, said, lambda: _show_remembered(said.memory))


@app.command("recall")
@with_connection
def recall_command(
    common: Common,
    *,
    memory_class: ClassOption,
    purpose: PurposeOption,
    subject: SubjectOption,
    only_label: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Only what carries no other labels; repeatable.")
    ] = None,
    agent: AgentOption = "",
    process: ProcessOption = "",
    run: RunOption = "",
    limit: LimitOption = 50,
) -> int:
    """Show what is remembered of a subject, newest first, as far as the policies let it be seen."""
    request = wire.RecallRequest(
        memory_class=memory_class, purpose=purpose, subject=subject, only_labels=only_label or (), limit=limit
    )
    with Connection(common) as connection:
        request.parent = connection.parent
        request.terms.CopyFrom(terms_of(connection, agent, process, run))
        said = connection.call(connection.memories.Recall, request)
    return answer(common, said, lambda: show_recalled(said))


@app.command("forget")
@with_connection
def forget_command(
    common: Common,
    *,
    subject: SubjectOption,
    reason: Annotated[
        str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; it is kept: name the request, not the person.")
    ],
    memory_class: ClassOption = "",
    agent: AgentOption = "",
    process: ProcessOption = "",
    request_id: RequestIdOption = "",
) -> int:
    """Forget what is remembered of a subject, and print the receipt."""
    request = wire.ForgetRequest(memory_class=memory_class, subject=subject, reason=reason, request_id=request_id)
    with Connection(common) as connection:
        request.parent = connection.parent
        request.terms.CopyFrom(terms_of(connection, agent, process, ""))
        said = connection.call(connection.memories.Forget, request)
    return answer(common, said, lambda: _show_receipt(said.receipt))


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    memory_class: ClassOption = "",
    subject: SubjectOption = "",
    agent: AgentOption = "",
    process: ProcessOption = "",
    limit: LimitOption = 50,
) -> int:
    """List what is remembered, newest first, without the values.

    BYTES is how long a value is in canonical JSON together with its labels, before it is encrypted.
    """
    request = wire.ListMemoriesRequest(memory_class=memory_class, subject=subject, page_size=limit)
    with Connection(common) as connection:
        request.parent = connection.parent
        request.terms.CopyFrom(terms_of(connection, agent, process, ""))
        said = connection.call(connection.memories.ListMemories, request)
    return answer(common, said, lambda: _show_list(said))


@app.command("classes")
@with_connection
def classes_command(common: Common) -> int:
    """List the classes of memory of the bundle in force: what is remembered, for which purpose and for how long."""
    with Connection(common) as connection:
        request = memory_classes_pb2.ListMemoryClassesRequest(parent=connection.parent)
        said = connection.call(connection.memories.ListMemoryClasses, request)
    if common.as_json:
        say_json(said)
    elif not said.memory_classes:
        say("no class of memory is declared: nothing can be remembered")
    else:
        columns = ("CLASS", "RETENTION", "FOR", "PURPOSE", "RECALLED ALSO FOR", "OWNER", "LABELS")
        table(columns, [_class_row(one) for one in said.memory_classes])
    return ExitCode.DONE


register_holds(app)


def terms_of(connection: Connection, agent: str, process: str, run: str) -> wire.MemoryTerms:
    """Return for which agent and in what memory is used."""
    return wire.MemoryTerms(agent=agent, process=process, run=connection.name("runs", run) if run else "")


def _show_remembered(made: wire.Memory) -> None:
    end = f"until {moment(made.expire_time)}" if made.HasField("expire_time") else "until its run is over"
    labels = f", as what is {', '.join(made.labels)}" if made.labels else ""
    say(f"remembered {short(made.name)} as {made.memory_class} {end}{labels}")


def show_recalled(said: wire.RecallResponse) -> None:
    """Write what was recalled, with the labels of what is left of it: what was taken away took its own along."""
    for one in said.memories:
        known = one.memory
        labels = ", ".join(sorted({label for each in one.labels.values() for label in each.labels}))
        say(f"{short(known.name)} {moment(known.create_time)} by {known.creator}: {labels}")
        for line in value_lines(exact(MessageToDict(one.value))):
            say(f"  {line}")
    withheld = f"; {said.withheld_count} withheld" if said.withheld_count else ""
    say(f"{len(said.memories)} recalled{withheld}")


def _show_list(said: wire.ListMemoriesResponse) -> None:
    if not said.memories:
        say("nothing is remembered")
        return
    table(("MEMORY", "CLASS", "LABELS", "BYTES", "BY", "SINCE", "UNTIL", ""), [_row(one) for one in said.memories])
    if said.next_page_token:
        say("there is more: raise --limit, or name a class or a subject")


def _row(one: wire.Memory) -> tuple[str | Text, ...]:
    end = moment(one.expire_time) if one.HasField("expire_time") else "end of run"
    held = coloured("held") if one.held else ""
    labels = ", ".join(one.labels)
    since = moment(one.create_time)
    return short(one.name), one.memory_class, labels, str(one.size_bytes), one.creator, since, end, held


def _class_row(one: memory_classes_pb2.MemoryClass) -> tuple[str, ...]:
    kept = "its run" if one.run_scoped else length(one.ttl) if one.HasField("ttl") else ""
    retention = word(memory_classes_pb2.MemoryRetention, one.retention, "MEMORY_RETENTION")
    also = " / ".join(one.recalled_for)
    return short(one.name), retention, kept, one.purpose, also, one.owner, " ".join(one.labels)


def _show_receipt(receipt: wire.ForgetReceipt) -> None:
    counts = ", ".join(f"{one.count} of {one.memory_class}" for one in receipt.forgotten) or "nothing was there"
    say(f"forgotten: {counts}; no legal hold kept any of it")
    if receipt.key_destroyed:
        say("  nothing is left of the subject, and its key is gone: copies cannot be read any more")
    elif receipt.forgotten:
        say("  what is in other classes of the subject stays, and so does its key")
    else:
        say("  nothing was remembered of it: is it written so?")
    if receipt.audit_classes:
        say(f"  what Assent itself writes stays, in the trail: {', '.join(receipt.audit_classes)}")
    say(f"  receipt {receipt.id} by {receipt.forgetter} at {moment(receipt.forget_time)}")
    say(f"  it proves what was forgotten, without saying it: record {receipt.record_seq} of the trail has it,")
    say(f"  with the digest of the ids, {receipt.ids_digest}")


def _value(text: str) -> Value:
    try:
        content: Any = json.loads(sys.stdin.read() if text == "-" else text)
        return ParseDict(content, Value())
    except (ValueError, ParseError, RecursionError) as error:
        raise Problem("VALUE is not JSON; a text is written in quotes", ExitCode.USAGE) from error
