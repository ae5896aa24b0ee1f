"""What stands in the files of the hosts. Plain functions from facts to text."""

import re
from pathlib import Path

from tests.chaos.network import ADDRESSES

SITE = "wx.example.com"
WEB_PORT = 8001
PLATFORM_PORT = 8090
SERVICE = "yizhan"  # as Sentinel calls the master
APP_ID = "wxchaos000000001"
APP_SECRET = "s" * 32
TOKEN = "simtoken2026"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ORIGINAL_ID = "gh_chaos"
WEBS = ("web1", "web2")
SENTINELS = ("cache1", "cache2", "data")
LEASE_SECONDS = 15  # the default is a minute; a run has six


def database_url() -> str:
    return f"postgresql://yizhan@{ADDRESSES['data']}/yizhan"


def redis_url() -> str:
    sentinels = ",".join(f"{ADDRESSES[host]}:26379" for host in SENTINELS)
    return f"redis+sentinel://{sentinels}/{SERVICE}/0"


def bot(folder: Path) -> str:
    """Return the bot's settings on one host."""
    return f"""
[server]
host = "0.0.0.0"
port = {WEB_PORT}
folder = "{folder}"
proxies = 1
public_url = "https://{SITE}"
[database]
url = "{database_url()}"
pool_size = 4
[redis]
url = "{redis_url()}"
[wechat]
api_base = "http://{ADDRESSES["platform"]}:{PLATFORM_PORT}"
timeout_seconds = 3.0
[outbox]
lease_seconds = {LEASE_SECONDS}
[h5]
keys = "{"A" * 43}="
[[accounts]]
name = "head"
app_id = "{APP_ID}"
app_secret = "{APP_SECRET}"
token = "{TOKEN}"
encoding_aes_key = "{AES_KEY}"
mode = "safe"
original_id = "{ORIGINAL_ID}"
"""


def cache(host: str, master: str | None) -> str:
    """Return the settings of a Redis; of a replica if there is a `master`."""
    lines = [
        "port 6379",
        "bind 0.0.0.0",
        "protected-mode no",
        'save ""',
        "maxmemory-policy noeviction",
        f"replica-announce-ip {ADDRESSES[host]}",
    ]
    if master:
        lines.append(f"replicaof {ADDRESSES[master]} 6379")
    return "\n".join(lines) + "\n"


def sentinel(host: str, master: str) -> str:
    """Return the settings of a Sentinel that watches `master`."""
    return f"""port 26379
bind 0.0.0.0
protected-mode no
sentinel announce-ip {ADDRESSES[host]}
sentinel monitor {SERVICE} {ADDRESSES[master]} 6379 2
sentinel down-after-milliseconds {SERVICE} 2000
sentinel failover-timeout {SERVICE} 6000
sentinel parallel-syncs {SERVICE} 1
"""


def upstream(documented: str) -> str:
    """Return nginx's list of web processes as documented, with our hosts for those of its first process."""
    lines = []
    for line in documented.splitlines():
        if "server 127.0.0.1:8001" in line:
            lines += [line.replace("127.0.0.1:8001", f"{ADDRESSES[host]}:{WEB_PORT}") for host in WEBS]
        elif "server 127.0.0.1:" not in line:
            lines.append(line)
    return "\n".join(lines) + "\n"


def site(documented: str, version: tuple[int, ...]) -> str:
    """Return nginx's site as documented, `http2` said as this nginx wants it (the file tells)."""
    if version >= (1, 25, 1):
        return documented
    without = re.sub(r"^ +http2 on;.*\n", "", documented, flags=re.MULTILINE)
    return without.replace("443 ssl;", "443 ssl http2;")


NGINX = """user www-data;
worker_processes 1;
pid /run/nginx-chaos.pid;
daemon off;
error_log stderr warn;
events { worker_connections 1024; }
http {
    include /etc/nginx/conf.d/*.conf;
}
"""
