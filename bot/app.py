"""The composition root: the only module that knows every other one."""

import gc
from typing import TypeVar

from flask import Flask

import admin.pages
import api.pages
import h5.pages
from bot import health, nowhere
from bot.committer import Committer
from bot.config import Config
from bot.doctor.checks import CHECKS
from bot.entries import AsgiEntry, WsgiEntry
from bot.intake import Intake, bounds
from bot.queue import Waker
from bot.router import Dispatcher
from bot.runtime import SECONDS_OF_PATIENCE, Runtime, open_runtime
from bot.sms import door as receipts
from bot.webhook import Webhook, door
from h5 import short_links
from handlers import ROUTERS

T = TypeVar("T")
COLLECTED_AFTER = (20_000, 20, 20)


def create_app(config: Config) -> WsgiEntry:
    """Return the WSGI application of one process, connected and ready to serve."""
    return _settled(assemble(open_runtime(config, patience=SECONDS_OF_PATIENCE)))


def create_asgi_app(config: Config) -> AsgiEntry:
    """Return the ASGI application of one process, connected and ready to serve."""
    return _settled(assemble_asgi(open_runtime(config, patience=SECONDS_OF_PATIENCE)))


def _settled(application: T) -> T:
    """Return `application`; what was made for it is spared by the garbage collector from now on.

    Nor does it look every seven hundred objects: a batch of messages is more, and all of it in use.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    return application


def assemble(runtime: Runtime) -> WsgiEntry:
    """Put the webhook in front of the pages."""
    answer = committer(runtime).answer
    return WsgiEntry(webhook(runtime), answer, beyond=pages(runtime).wsgi_app)


def assemble_asgi(runtime: Runtime) -> AsgiEntry:
    """Put the webhook in front of the pages, for a server with an event loop."""
    answer = committer(runtime).answer_to_coroutine
    threads = runtime.config.server.threads
    return AsgiEntry(webhook(runtime), answer, beyond=pages(runtime).wsgi_app, threads=threads)


def webhook(runtime: Runtime) -> Webhook:
    """Return the webhook with a door for each account."""
    config = runtime.config
    return Webhook(config.webhook, [door(runtime.accounts[one.name], one) for one in config.accounts])


def committer(runtime: Runtime) -> Committer:
    """Return what answers messages by our handlers."""
    budget, promised = runtime.config.webhook.budget_seconds, Waker(runtime.redis).wake
    # The committer is one thread. On SQLite, too: pages that read keep no writer waiting, but connections.
    db = runtime.db.apart(bounds(budget))
    intake = Intake(db, runtime.memory, Dispatcher(ROUTERS), promised=promised, patience=budget)
    return Committer(intake.take, budget=budget)


def pages(runtime: Runtime) -> Flask:
    """Return everything that is not the webhook."""
    app = Flask("yizhan")
    app.register_blueprint(health.make_blueprint(runtime))
    app.register_blueprint(receipts.make_blueprint(runtime))
    app.register_blueprint(short_links.make_blueprint(runtime))
    app.extensions["yizhan.checks"] = CHECKS  # the health page runs them; they stand above the back office
    admin.pages.register(app, runtime)
    h5.pages.register(app, runtime)
    api.pages.register(app, runtime)
    nowhere.register(app)
    return app
