"""What lies in deploy/ fits the program: settings, routes, ports, paths, commands and users, read from the files themselves."""

from __future__ import annotations

import argparse
import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.routing import Route

from bot.cli import _parser
from bot.config import Settings, load_settings
from bot.server import create_app, create_watch_app

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
VARIABLE = re.compile(r"\bDRAGOMAN_[A-Z_]+\b")
NAMES = {f"DRAGOMAN_{name.upper()}" for name in Settings.model_fields}
UID = 10001

Json = dict[str, Any]


def load(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def objects() -> dict[tuple[str, str], Json]:
    """Return every object of the manifests by kind and name."""
    found = [each for path in MANIFESTS for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    named = {(each["kind"], each.get("metadata", {}).get("name", "")): each for each in found}
    assert len(named) == len(found)
    return named


def pods() -> dict[str, Json]:
    """Return the pod templates by what they are for."""
    found = objects()
    deployment, cron = found["Deployment", "dragoman"], found["CronJob", "dragoman-backup"]
    return {"bot": deployment["spec"]["template"], "backup": cron["spec"]["jobTemplate"]["spec"]["template"]}


def commands() -> set[str]:
    """Return what `dragoman` can do."""
    (chosen,) = (action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    return set(chosen.choices)


class Watched:
    async def is_ready(self) -> bool:
        return True

    async def details(self) -> Json:
        return {}

    async def text(self) -> bytes:
        return b""

    def socket(self, place: str, step: int) -> None: ...


def paths(*, watch: bool = False) -> set[str]:
    """Return the routes that need nobody's channel."""
    watched = Watched()
    app = create_watch_app(watched) if watch else create_app([], ready=watched.is_ready)
    return {route.path for route in app.routes if isinstance(route, Route)}


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("path", sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    assert set(VARIABLE.findall(path.read_text(encoding="utf-8"))) <= NAMES


def test_the_example_explains_every_setting_once() -> None:
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    set_here = [found[1] for line in lines if (found := re.match(r"#?(DRAGOMAN_\w+)=", line))]
    assert sorted(set_here) == sorted(NAMES)
    for block in "\n".join(lines).split("\n\n"):
        assert block.startswith("# "), "every group begins with what it is"


def test_what_the_example_shows_as_default_is_the_default() -> None:
    examples = "DATABASE_URL SECRET_KEY_FILE BACKUP_DIR CACHE_DIR KNOWLEDGE_DIR LOCALES_DIR PUBLIC_URL TRUSTED_PROXIES METRICS_PORT"
    examples += " ALERT_EMAIL SMTP_HOST SMTP_FROM TRANSLATE_URL"  # addresses, names and places
    for line in (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines():
        found = re.match(r"#DRAGOMAN_(\w+)=(.+)", line)
        if found and found[1] not in examples.split():
            assert str(Settings.model_fields[found[1].lower()].default).lower() == found[2].lower(), found[1]


def values_of(environment: Json) -> dict[str, str]:
    return {name.removeprefix("DRAGOMAN_"): str(value) for name, value in environment.items() if name.startswith("DRAGOMAN_")}


def test_the_settings_of_compose_and_kubernetes_are_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    config, secret = objects()["ConfigMap", "dragoman"]["data"], objects()["Secret", "dragoman"]["stringData"]
    compose = {
        name: value.replace("${SITE:?write SITE=chat.example.org into .env}", "chat.example.org")
        for name, value in ((name, str(value)) for name, value in load("compose.yaml")["services"]["bot"]["environment"].items())
    }
    for values in (values_of(config) | values_of(secret), values_of(compose)):
        assert all(isinstance(value, str) for value in values.values())
        with monkeypatch.context() as alone:
            for name, value in values.items():
                alone.setenv(f"DRAGOMAN_{name}", value)
            settings = load_settings()
        assert settings.is_https
        assert (settings.metrics_host, settings.metrics_port, settings.log_format) == ("0.0.0.0", 9464, "json")
        assert settings.telegram_mode == "webhook", "several processes cannot poll"
    assert all(isinstance(value, str) for value in config.values()), "Kubernetes takes nothing but texts"


# ---------------------------------------------------------------- the image


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, rest), lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def image_settings() -> dict[str, str]:
    return dict(pair.split("=", 1) for name, rest in instructions() if name == "ENV" for pair in rest.split())


def test_the_image_is_built_of_what_is_there_and_runs_without_rights() -> None:
    found = instructions()
    kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {rest.split()[0] for name, rest in found if name == "COPY" and not rest.startswith("--from")}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)
    assert [name for name, _rest in found].count("FROM") == 2
    assert ("USER", f"{UID}:{UID}") in found
    assert [name for name, _ in found].index("USER") < [name for name, _ in found].index("ENTRYPOINT")
    assert any(name == "RUN" and "--require-hashes" in rest for name, rest in found)
    assert "COPY" not in {name for name, rest in found[[n for n, _ in found].index("USER") :]}


def test_the_image_looks_after_its_health_at_a_route_there_is() -> None:
    (check,) = (rest for name, rest in instructions() if name == "HEALTHCHECK")
    settings = image_settings()
    url = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", check)
    assert url is not None
    assert url[1] == settings["DRAGOMAN_PORT"] == dict(instructions())["EXPOSE"]
    assert url[2] in paths()
    assert settings["DRAGOMAN_HOST"] == "0.0.0.0"
    assert settings["DRAGOMAN_DATA_DIR"] == dict(instructions())["VOLUME"]


def test_every_command_is_one_of_ours() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.is_file())
    used = set(re.findall(r"(?:bin/|exec bot |`)dragoman ([a-z]+)", text))
    used |= {load("compose.yaml")["services"]["backup"]["command"][0]}
    used |= {pod["spec"]["containers"][0]["args"][0] for pod in pods().values()}
    assert {"serve", "backup", "invite"} <= used
    assert used <= commands()


# ---------------------------------------------------------------- compose


def test_compose_holds_together() -> None:
    compose = load("compose.yaml")
    services = compose["services"]
    for name, service in services.items():
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        volumes = {volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(".")}
        assert volumes <= set(compose["volumes"]), name
        assert set(service.get("depends_on", [])) <= set(services), name
    for name, secret in compose["secrets"].items():
        assert secret["file"] == f"./secrets/{name}"
        assert f"secrets/{name}" in (DEPLOY / "compose.yaml").read_text().partition("name: dragoman")[0], "said how it is made"
        assert name == "postgres_password" or name in NAMES
    assert services["bot"]["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert set(services["database"]["networks"]) == {"inside"}
    assert compose["networks"]["inside"]["internal"] is True
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", ["bot", "backup"])
def test_our_containers_have_no_rights_and_write_to_volumes_alone(name: str) -> None:
    service = load("compose.yaml")["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert image_settings()["DRAGOMAN_DATA_DIR"] in {volume.split(":")[1] for volume in service["volumes"]}


def test_the_database_is_waited_for_and_the_proxy_is_believed() -> None:
    compose = load("compose.yaml")
    bot, database = compose["services"]["bot"], compose["services"]["database"]
    assert bot["depends_on"]["database"]["condition"] == "service_healthy"
    assert database["image"] == "postgres:15"
    assert database["healthcheck"]["test"][1] == "pg_isready"
    assert "database:/var/lib/postgresql/data" in database["volumes"]
    assert bot["environment"]["DRAGOMAN_TRUSTED_PROXIES"] == compose["networks"]["outside"]["ipam"]["config"][0]["subnet"]
    assert f"dynamic a bot {image_settings()['DRAGOMAN_PORT']}" in (DEPLOY / "Caddyfile").read_text()
    text = (DEPLOY / "compose.yaml").read_text()
    assert "@database/dragoman" in text, "the address in the secret names the service"
    assert f"POSTGRES_DB: {'dragoman'}" in text


# ---------------------------------------------------------------- Kubernetes


def test_the_folder_is_whole() -> None:
    resources = load("kubernetes/kustomization.yaml")["resources"]
    apart = {"kustomization.yaml", "secret.example.yaml"}
    assert sorted(resources) == sorted(path.name for path in MANIFESTS if path.name not in apart)
    kinds = {kind for kind, _name in objects()}
    assert kinds >= {"Deployment", "Service", "Ingress", "NetworkPolicy", "PodDisruptionBudget", "ConfigMap", "Secret", "CronJob"}


def test_two_replicas_that_are_replaced_one_by_one() -> None:
    found = objects()
    deployment = found["Deployment", "dragoman"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    for selector in (
        deployment["selector"]["matchLabels"],
        found["PodDisruptionBudget", "dragoman"]["spec"]["selector"]["matchLabels"],
        found["Service", "dragoman"]["spec"]["selector"],
    ):
        assert selector.items() <= labels.items()
        assert not selector.items() <= pods()["backup"]["metadata"]["labels"].items(), "a backup answers nobody"
    policy = found["NetworkPolicy", "dragoman"]["spec"]["podSelector"]["matchLabels"]
    assert all(policy.items() <= pod["metadata"]["labels"].items() for pod in pods().values())


@pytest.mark.parametrize("which", ["bot", "backup"])
def test_pods_have_no_rights(which: str) -> None:
    pod = pods()[which]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == UID
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"requests", "limits"} == set(container["resources"])
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounted) == {volume["name"] for volume in pod["volumes"]}
    assert mounted["data"] == image_settings()["DRAGOMAN_DATA_DIR"] == objects()["ConfigMap", "dragoman"]["data"]["DRAGOMAN_DATA_DIR"]
    sources = [source.popitem()[1]["name"] for source in container["envFrom"]]
    assert {("ConfigMap", sources[0]), ("Secret", sources[1])} <= set(objects())
    if which == "backup":
        assert container["args"] == ["backup", mounted["backup"]]


def test_probes_ask_routes_there_are_at_ports_there_are() -> None:
    (container,) = pods()["bot"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert str(ports["web"]) == image_settings()["DRAGOMAN_PORT"]
    assert str(ports["metrics"]) == objects()["ConfigMap", "dragoman"]["data"]["DRAGOMAN_METRICS_PORT"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["path"] in paths()
        assert asked["port"] == "web"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live", "a database that is away is no reason to start anew"
    notes = pods()["bot"]["metadata"]["annotations"]
    assert notes["prometheus.io/path"] in paths(watch=True)
    assert notes["prometheus.io/port"] == str(ports["metrics"])
    named = itertools.chain.from_iterable(rule["ports"] for rule in objects()["NetworkPolicy", "dragoman"]["spec"]["ingress"])
    assert {port["port"] for port in named} == set(ports)
    assert objects()["Service", "dragoman"]["spec"]["ports"][0]["targetPort"] == "web"


def test_there_is_time_to_stop() -> None:
    pod = pods()["bot"]["spec"]
    (container,) = pod["containers"]
    wait_s = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert wait_s + 10 < pod["terminationGracePeriodSeconds"]
    assert int(load("compose.yaml")["services"]["bot"]["stop_grace_period"].removesuffix("s")) > 10
    assert int(unit("dragoman.service")["TimeoutStopSec"][0]) > 10


def test_the_ingress_leads_to_the_service_under_the_public_address() -> None:
    ingress = objects()["Ingress", "dragoman"]["spec"]
    (rule,) = ingress["rules"]
    service = rule["http"]["paths"][0]["backend"]["service"]
    assert objects()["ConfigMap", "dragoman"]["data"]["DRAGOMAN_PUBLIC_URL"] == f"https://{rule['host']}"
    assert ingress["tls"][0]["hosts"] == [rule["host"]]
    assert service == {"name": "dragoman", "port": {"name": objects()["Service", "dragoman"]["spec"]["ports"][0]["name"]}}


# ---------------------------------------------------------------- systemd


def unit(name: str) -> dict[str, list[str]]:
    """Read a unit file; a key may come several times."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def units() -> Iterator[Path]:
    yield from sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def test_units_start_what_make_run_makes() -> None:
    serve, backup = unit("dragoman.service"), unit("dragoman-backup.service")
    assert serve["ExecStart"] == ["/opt/dragoman/.venv/bin/dragoman serve"]
    assert ".venv/run.stamp" in (ROOT / "Makefile").read_text()
    place = next(line for line in (DEPLOY / "env.example").read_text().splitlines() if line.startswith("DRAGOMAN_DATA_DIR="))
    for each in (serve, backup):
        assert each["EnvironmentFile"] == ["/etc/dragoman.env"]
        assert place in each["Environment"]
        assert f"/var/lib/{each['StateDirectory'][0]}" == place.partition("=")[2]
    folder = backup["ExecStart"][0].split()[-1]
    assert backup["ReadWritePaths"] == [f"-{folder}"]
    assert backup["ExecStartPre"][0].endswith(folder)
    assert load("litestream.yml")["dbs"][0]["path"] == f"{place.partition('=')[2]}/dragoman.db"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_finds_no_fault_with_the_units(tmp_path: Path) -> None:
    for path in units():
        text = path.read_text(encoding="utf-8").replace("/opt/dragoman/.venv/bin/dragoman", shutil.which("true") or "")
        (tmp_path / path.name).write_text(text)
    told = subprocess.run(["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", ["dragoman.service", "dragoman-backup.service"])
def test_the_units_leave_little_to_attack(name: str) -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(DEPLOY / name)], capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stdout[-300:]  # 0 is none, 100 all; a service without any of it has 96


# ---------------------------------------------------------------- litestream


def test_a_copy_with_a_history_is_never_of_the_keys() -> None:
    assert [Path(each["path"]).name for each in load("litestream.yml")["dbs"]] == ["dragoman.db"]
