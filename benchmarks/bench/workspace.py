"""A small workspace made for measuring: one system, two agents, one class of memory, processes as long as asked for."""

from collections.abc import Iterable
from pathlib import Path

_SYSTEM = """
name: box
title: Box
owner: it
tool_server: box
operations:
  put:
    title: Put
    effect: write
    idempotent: true
    arguments: {type: object, additionalProperties: false, properties: {text: {type: string}, n: {type: integer}}}
    result: {type: object, properties: {n: {type: integer}}}
"""
_AGENT = """
name: {name}
title: {name}
owner: it
department: ops
may: [box.put]
hands_over_to: [{other}]
limits: {{hand_overs: 1000, depth: 100}}
"""
_MEMORY = """
classes:
  notes: {retention: long_term, purpose: What is measured, owner: it, ttl: 30d}
"""
_POLICY = """# METADATA
# title: What is measured is allowed
package policies.org.allowed

allow contains {"code": "MEASURED", "message": "a benchmark"} if input.kind in {"plan", "handoff", "memory"}

# METADATA
# title: What is made to fail is denied
# labels:
#   control: BENCH
deny contains {"code": "FAILING", "message": "a benchmark"} if {
\tinput.inputs.failing == true
\tinput.step.id == "s500"
\tinput.action.args.text
}

# METADATA
# title: What is made to wait is asked
# labels:
#   control: BENCH
require_approval contains {"code": "ASKED", "message": "a benchmark", "approval": {"stages": [{"role": "boss"}]}} if {
\tinput.kind == "action"
\tinput.process.name == "held"
}

# METADATA
# title: What is made to wait is not handed over unasked
# labels:
#   control: BENCH
require_approval contains {"code": "ASKED", "message": "a benchmark", "approval": {"stages": [{"role": "boss"}]}} if {
\tinput.kind == "handoff"
\tstartswith(input.process.name, "asked-")
\tcount(input.approvals) == 0
}

allow contains {"code": "MEASURED", "message": "a benchmark"} if {
\tinput.action.system == "box"
\tcount(input.action.args.text) < 1000
}
"""


def make_rules(count: int) -> str:
    """Return a policy of so many rules that apply to every question and find nothing wrong with it."""
    rules = [
        f'deny contains {{"code": "BAD_{n}", "message": "a benchmark"}} if input.action.args.text == "bad-{n}"'
        for n in range(count)
    ]
    return (
        "# METADATA\n# title: What is forbidden\n# labels:\n#   control: BENCH\npackage policies.org.many\n\n"
        + "\n\n".join(rules)
        + "\n"
    )


def make_workspace(folder: Path, *lengths: int, rules: int = 0, takers: Iterable[int] = ()) -> None:
    """Write a workspace with a process ``steps-N`` for each length: a first step and others that follow it.

    In ``chain-N`` each step follows the one before, in ``passed-N`` so that it takes over from it; ``held`` has one
    step, about which a person is asked. ``rules`` is how many rules there are beside the one that allows. For each
    number of ``takers`` so many steps take over from one: in ``let-N`` as they are, in ``asked-N`` if a person says so.
    """
    for name in ("systems", "agents", "processes", "policies/org"):
        (folder / name).mkdir(parents=True)
    (folder / "assent.yaml").write_text("name: bench\ntitle: Bench\n")
    (folder / "systems/box.yaml").write_text(_SYSTEM)
    for name, other in (("bot", "mate"), ("mate", "bot")):
        (folder / f"agents/{name}.yaml").write_text(_AGENT.format(name=name, other=other))
    (folder / "memory.yaml").write_text(_MEMORY)
    (folder / "policies/org/allowed.rego").write_text(_POLICY)
    if rules:
        (folder / "policies/org/many.rego").write_text(make_rules(rules))
    _write_process(folder, "held", ["  - {id: s0, agent: bot, action: box.put, args: {text: hello}}"])
    for length in lengths:
        _write_process(folder, f"chain-{length}", [_step(n, "bot", after=n - 1) for n in range(length)])
        _write_process(folder, f"passed-{length}", [_step(n, ("bot", "mate")[n % 2], n - 1) for n in range(length)])
        steps = ["  - {id: s0, agent: bot, action: box.put, args: {text: hello}}"]
        steps += [
            f"  - {{id: s{n}, agent: bot, action: box.put, args: {{text: hello, n: {{$ref: steps.s0.output.n}}}}}}"
            for n in range(1, length)
        ]
        _write_process(folder, f"steps-{length}", steps)

    for many in takers:
        for name in ("let", "asked"):
            one = [_step(0, "bot"), *(_step(n, "mate", after=0) for n in range(1, many + 1))]
            _write_process(folder, f"{name}-{many}", one)


def _step(number: int, agent: str, after: int = -1) -> str:
    follows = f"s{after}" if after >= 0 else ""
    return f"  - {{id: s{number}, agent: {agent}, action: box.put, args: {{text: hello}}, after: [{follows}]}}"


def _write_process(folder: Path, name: str, steps: list[str]) -> None:
    (folder / f"processes/{name}.yaml").write_text(
        f"name: {name}\nversion: '1'\ntitle: Steps\nowner: it\ndepartment: ops\n"
        "inputs: {type: object}\nsteps:\n" + "\n".join(steps) + "\n"
    )
