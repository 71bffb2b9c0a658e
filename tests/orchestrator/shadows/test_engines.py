"""Two real engines side by side: whatever befalls the candidate's, the live one decides as ever."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from assent_orchestrator.app.shadowing import NICENESS
from assent_orchestrator.audit import spans
from assent_orchestrator.clock import utc_now
from assent_orchestrator.shadows.beside import Beside
from assent_orchestrator.shadows.comparison import Comparison
from assent_orchestrator.shadows.difference import Difference
from assent_sidecar.bundle.words import words_of
from assent_sidecar.canonical import canonical
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.model import Json
from assent_sidecar.opa.client import Answer
from assent_sidecar.opa.liveness import Patience
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.orchestrator.shadows.servers import AnyWord
from tests.sidecar.engines import ECHO, SaidEngine, bundle_of, question, until

LIVE = """
package assent

# METADATA
# labels:
#   control: LIVE-01
decision := {"verdict": "allow", "reasons": [{"code": "GRANTED"}]}
"""

WELL: dict[str, Json] = {"verdict": "allow", "reasons": [{"code": "GRANTED"}]}


@dataclass
class Pair:
    """A live engine and a candidate's, which does what the context of a question wants."""

    live: Sidecar
    candidate: Sidecar
    beside: Beside
    differences: list[Difference] = field(default_factory=list)

    async def ask(
        self, *, times: int = 1, within: float = 30, words: Container[str] | None = None, **context: Json
    ) -> Mapping[str, int]:
        """Ask; the live answer must be as ever. Return the outcomes and codes of the candidate."""
        comparison = Comparison("s1", utc_now, budget=within)
        self.beside.comparison = comparison
        asking = asyncio.create_task(
            comparison.compare_with(self.candidate.evaluator, AnyWord() if words is None else words)
        )
        await asyncio.sleep(0)
        for _ in range(times):
            decided = await self.beside.decide(question(context=context), budget=20)
            assert (decided.verdict, decided.codes, decided.fault) == ("allow", ("GRANTED",), False)
        async with asyncio.timeout(60):
            await comparison.idle()
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        self.differences = [seen.difference for seen in comparison.tally.differences.values()]
        codes = {
            reason.code: seen.count
            for seen in comparison.tally.differences.values()
            for reason in seen.difference.candidate.reasons
        }
        return {**codes, **{str(outcome): count for (_, outcome), count in comparison.tally.outcomes.items()}}

    @property
    def process(self) -> psutil.Process:
        """The candidate's engine."""
        assert self.candidate.process is not None
        assert self.candidate.process.pid is not None
        return psutil.Process(self.candidate.process.pid)


