"""The compose stack's files: they fit the compose specification, name what exists, and keep to least privilege."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from compose.make_secrets import NAMES
from compose.make_tokens import ACTIONS
from grafana.provisioning import DASHBOARDS, TOKEN_FILE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
STACK: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
OURS = ("influx-tokens", "bedside")


def test_it_fits_the_compose_specification() -> None:
    """The file is valid by the compose specification's own schema, which finds what is not."""
    schema = json.loads((HERE / "compose-spec.json").read_text())
    assert [fault.message for fault in jsonschema_rs.validator_for(schema).iter_errors(STACK)] == []
    broken = json.loads(json.dumps(STACK))
    broken["services"]["bedside"]["restrat"] = "always"
    assert not jsonschema_rs.validator_for(schema).is_valid(broken)


def test_every_path_exists() -> None:
    """Folders and files of this checkout that the stack mounts or builds from are there."""
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), (name, source)
            else:
                assert source in STACK["volumes"], (name, source)
        if "build" in service:
            assert (ROOT / service["build"] / "Dockerfile").is_file()
    entrypoint = SERVICES["influx-tokens"]["entrypoint"][1]
    assert (ROOT / Path(entrypoint).relative_to("/app")).is_file()


def test_secrets_are_the_files_that_the_command_makes() -> None:
    """Each secret is a file of secrets/ that make_secrets.py makes, each is used, and git keeps none of them."""
    files = {secret["file"] for secret in STACK["secrets"].values()}
    assert files == {f"./secrets/{name}" for name in NAMES}
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(NAMES)
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("TOKEN|PASSWORD", name) and "BEDSIDE_SHOW" not in name and name != "TOKENS":
                assert name.endswith("_FILE"), f"{name} would stand in the container's environment"
                assert str(value).startswith("/run/"), name


def test_images_are_pinned() -> None:
    """Every image names its version to the last number: none moves by itself to another release."""
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+(-alpine)?", service["image"]), name
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base) for base in bases)
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {SERVICES[name]["image"] for name in OURS} == {f"bedside:{version[1]}"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_is_bounded(name: str) -> None:
    """Each part restarts, gains no privileges, and has limits of CPU, memory, processes and log."""
    service = SERVICES[name]
    assert service["restart"] in ("unless-stopped", "on-failure:5")
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert service["logging"]["options"]["max-size"]
    if name != "influxdb":  # its image begins as root, to own its volume, and drops to another user by itself
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_only_caddy_is_reached_from_outside() -> None:
    """One part publishes ports, on this machine unless told otherwise; InfluxDB is on the inner network alone."""
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["caddy"]
    assert all("${BEDSIDE_LISTEN:-127.0.0.1}:" in port for port in SERVICES["caddy"]["ports"])
    assert SERVICES["influxdb"]["networks"] == ["store"]
    assert "store" not in SERVICES["caddy"]["networks"]
    assert STACK["networks"]["store"]["internal"] is True
    caddyfile = (ROOT / "compose" / "Caddyfile").read_text()
    for target in re.findall(r"reverse_proxy (\S+):\d+", caddyfile):
        assert target in SERVICES
        assert set(SERVICES[target]["networks"]) & set(SERVICES["caddy"]["networks"])
    assert "\n\tlog {\n\t\tlevel WARN" in caddyfile  # no access log: paths name patients


def test_each_part_mounts_its_own_token_alone() -> None:
    """A token lies in a volume that one part reads; only the step that makes them writes, and sees the operator's."""
    for name in ACTIONS:
        users = [
            (service, mount)
            for service, told in SERVICES.items()
            for mount in told.get("volumes", [])
            if mount.startswith(f"token-{name}:")
        ]
        makers = [mount for service, mount in users if service == "influx-tokens"]
        readers = [(service, mount) for service, mount in users if service != "influx-tokens"]
        assert makers == [f"token-{name}:/tokens/{name}"]
        assert len(readers) == 1
        assert readers[0][1].endswith(":ro")
    assert "influx_admin_token" not in SERVICES["bedside"]["secrets"] + SERVICES["grafana"]["secrets"]
    told = SERVICES["bedside"]["environment"]
    mounts = [mount.split(":")[1] for mount in SERVICES["bedside"]["volumes"]]
    for variable in ("INFLUXDB_V2_TOKEN_FILE", "BEDSIDE_READ_TOKEN_FILE"):
        assert str(Path(told[variable]).parent) in mounts


def test_grafana_finds_what_is_provisioned() -> None:
    """The data source's token file and the dashboards' folder are where the stack mounts them."""
    mounts = dict(mount.split(":")[:2][::-1] for mount in SERVICES["grafana"]["volumes"])
    assert mounts["/etc/grafana/provisioning"] == "./grafana/generated/provisioning"
    assert mounts[DASHBOARDS] == "./grafana/generated/dashboards"
    assert mounts[str(Path(TOKEN_FILE).parent)] == "token-grafana"
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / mounts[DASHBOARDS] / home.name).is_file()


