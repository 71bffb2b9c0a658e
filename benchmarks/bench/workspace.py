"""A small workspace made for measuring: one system, one agent, processes of as many steps as asked for."""

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
name: bot
title: Bot
owner: it
department: ops
may: [box.put]
"""
_POLICY = """# METADATA
# title: What is measured is allowed
package policies.org.allowed

allow contains {"code": "MEASURED", "message": "a benchmark"} if input.kind == "plan"

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


def make_workspace(folder: Path, *lengths: int, rules: int = 0) -> None:
    """Write a workspace with a process ``steps-N`` for each length: a first step and others that follow it.

    In ``chain-N`` each step follows the one before; ``held`` has one step, about which a person is asked. ``rules`` is
    how many rules there are beside the one that allows.
    """
    for name in ("systems", "agents", "processes", "policies/org"):
        (folder / name).mkdir(parents=True)
    (folder / "assent.yaml").write_text("name: bench\ntitle: Bench\n")
    (folder / "systems/box.yaml").write_text(_SYSTEM)
    (folder / "agents/bot.yaml").write_text(_AGENT)
    (folder / "policies/org/allowed.rego").write_text(_POLICY)
    if rules:
        (folder / "policies/org/many.rego").write_text(make_rules(rules))
    _write_process(folder, "held", ["  - {id: s0, agent: bot, action: box.put, args: {text: hello}}"])
    for length in lengths:
        chain = [
            f"  - {{id: s{n}, agent: bot, action: box.put, args: {{text: hello}}, after: [{f's{n - 1}' if n else ''}]}}"
            for n in range(length)
        ]
        _write_process(folder, f"chain-{length}", chain)
        steps = ["  - {id: s0, agent: bot, action: box.put, args: {text: hello}}"]
        steps += [
            f"  - {{id: s{n}, agent: bot, action: box.put, args: {{text: hello, n: {{$ref: steps.s0.output.n}}}}}}"
            for n in range(1, length)
        ]
        _write_process(folder, f"steps-{length}", steps)


def _write_process(folder: Path, name: str, steps: list[str]) -> None:
    (folder / f"processes/{name}.yaml").write_text(
        f"name: {name}\nversion: '1'\ntitle: Steps\nowner: it\ndepartment: ops\n"
        "inputs: {type: object}\nsteps:\n" + "\n".join(steps) + "\n"
    )
