"""`run`: everything on one machine under one supervisor; without settings, the demo."""

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.command import add, keep_private
from bot.config import Config, load
from bot.demo import settings as demo_settings
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.supervisor.supervisor import Supervisor

SECONDS_TO_ANSWER = 60.0
SECONDS_TO_READY = 30.0


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "run", run, "run everything on this machine; without settings, the demo")
    add_ports(parser)


def add_ports(parser: argparse.ArgumentParser) -> None:
    """Declare the options that move the demo."""
    parser.add_argument("--port", type=int, help="of the demo's web process (default 8000); remembered")
    parser.add_argument("--simulator-port", type=int, help="of the demo's WeChat (default 8090); remembered")


def settings_file(options: argparse.Namespace) -> tuple[Path, bool]:
    """Return the settings to use, and whether they are the demo's, which are written if need be."""
    chosen: Path = options.config
    if not demo_settings.is_demo(chosen) and (options.is_config_named or chosen.exists()):
        if options.port or options.simulator_port:
            raise ConfigError(f"--port and --simulator-port are the demo's; change [server] port in {chosen}")
        return chosen, False
    return demo_settings.ensure(port=options.port, simulator_port=options.simulator_port), True


def run(options: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM; 0 after a clean end."""
    keep_private()
    file, is_demo = settings_file(options)
    config = load(file)
    from bot.supervisor import plans, run_lock
    from bot.supervisor.supervisor import Supervisor, say

    folder = Path(config.server.folder)
    with run_lock.hold(folder / "run.lock") as lock:
        plans.check_ports(config, file, with_simulator=is_demo)
        shutil.rmtree(folder / "metrics", ignore_errors=True)  # counted by processes that are gone
        with Supervisor(folder / "log", lock, say) as supervisor:
            told = _start(supervisor, config, file.resolve(), is_demo=is_demo)
            _greet(supervisor, config, file, told, is_demo=is_demo)
    say("已停止。  Stopped.")
    return 0


def _start(supervisor: "Supervisor", config: Config, file: Path, *, is_demo: bool) -> str:
    """Start everything in its order and return what the demo has to tell."""
    from bot.supervisor import plans, readiness
    from bot.supervisor.supervisor import DidNotStart

    environ = {"YIZHAN_CONFIG": str(file), "YIZHAN_RUN": str(os.getpid()), "PYTHONUNBUFFERED": "1"}
    own_redis = plans.redis(config, environ)
    for plan in own_redis:
        supervisor.start(plan)
    if is_demo:
        supervisor.start(plans.simulator(config, environ))
        if not supervisor.wait_until(
            lambda: readiness.answers(f"{config.wechat.api_base}/sim/"), SECONDS_TO_ANSWER
        ):
            raise DidNotStart("the simulator does not answer; see var/log/simulator.log")
    prepare = "demo" if is_demo else "migrate"  # the demo migrates as well
    told = supervisor.run_once(prepare, plans.bot(prepare), environ)
    if own_redis and not supervisor.wait_until(lambda: readiness.redis_answers(config), SECONDS_TO_ANSWER):
        raise DidNotStart("our Redis does not answer; see var/log/redis.log")
    for plan in plans.services(config, environ):
        supervisor.start(plan)
    return told if is_demo else ""


def _greet(supervisor: "Supervisor", config: Config, file: Path, told: str, *, is_demo: bool) -> None:
    """Say when everything is ready, or after a while what is not, and look after it until the end."""
    from bot.supervisor import banner, readiness
    from bot.supervisor.supervisor import say

    def is_ready() -> bool:
        return not readiness.unready(config)

    def greeted() -> bool:
        ready = is_ready()
        if ready:
            say(banner.ready(config, file, told, is_demo=is_demo))
        return ready

    if not supervisor.wait_until(is_ready, SECONDS_TO_READY):
        say(banner.not_ready(config, told, readiness.unready(config)))
    supervisor.watch(greeted)
