import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proto.buf import PROTO

GENERATED = PROTO / "gen" / "python"
MODULES = sorted(
    path.relative_to(GENERATED).with_suffix("").as_posix().replace("/", ".") for path in GENERATED.rglob("*_pb2*.py")
)


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.requirement("proto.generated-code-is-current")
def test_generating_again_changes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, PROTO / "generate.py", tmp_path], check=True, timeout=60)
    made, kept = contents(tmp_path), contents(GENERATED)
    assert sorted(made) == sorted(kept), "run `make proto` and commit what it made"
    assert [name for name in made if made[name] != kept[name]] == [], "run `make proto` and commit what it made"


@pytest.mark.requirement("proto.generated-code-is-current")
def test_a_file_that_is_wrong_leaves_the_old_code_alone(tmp_path: Path) -> None:
    (tmp_path / "proto" / "assent").mkdir(parents=True)
    program = tmp_path / "proto" / "generate.py"
    program.write_text((PROTO / "generate.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "proto" / "assent" / "wrong.proto").write_text("this is no protobuf", encoding="utf-8")
    kept = tmp_path / "out" / "assent"
    kept.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, program, tmp_path / "out"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert "wrong.proto" in done.stderr
    assert kept.is_dir()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.requirement("proto.generated-code-imports")
def test_every_generated_module_imports(module: str) -> None:
    assert importlib.import_module(module).__name__ == module


@pytest.mark.requirement("proto.services")
def test_every_service_has_its_file() -> None:
    files = [importlib.import_module(module).DESCRIPTOR for module in MODULES if module.endswith("_pb2")]
    assert {file.name: [*file.services_by_name] for file in files} == {
        "assent/v1/control.proto": [],
        "assent/v1/plans.proto": [],
        "assent/v1/decisions.proto": [],
        "assent/v1/forecasts.proto": [],
        "assent/v1/runs.proto": ["RunService"],
        "assent/v1/approvals.proto": ["ApprovalService"],
        "assent/v1/approval_reports.proto": [],
        "assent/v1/handovers.proto": [],
        "assent/v1/delegations.proto": ["DelegationService"],
        "assent/v1/stops.proto": ["StopService"],
        "assent/v1/ledgers.proto": ["LedgerService"],
        "assent/v1/shadows.proto": ["ShadowService"],
        "assent/v1/audit.proto": ["AuditService"],
        "assent/v1/health.proto": ["HealthService"],
        "assent/v1/permits.proto": ["DecisionService"],
        "assent/v1/policies.proto": ["PolicyService"],
        "assent/v1/amendments.proto": [],
        "assent/v1/processes.proto": ["ProcessService"],
        "assent/v1/agents.proto": ["AgentService"],
        "assent/v1/memories.proto": ["MemoryService"],
        "assent/v1/memory_classes.proto": [],
        "assent/tool/v1/tools.proto": ["ToolService"],
    }


@pytest.mark.requirement("proto.generated-code-imports")
def test_every_generated_module_is_typed() -> None:
    untyped = [path.name for path in GENERATED.rglob("*_pb2*.py") if not path.with_suffix(".pyi").exists()]
    assert not untyped
    assert (GENERATED / "assent" / "py.typed").exists()


@pytest.mark.requirement("proto.generated-code-imports")
def test_importing_the_generated_code_needs_no_package_named_buf() -> None:
    program = (
        "import sys; from assent.v1 import runs_pb2_grpc, approvals_pb2_grpc, audit_pb2_grpc, health_pb2_grpc; "
        "from assent.tool.v1 import tools_pb2_grpc; sys.exit('buf' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
    assert not (GENERATED / "buf").exists()
    assert [path.name for path in GENERATED.iterdir() if path.name != "__pycache__"] == ["assent"]
