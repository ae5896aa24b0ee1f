"""systemd's units and nginx's files."""

import configparser
import os
import re
import shlex
import shutil
import subprocess

import crossplane
import pytest

from bot.config import ServerConfig, WebhookConfig
from bot.queue import SECONDS_IN_ALL
from tests.deploy.reading import DEPLOY, ROOT, understood

SYSTEMD = DEPLOY / "systemd"
UNITS = sorted(SYSTEMD.glob("yizhan*.*"))
SERVICES = sorted(SYSTEMD.glob("*.service"))
INSIDE = "/opt/yizhan/"
SECRET = re.compile(r"<(?:string:)?(?:token|code|word|secret)>")  # what opens something to whoever has it


def unit(path):
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read_string(path.read_text("utf-8"))
    return read


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_of_ours(path):
    service = unit(path)["Service"]
    python, *words = shlex.split(service["ExecStart"])

    assert python == f"{INSIDE}.venv/bin/python"
    assert words[:2] == ["-m", "bot"]
    command = understood(words[2:]).command
    assert path.stem.removesuffix("@") == f"yizhan-{command}"
    if command == "worker":
        assert int(service["TimeoutStopSec"]) > SECONDS_IN_ALL


def test_the_target_wants_every_kind_of_process_and_the_environment_names_settings():
    wanted = {
        re.sub(r"@\d+", "@", name)
        for name in re.findall(r"[\w@-]+\.service", (SYSTEMD / "yizhan.target").read_text())
    }
    common = unit(SYSTEMD / "yizhan-.service.d" / "common.conf")["Service"]
    web = unit(SYSTEMD / "yizhan-web@.service")["Service"]

    by_themselves = {"yizhan-migrate.service", "yizhan-backup.service"}
    assert wanted == {path.name for path in SERVICES} - by_themselves
    assert common["UMask"] == "0077"
    assert web["Environment"] == "YIZHAN_SERVER_PORT=%i"
    assert "port" in ServerConfig.__dataclass_fields__


def test_a_timer_starts_the_backup():
    timer = unit(SYSTEMD / "yizhan-backup.timer")

    assert timer["Timer"]["OnCalendar"]
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert (SYSTEMD / "yizhan-backup.service").exists()  # it has the timer's name


def test_systemd_takes_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units were read, but systemd was not asked")
    shutil.copytree(SYSTEMD, tmp_path / "units")
    # The interpreter has to be there.
    (tmp_path / "opt" / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "opt" / ".venv" / "bin" / "python").symlink_to(shutil.which("true"))
    for path in (tmp_path / "units").rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text("utf-8").replace(INSIDE, f"{tmp_path}/opt/"))
    names = ["yizhan.target", "yizhan-web@8001.service", "yizhan-worker@1.service"]
    names += ["yizhan-clock.service", "yizhan-migrate.service", "yizhan-backup.timer"]

    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        cwd=tmp_path / "units",
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}/units:"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    about_ours = [line for line in said.stderr.splitlines() if "yizhan" in line]
    assert about_ours == []


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    """The blocks of both files as nginx would read them, arguments checked."""
    folder = tmp_path_factory.mktemp("nginx")
    for name in ("yizhan.conf", "upstream.conf", "upstream.compose.conf"):
        shutil.copy(DEPLOY / "nginx" / name, folder)
    (folder / "nginx.conf").write_text(
        f"events {{}}\nhttp {{\n include {folder}/upstream.conf;\n include {folder}/yizhan.conf;\n}}\n"
    )
    read = crossplane.parse(str(folder / "nginx.conf"), combine=True, comments=False)
    assert read["status"] == "ok", read["errors"]
    alone = crossplane.parse(str(folder / "upstream.compose.conf"), check_ctx=False)
    assert alone["status"] == "ok", alone["errors"]
    [_, http] = read["config"][0]["parsed"]
    return http["block"]


