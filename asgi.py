"""The ASGI application, which `python -m bot web` serves; YIZHAN_CONFIG names the settings."""

import os
from pathlib import Path

from bot import config, logs
from bot.app import create_asgi_app

settings = config.load(Path(os.environ.get("YIZHAN_CONFIG", "config.toml")))
logs.configure(settings.log, config.secrets(settings))
application = create_asgi_app(settings)
