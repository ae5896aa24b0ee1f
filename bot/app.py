"""The composition root: the only module that knows every other one."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

import admin.pages
from bot import health
from bot.committer import Committer
from bot.config import Config
from bot.doctor.checks import CHECKS
from bot.intake import Intake
from bot.queue import Waker
from bot.router import Dispatcher
from bot.runtime import Runtime, open_runtime
from bot.webhook import Webhook, door
from handlers import ROUTERS

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create_app(config: Config) -> Wsgi:
    """Return the WSGI application of one process, connected and ready to serve."""
    return assemble(open_runtime(config))


def assemble(runtime: Runtime) -> Webhook:
    """Put the webhook in front of the pages."""
    config = runtime.config
    dispatcher = Dispatcher(ROUTERS)
    intake = Intake(runtime.db, runtime.memory, dispatcher, promised=Waker(runtime.redis).wake)
    committer = Committer(intake.take, budget=config.webhook.budget_seconds)
    doors = [door(runtime.accounts[one.name], one) for one in config.accounts]
    return Webhook(config.webhook, doors, committer.answer, beyond=pages(runtime).wsgi_app)


def pages(runtime: Runtime) -> Flask:
    """Return everything that is not the webhook."""
    app = Flask("yizhan")
    app.register_blueprint(health.make_blueprint(runtime))
    app.extensions["yizhan.checks"] = CHECKS  # the health page runs them; they stand above the back office
    admin.pages.register(app, runtime)
    return app
