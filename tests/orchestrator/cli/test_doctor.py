import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assent_sidecar.opa.binary import PINNED_VERSION
from tests.orchestrator.cli.program import SECONDS, Desk, assent, write_tokens


def findings(*arguments: str | Path, **environ: str) -> dict[str, dict[str, Any]]:
    said = assent("doctor", *arguments, "--json", cwd=None, **environ)
    return {finding["subject"]: finding for finding in said.json["findings"]}


@pytest.mark.requirement("cli.doctor")
def test_the_doctor_says_which_engine_which_version_and_where_from(tmp_path: Path) -> None:
    said = assent("doctor", ASSENT_DATA=str(tmp_path), cwd=tmp_path)
    assert said.code == 0, said.out
    [engine] = [line for line in said.out.splitlines() if " engine " in line]
    assert engine.startswith(f"ok   engine       OPA {PINNED_VERSION} from the package: /")
    assert engine.endswith("/opa/engine/opa")
    [database] = [line for line in said.out.splitlines() if " database " in line]
    assert "PostgreSQL" in database
    programs = Path(database.rpartition(" are in ")[2])
    assert all((programs / name).is_file() for name in ("pg_dump", "pg_restore", "psql"))


@pytest.mark.requirement("cli.doctor")
def test_the_embedded_database_is_dumped_with_what_the_doctor_says(desk: Desk) -> None:
    said = desk("doctor", "--json")
    text = next(one["text"] for one in said.json["findings"] if one["subject"] == "database")
    url, programs = re.findall(r" is (postgresql://[^;]+); pg_dump and psql for it are in (.*)", text)[0]
    dump = [f"{programs}/pg_dump", "--no-owner", "--format=custom", "--schema-only", url]
    if os.geteuid() == 0:
        dump = ["runuser", "-u", "assent-postgres", "--", *dump]
    done = subprocess.run(dump, capture_output=True, timeout=SECONDS, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"PGDMP")


@pytest.mark.requirement("cli.doctor")
def test_everything_is_well_where_everything_runs(desk: Desk, shop: str) -> None:
    said = desk("doctor", "--tool-server", f"shop={shop}", "--json")
    assert said.code == 0, said.out
    found = {one["subject"]: one for one in said.json["findings"]}
    assert {one["level"] for one in found.values()} == {"ok"}
    assert found["workspace"]["text"].startswith(". builds as sha256:")
    assert f"OPA {PINNED_VERSION} from package" in found["server"]["text"]
    assert found["tool server"]["text"].endswith("shop 1, 3 operations")


@pytest.mark.requirement("cli.doctor", "cli.exit-codes")
def test_what_is_wrong_is_a_no_with_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_tokens(data / "tokens.json", {"sam": []})
    (data / "tokens.json").chmod(0o640)
    data.chmod(0o755)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "assent.yaml").write_text("name: 7\n", encoding="utf-8")
    found = findings(
        "--workspace", broken, "--server", "127.0.0.1:1", "--tool-server", "shop=127.0.0.1:1",
        ASSENT_DATA=str(data), ASSENT_OPA_BINARY="/bin/true",
    )  # fmt: skip
    failed = {name for name, finding in found.items() if finding["level"] == "fail"}
    assert failed == {"engine", "data", "tokens", "workspace", "server", "tool server"}
    assert found["data"]["advice"] == f"chmod 700 {data}"
    assert all(found[name]["advice"] for name in failed)
    found = findings("--workspace", broken, ASSENT_DATA=str(tmp_path / "none"))
    assert found["workspace"]["text"].startswith(f"{broken}/assent.yaml:1: ")
    assert found["server"]["level"] == "warn"
    assert assent("doctor", "--workspace", broken, ASSENT_DATA=str(tmp_path / "none")).code == 1


def test_an_opa_of_the_users_own_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    said = assent("doctor", ASSENT_DATA=str(tmp_path), ASSENT_OPA_URL="http://ann:hush@127.0.0.1:1/x", cwd=tmp_path)
    assert said.code == 1
    assert "ASSENT_OPA_URL, http://127.0.0.1:1/x" in said.out
    assert "hush" not in said.out + said.err


def test_a_tool_server_without_an_operation_that_the_workspace_names_is_found(shop: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    assert assent("init", own).code == 0
    system = own / "systems/shop.yaml"
    system.write_text(system.read_text().replace("  refund:\n", "  repay:\n"), encoding="utf-8")
    for file in (own / "agents/service_desk.yaml", own / "processes/refund.yaml"):
        file.write_text(file.read_text().replace("shop.refund", "shop.repay"), encoding="utf-8")
    (own / "cases/refunds.yaml").unlink()
    found = findings("--workspace", own, "--tool-server", f"shop={shop}", ASSENT_DATA=str(tmp_path / "none"))
    assert found["tool server"]["level"] == "fail"
    assert "but not shop.repay" in found["tool server"]["text"]
