"""``assent demo --kill`` as one JSON document, for programs."""

from assent.v1 import runs_pb2
from assent_orchestrator.cli.demo.kill_ending import KillEnding
from assent_sidecar.model import Json


def kill_document(ending: KillEnding, seconds: float) -> dict[str, Json]:
    """Return everything that the page tells."""
    run = ending.act.run
    return {
        "schema": "assent.demo-kill/v1",
        "ok": ending.good,
        "seconds": round(seconds, 3),
        "run": run.name,
        "state": runs_pb2.RunState.Name(run.state).removeprefix("RUN_STATE_").lower(),
        "killed_after_seq": ending.before,
        "done_before": list(ending.done_before),
        "events": [
            {"seq": seq, "event": record["event"], "step": record.get("step")} for seq, record in ending.records
        ],
        "effects": [
            {"step": step, "idempotency_key": key, "times": ending.times(step)} for step, key in ending.intents.items()
        ],
        "emails": [{"to": letter.to, "subject": letter.subject} for letter in ending.letters],
        "verification": {
            "records": ending.verification.records,
            "intact": ending.verification.intact,
            "head": ending.verification.head_hash,
        },
        "checks": [{"promise": check.promise, "kept": check.kept} for check in ending.checks],
    }