@pytest.fixture(scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    folder = tmp_path_factory.mktemp("engines")
    environ = {"ASSENT_OPA_MEMORY": "64MiB"}
    patient = Patience(misses=1000)
    async with (
        open_sidecar(SidecarSettings(folder, {}, query_timeout=30), bundle_of(LIVE)) as live,
        open_sidecar(
            SidecarSettings(folder, environ, query_timeout=30, patience=patient, shadow="s1", niceness=NICENESS),
            bundle_of(ECHO),
        ) as candidate,
    ):
        yield Pair(live, candidate, Beside(live.evaluator))


@pytest.mark.requirement("shadow.answers-every-live-question")
async def test_what_both_engines_say_alike_differs_in_the_controls_of_their_rules_only(pair: Pair) -> None:
    assert await pair.ask(answer=WELL) == {"GRANTED": 1, "different": 1}


@pytest.mark.requirement("shadow.never-delays-or-changes-a-live-decision", "shadow.reports-faults")
@pytest.mark.parametrize(
    ("context", "found"),
    [
        ({"slow": True}, {"ENGINE_TIMEOUT": 2, "fault": 2}),
        ({"zero": 0}, {"ENGINE_ERROR": 2, "fault": 2}),
        ({}, {"UNDEFINED_DECISION": 2, "fault": 2}),
        ({"answer": {"verdict": "maybe"}}, {"MALFORMED_DECISION": 2, "fault": 2}),
        ({"answer": {"verdict": "halt", "reasons": [{"code": "ALL_STOP"}]}}, {"ALL_STOP": 2, "different": 2}),
    ],
    ids=["loops", "fails", "says nothing", "says nonsense", "halts"],
)
async def test_a_candidate_that_goes_wrong_is_reported_and_nothing_else(pair: Pair, context: Any, found: Any) -> None:
    within = 0.5 if "slow" in context else 30
    assert await pair.ask(times=2, within=within, **context) == found


@pytest.mark.requirement("shadow.never-delays-or-changes-a-live-decision", "shadow.reports-faults")
async def test_an_engine_that_hangs_is_a_fault_of_the_candidate_alone(pair: Pair) -> None:
    engine = pair.process
    engine.suspend()
    try:
        assert await pair.ask(times=2, within=0.5, answer=WELL) == {"ENGINE_TIMEOUT": 2, "fault": 2}
    finally:
        engine.resume()


@pytest.mark.requirement("shadow.never-delays-or-changes-a-live-decision", "shadow.reports-faults")
async def test_an_engine_that_is_killed_comes_back_and_meanwhile_the_live_one_decides(pair: Pair) -> None:
    os.kill(pair.process.pid, signal.SIGKILL)
    assert await pair.ask(answer=WELL) in ({"ENGINE_UNAVAILABLE": 1, "fault": 1}, {"GRANTED": 1, "different": 1})

    async def back() -> bool:
        return "different" in await pair.ask(answer=WELL)

    await until(back, timeout=60)


@pytest.mark.requirement("shadow.memory-is-bounded")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits private memory and tells a process's niceness")
def test_the_candidates_engine_lets_others_go_first_and_has_a_memory_limit_of_its_own(pair: Pair) -> None:
    assert pair.live.process is not None
    assert pair.live.process.pid is not None
    assert (pair.process.nice(), psutil.Process(pair.live.process.pid).nice()) == (19, 0)
    assert pair.process.rlimit(psutil.RLIMIT_DATA)[0] == 4 * 64 * 1024 * 1024


@pytest.mark.requirement("shadow.has-no-effect")
async def test_a_candidate_never_asks_the_users_own_engine_nor_takes_its_port(tmp_path: Path) -> None:
    environ = {
        "ASSENT_OPA_URL": "http://127.0.0.1:1",
        "ASSENT_OPA_LISTEN": "127.0.0.1:1",
        "ASSENT_OPA_TOKEN": "x" * 40,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    }
    async with open_sidecar(SidecarSettings(tmp_path, environ, shadow="s1"), bundle_of(LIVE)) as sidecar:
        assert sidecar.process is not None
        assert (await sidecar.evaluator.decide(question(), budget=20)).verdict == "allow"
        config = sidecar.process.socket.with_name("opa.json").read_text()
        assert "distributed_tracing" not in config


@pytest.mark.requirement("shadow.has-no-effect")
async def test_engines_are_told_which_questions_are_a_shadows_and_the_log_is_not_filled_with_its_faults(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[Mapping[str, str]] = []

    class Telling(SaidEngine):
        async def decide(self, question: bytes, metadata: Mapping[str, str], timeout: float) -> Answer:  # noqa: ASYNC109 - the engine's signature
            told.append(metadata)
            return await super().decide(question, metadata, timeout)

    for shadow in ("", "s1"):
        engine, versions = Telling("nonsense"), frozenset({"1.22.2"})
        evaluator = Evaluator(engine, versions=versions, revisions=lambda: ("r1",), shadow=shadow)
        assert (await evaluator.decide(question(), budget=5)).fault
    assert ["shadow" in metadata for metadata in told] == [False, True]
    assert told[1]["shadow"] == "s1"
    assert [record.levelname for record in caplog.records if "denied" in record.message] == ["WARNING"]


@pytest.mark.requirement("shadow.has-no-effect")
async def test_a_span_below_the_live_decision_says_what_differs_and_is_no_decision(pair: Pair) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("assent")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spans, "_tracer", lambda: tracer)
        with spans.decision_span("action", run="run-1") as live:
            await pair.ask(answer={"verdict": "deny", "reasons": [{"code": "NEVER"}]})
    [shadow] = [span for span in exporter.get_finished_spans() if span.name == "policy.shadow"]
    assert shadow.parent is not None
    assert shadow.parent.span_id == live.get_span_context().span_id
    said = dict(shadow.attributes or {})
    assert (said[spans.SHADOW_OUTCOME], said[spans.SHADOW_REASON_CODES]) == ("deny", ("NEVER",))
    assert not {spans.DECISION_OUTCOME, spans.DECISION_REASON_CODES, spans.POLICY_REVISION} & said.keys()


@pytest.mark.requirement("shadow.keeps-no-question")
async def test_what_a_candidate_computes_from_a_question_is_shown_nowhere(pair: Pair) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    words = words_of(pair.candidate.bundle.archive)
    shown: set[str] = set()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spans, "_tracer", lambda: provider.get_tracer("assent"))
        for number in ("078051120", "219099999"):
            said: dict[str, Json] = {
                "verdict": "require_approval",
                "reasons": [{"code": f"SSN_{number}", "control": f"born {number}"}],
                "approval": {"stages": [{"role": f"r{number}", "quorum": 7}]},
            }
            assert await pair.ask(answer=said, words=words) == {"…": 1, "different": 1}
            [seen] = pair.differences
            shown.add(canonical(seen.to_json()).decode())
    [text] = shown  # one row for all of them
    told = [dict(span.attributes or {}) for span in exporter.get_finished_spans()]
    assert [one[spans.SHADOW_REASON_CODES] for one in told] == [("…",), ("…",)]
    for secret in ("078051120", "219099999", 'quorum":7'):
        assert secret not in text + str(told)