def test_what_can_be_set_is_in_the_docs() -> None:
    """Every variable that the stack reads is in docs/compose.md, and every setting of Bedside's in docs/settings.md."""
    page = (ROOT / "docs" / "compose.md").read_text()
    for name in sorted(set(re.findall(r"\$\{(\w+)", TEXT))):
        assert f"`{name}`" in page, name
    settings = (ROOT / "docs" / "settings.md").read_text()
    for name in SERVICES["bedside"]["environment"]:
        assert name.removesuffix("_FILE") in settings, name


def test_the_image_holds_all_that_it_runs() -> None:
    """What .dockerignore leaves out is nothing that the build or the program needs."""
    ignored = [
        line.rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in ("#", "")
    ]
    packages = re.search(r"^packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages
    needed = re.findall(r'"(\w+)"', packages[1])
    needed += ["run.py", "pyproject.toml", "requirements", "README.md", "LICENSE", "compose"]
    for name in needed:
        assert (ROOT / name).exists(), name
        assert name not in ignored, name
    dockerfile = (ROOT / "Dockerfile").read_text()
    compiled = re.search(r"compileall .*", dockerfile)
    assert compiled
    assert set(re.findall(r'"(\w+)"', packages[1])) <= set(compiled[0].split())
    assert "USER 10001:10001" in dockerfile
    assert "HEALTHCHECK" in dockerfile


def test_forks_test_what_is_supported() -> None:
    """The workflow runs both ends of the Pythons with a real InfluxDB, brings the stack up, and pins its actions."""
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert jobs["test"]["services"]["influxdb"]["image"] == SERVICES["influxdb"]["image"]
    assert "docker compose up --build --detach --wait" in text
    for script in re.findall(r"python3 (compose/\w+\.py)", text):
        assert (ROOT / script).is_file()


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_runs_pinned_code_with_no_rights(file: Path) -> None:
    """Actions are pinned to commits, a workflow may read and no more, and no token stays in the checkout."""
    text = file.read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert steps
    assert not [job for job in workflow["jobs"].values() if "permissions" in job]
    for step in steps:
        used = step.get("uses")
        assert used is None or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", used), used
        if used and used.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    assert len(re.findall(r"uses: \S+ # v\d+\.\d+\.\d+$", text, re.MULTILINE)) == text.count("uses: ")


def test_the_supply_is_looked_at() -> None:
    """Every file of requirements that is installed by hash is held against known vulnerabilities, each week and for
    each change of them; what could not be asked about fails, too. What is run is listed, from the hashed file."""
    text = (ROOT / ".github" / "workflows" / "supply.yml").read_text()
    workflow = yaml.safe_load(text)
    when = workflow[True]  # YAML 1.1 takes `on` for a truth value
    assert when["schedule"]
    assert "requirements/**" in when["pull_request"]["paths"]
    files = {file.stem for file in (ROOT / "requirements").glob("*.txt")} - {"uv"}  # uv itself: one wheel, no others
    looped = re.search(r"for file in ([\w ]+); do\n\s+pip-audit --strict .*--require-hashes", text)
    assert looped
    assert set(looped[1].split()) == files
    assert "cyclonedx-py requirements --output-reproducible" in text
    assert "requirements/run.txt" in text
    assert "pip install --require-hashes --requirement requirements/audit.txt" in text
