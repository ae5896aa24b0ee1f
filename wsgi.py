"""The WSGI application, for gunicorn and other servers; YIZHAN_CONFIG names the settings."""

import os
from pathlib import Path

from bot import config, logs
from bot.app import create_app

settings = config.load(Path(os.environ.get("YIZHAN_CONFIG", "config.toml")))
logs.configure(settings.log, config.secrets(settings))
application = create_app(settings)
