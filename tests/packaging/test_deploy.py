"""What is in deploy/ speaks of options and variables that exist, and is what the tools of each place take."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from assent_orchestrator.cli.main import app

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SERVE: Any = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined] # it is a group
OPTIONS = {name: parameter for parameter in SERVE.params for name in parameter.opts}
# Read by every command, and by the engine and the collector: docs/cli.md.
ELSEWHERE = {"ASSENT_SERVER", "ASSENT_TLS_CA"}
VARIABLES = {parameter.envvar for parameter in SERVE.params if parameter.envvar} | ELSEWHERE


def documents(path: Path) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all(path.read_text(encoding="utf-8")))


def containers(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every container with the pod that it is in."""
    for document in documents(path):
        if document["kind"] == "StatefulSet":
            pod = document["spec"]["template"]["spec"]
            for container in (*pod.get("initContainers", ()), *pod["containers"]):
                yield pod, container


def command_lines() -> Iterator[tuple[str, list[str], set[str]]]:
    """Every ``assent serve`` in deploy/, with the variables that it is given."""
    for path in KUBERNETES:
        for _, container in containers(path):
            if "serve" in container.get("args", ()):
                yield path.name, container["args"], {one["name"] for one in container["env"]}
    [compose] = documents(DEPLOY / "compose.yaml")
    for name, service in compose["services"].items():
        if "serve" in service["command"]:
            yield f"compose {name}", service["command"], set(service["environment"])
    unit = (DEPLOY / "systemd" / "assent.service").read_text(encoding="utf-8")
    [line] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    yield "systemd", shlex.split(line)[1:], set(re.findall(r"^Environment=(\w+)=", unit, re.MULTILINE))
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    [command] = re.findall(r"^CMD \[(.*)\]$", image, re.MULTILINE)
    yield "Dockerfile", [part.strip(' "') for part in command.split(",")], {"ASSENT_DATA"}


@pytest.mark.requirement("orchestrator.deployments-are-checked")
@pytest.mark.parametrize(
    ("where", "arguments", "variables"), [pytest.param(*one, id=one[0]) for one in command_lines()]
)
def test_every_option_and_variable_exists(where: str, arguments: list[str], variables: set[str]) -> None:
    assert arguments[0] == "serve", where
    given = {argument.partition("=")[0] for argument in arguments if argument.startswith("--")}
    assert given, where
    assert given - set(OPTIONS) == set(), where
    assert {name for name in variables if name.startswith("ASSENT_")} - VARIABLES == set(), where
    SERVE.make_context("serve", list(arguments[1:]), resilient_parsing=False)


@pytest.mark.requirement("orchestrator.deployments-are-checked")
@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_a_pod_may_do_nothing_that_it_need_not(path: Path) -> None:
    found = list(containers(path))
    assert found
    for pod, container in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        there = {volume["name"] for volume in pod["volumes"]} | {
            claim["metadata"]["name"]
            for document in documents(path)
            for claim in document.get("spec", {}).get("volumeClaimTemplates", ())
        }
        assert mounted <= there
    assert "NetworkPolicy" in {document["kind"] for document in documents(path)}


@pytest.mark.requirement("orchestrator.deployments-are-checked")
def test_servers_whose_data_does_not_outlive_them_are_given_the_keys_that_they_need_in_common() -> None:
    alone = {}
    for path in KUBERNETES:
        for pod, container in containers(path):
            if container["name"] == "secrets" and {"name": "data", "emptyDir": {}} in pod["volumes"]:
                mounted = {mount["name"] for mount in container["volumeMounts"]}
                secret = [one["secret"] for one in pod["volumes"] if "secret" in one and one["name"] in mounted]
                alone[path.stem] = {one["secretName"] for one in secret}
    assert alone == {"standalone": {"assent-tokens", "assent-permit-key", "assent-memory-key"}}


@pytest.mark.requirement("orchestrator.deployments-are-checked")
@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_selectors_select_the_pods_that_are_made(path: Path) -> None:
    made = [
        document["spec"]["template"]["metadata"]["labels"]
        for document in documents(path)
        if document["kind"] == "StatefulSet"
    ]
    for document in documents(path):
        spec = document.get("spec", {})
        selector = {"Service": spec.get("selector"), "NetworkPolicy": spec.get("podSelector", {}).get("matchLabels")}
        wanted = selector.get(document["kind"]) or (spec.get("selector") or {}).get("matchLabels")
        if wanted:
            assert any(wanted.items() <= labels.items() for labels in made), document["metadata"]["name"]


def verdict(program: str, *arguments: str | Path) -> str:
    """Have a program of ours look at something; what it objects to, or nothing."""
    command = [Path(sys.executable).with_name(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr if done.returncode else ""


def kubernetes(path: Path, version: str) -> str:
    return verdict("kubernetes-validate", "--strict", "--kubernetes-version", version, path)


def compose(path: Path) -> str:
    return verdict("check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)


@pytest.mark.requirement("orchestrator.deployments-are-checked")
@pytest.mark.parametrize("version", ["1.25.0", "1.37.0"])
@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_kubernetes_knows_every_field(path: Path, version: str) -> None:
    assert kubernetes(path, version) == ""


@pytest.mark.requirement("orchestrator.deployments-are-checked")
def test_compose_knows_every_field() -> None:
    assert compose(DEPLOY / "compose.yaml") == ""


@pytest.mark.requirement("orchestrator.deployments-are-checked")
def test_a_field_that_nobody_knows_is_found(tmp_path: Path) -> None:
    pods = (DEPLOY / "kubernetes" / "standalone.yaml").read_text(encoding="utf-8")
    (tmp_path / "pods.yaml").write_text(pods.replace("runAsNonRoot:", "runAsNoRoot:"), encoding="utf-8")
    assert "runAsNoRoot" in kubernetes(tmp_path / "pods.yaml", "1.37.0")
    services = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    (tmp_path / "compose.yaml").write_text(services.replace("image:", "picture:"), encoding="utf-8")
    assert "picture" in compose(tmp_path / "compose.yaml")


@pytest.mark.requirement("orchestrator.deployments-are-checked")
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd" / "assent.service").read_text(encoding="utf-8")
    # The program and the account are not on this machine; everything else is looked at as it is.
    here = unit.replace("/opt/assent/bin/assent", "/bin/true").replace("User=assent", "User=root")
    (tmp_path / "assent.service").write_text(here.replace("Group=assent", "Group=root"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "assent.service")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = [line for line in done.stderr.splitlines() if "assent.service" in line]
    assert not said, said
