"""The image, compose.yaml and the manifests: of a kind, and about this code."""

import json
import re

import jsonschema_rs
import pytest

from admin.assets import THEIRS
from bot import config
from bot.queue import SECONDS_IN_ALL
from bot.webhook import PREFIX
from tests.deploy.reading import DEPLOY, ROOT, SECRETS, documents, secret_files, understood
from tests.test_project import PACKAGES

SCHEMAS = json.loads((ROOT / "tests" / "deploy" / "kubernetes.json").read_text("utf-8"))
MANIFESTS = sorted(
    path for path in (DEPLOY / "kubernetes").rglob("*.yaml") if path.name != "kustomization.yaml"
)
PODS = [one for path in MANIFESTS for one in documents(path) if "template" in one.get("spec", {})]
ASKED = {
    value["httpGet"]["path"]
    for pod in PODS
    for name, value in pod["spec"]["template"]["spec"]["containers"][0].items()
    if name.endswith("Probe")
}
COMPOSE = documents(DEPLOY / "compose.yaml")[0]
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "yizhan"}


def problems(document):
    """What Kubernetes would say to a document; its schemas refuse keys they do not know."""
    schema = {"$ref": f"#/$defs/{SCHEMAS['kinds'][document['kind']]}", "$defs": SCHEMAS["$defs"]}
    return [
        f"{one.instance_path}: {one.message}"
        for one in jsonschema_rs.validator_for(schema).iter_errors(document)
    ]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_one_kubernetes_would_take(path):
    assert [problem for one in documents(path) for problem in problems(one)] == []


def test_a_wrong_manifest_would_be_noticed():
    wrong = documents(DEPLOY / "kubernetes" / "clock.yaml")[0]
    [container] = wrong["spec"]["template"]["spec"]["containers"]
    container["livenesProbe"] = container.pop("livenessProbe")
    wrong["spec"]["replicas"] = "two"

    assert len(problems(wrong)) == 2


def test_every_manifest_is_applied_by_a_kustomization():
    for folder in (DEPLOY / "kubernetes", DEPLOY / "kubernetes" / "migrate"):
        [kustomization] = documents(folder / "kustomization.yaml")
        there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}

        assert set(kustomization["resources"]) == there


@pytest.mark.parametrize("pod", PODS, ids=lambda pod: pod["metadata"]["name"])
def test_a_pod_runs_a_command_of_ours_as_nobody_in_particular(pod):
    spec = pod["spec"]["template"]["spec"]
    [container] = spec["containers"]
    options = understood(container["args"])
    mounts = {mount["name"] for mount in container["volumeMounts"]}

    assert options.command == pod["metadata"]["name"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert mounts == {volume["name"] for volume in spec["volumes"]}
    if options.command == "worker":
        assert spec["terminationGracePeriodSeconds"] > SECONDS_IN_ALL
    if "selector" in pod["spec"]:
        assert (
            pod["spec"]["selector"]["matchLabels"].items()
            <= pod["spec"]["template"]["metadata"]["labels"].items()
        )
        [port] = container["ports"]
        assert (
            str(port["containerPort"])
            == pod["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"]
        )


def test_the_ingress_lets_out_every_page_and_no_figures(rules):
    [ingress] = documents(DEPLOY / "kubernetes" / "ingress.yaml")
    paths = [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    inside = {"/healthz", "/readyz", "/metrics"}
    outside = {rule for rule in rules - inside if not rule.startswith("/static/")}

    assert len(outside) > 100
    assert f"{paths[0]}/" == PREFIX
    assert [
        rule for rule in sorted(outside) if not rule.startswith(tuple(f"{path}/" for path in paths))
    ] == []
    assert [rule for rule in inside if rule.startswith(tuple(paths))] == []
    assert {"/healthz", "/readyz", "/metrics"} == ASKED <= rules


@pytest.mark.parametrize("which", ["compose", "kubernetes"])
def test_settings_are_taken_once_the_secrets_are_there(which, tmp_path):
    if which == "compose":
        text, at = (DEPLOY / "config.toml").read_text("utf-8"), "/run/secrets"
        given = set(COMPOSE["x-yizhan"]["secrets"])
    else:
        [settings] = documents(DEPLOY / "kubernetes" / "settings.yaml")
        text, at = settings["data"]["config.toml"], "/run/secrets/yizhan"
        listed = re.search(
            r"The secret's keys are [^`]*`[^`]*`: `([^`]+)`", (DEPLOY / "README.md").read_text("utf-8")
        )
        given = set(listed.group(1).split())
    for name, secret in SECRETS.items():
        (tmp_path / name).write_text(secret + "\n")
    (tmp_path / "config.toml").write_text(text.replace(at, str(tmp_path)))

    read = config.load(tmp_path / "config.toml", environ={"YIZHAN_SERVER_HOST": "0.0.0.0"})

    assert {f"{at}/{name}" for name in given} == set(secret_files(text))
    assert read.server.proxies == 1
    assert read.accounts[0].app_secret == SECRETS["head-app-secret"]


def test_compose_names_only_what_is_there():
    secrets = {one for service in COMPOSE["services"].values() for one in service.get("secrets", ())}
    needed = {one for service in COMPOSE["services"].values() for one in service.get("depends_on", ())}
    mounted = [volume.split(":")[0] for volume in COMPOSE["services"]["nginx"]["volumes"]]

    assert secrets == set(COMPOSE["secrets"])
    assert needed <= set(COMPOSE["services"])
    assert [path for path in mounted if path.endswith(".conf") and not (DEPLOY / path).exists()] == []
    # What the operator puts beside it is in their checkout, and is not to be committed with it.
    files = [*mounted, *(one["file"] for one in COMPOSE["secrets"].values())]
    theirs = {path.split("/")[1] for path in files} - {"nginx"}
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    assert theirs == {"secrets", "tls", "wechat"}
    assert [one for one in theirs if not {f"{one}/", f"/docs/deploy/{one}/"} & set(ignored)] == []
    assert {understood(service["command"]).command for service in OURS.values()} == {
        "migrate",
        "web",
        "worker",
        "clock",
    }
    assert int(OURS["worker"]["stop_grace_period"].removesuffix("s")) > SECONDS_IN_ALL
    assert (DEPLOY / COMPOSE["x-yizhan"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / COMPOSE["x-yizhan"]["build"]["dockerfile"]).exists()


def test_the_image_holds_the_code_and_the_files_browsers_load():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    copied = [
        line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    sources = {word for words in copied for word in words}
    assets = re.findall(r"COPY --from=assets /build/node_modules/(\S+) node_modules/(\S+)", text)
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text("utf-8")

    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert {*PACKAGES, "migrations", "wsgi.py", "asgi.py"} - sources == {"simulator"}
    assert {source for source, _ in assets} == set(THEIRS.values())
    assert all(source.rpartition("/")[0] == target.rstrip("/") for source, target in assets)
    assert set(re.findall(r"^!(\S+)", ignored, re.MULTILINE)) == sources
    for name in re.findall(r"YIZHAN_([A-Z_]+)=", text):
        section, _, key = name.lower().partition("_")
        assert name == "CONFIG" or key in config.SECTIONS[section].__dataclass_fields__