def found(block, directive, *arguments):
    """The directives of a block by name and their first arguments."""
    return [
        one
        for one in block
        if one["directive"] == directive and one["args"][: len(arguments)] == list(arguments)
    ]


def test_nginx_passes_on_one_address_and_keeps_figures_inside(nginx):
    [server] = [
        one["block"]
        for one in nginx
        if one["directive"] == "server" and found(one["block"], "ssl_certificate")
    ]
    [inside] = found(server, "location", "~", "^/(metrics|readyz)$")

    assert found(server, "proxy_set_header", "X-Forwarded-For")[0]["args"][1] == "$remote_addr"
    assert found(inside["block"], "deny", "all")
    assert "proxies = 1" in (DEPLOY / "config.toml").read_text("utf-8")


def test_nginx_waits_as_long_as_wechat_does_and_takes_what_we_take(nginx):
    [server] = [
        one["block"]
        for one in nginx
        if one["directive"] == "server" and found(one["block"], "ssl_certificate")
    ]
    [webhook] = found(server, "location", "/wechat/")
    defaults = WebhookConfig()

    assert found(webhook["block"], "client_max_body_size")[0]["args"] == [
        f"{defaults.max_body_bytes // 1024}k"
    ]
    # Another host has to have its turn before WeChat goes: both times are nginx's 4s500ms.
    [waits] = found(webhook["block"], "proxy_read_timeout")[0]["args"]
    seconds, thousandths = re.fullmatch(r"(\d+)s(\d+)ms", waits).groups()
    assert defaults.budget_seconds < int(seconds) + int(thousandths) / 1000 < 5
    assert found(webhook["block"], "proxy_next_upstream_timeout")[0]["args"] == ["5s"]
    largest = max(
        int(number)
        for path in (ROOT / "admin").rglob("*.py")
        for number in re.findall(r"(?:megabytes=|MEGABYTES = )(\d+)", path.read_text("utf-8"))
    )
    assert int(found(server, "client_max_body_size")[0]["args"][0].rstrip("m")) >= largest


def test_nginx_asks_every_process_once_more_before_it_gives_up(nginx):
    [upstream] = [one["block"] for one in nginx if one["directive"] == "upstream"]
    servers = [one["args"] for one in upstream if one["directive"] == "server"]
    [webhook] = [
        found(one["block"], "location", "/wechat/")[0]["block"]
        for one in nginx
        if one["directive"] == "server" and found(one["block"], "ssl_certificate")
    ]

    first = [address for address, *how in servers if "backup" not in how]
    assert first == [address for address, *how in servers if {"backup", "max_fails=0"} <= set(how)]
    assert int(found(webhook, "proxy_next_upstream_tries")[0]["args"][0]) > len(first)


def test_nginx_writes_down_nothing_that_is_secret(nginx, rules):
    [form] = found(nginx, "log_format", "yizhan")
    line = "".join(form["args"])

    [paths] = found(nginx, "map", "$uri", "$logged_path")
    patterns = [
        (re.compile(one["directive"].removeprefix("~").replace("(?<", "(?P<")), one["args"][0])
        for one in paths["block"]
        if one["directive"].startswith("~")
    ]

    def logged(path):
        for pattern, said in patterns:
            if met := pattern.search(path):
                return re.sub(r"\$(\w+)", lambda name: met[name[1]], said)
        return path

    bearers = [re.sub(SECRET, "SECRET", rule).replace("<account>", "head") for rule in rules]
    bearers = [path for path in bearers if "SECRET" in path and not path.startswith("/admin/")]

    assert len(bearers) >= 9
    assert [path for path in bearers if "SECRET" in logged(path)] == []
    assert logged("/h5/head/staff/coupons/QSECRET/undo") == "/h5/head/staff/coupons/-"
    assert logged("/h5/head/staff/orders") == "/h5/head/staff/orders"
    assert "$logged_path" in line
    assert not re.search(r"\$(request|request_uri|args|query_string|http_\w+)\b", line)
