"""Chinese by default, English complete: the ids are English, `translations/zh_CN` has the Chinese.

The catalogue is read as it is committed, from the .po file, once per process
(20 ms).  So a clean checkout needs no build step, and no compiled file can be
older than its source.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain

from admin.cookies import LANGUAGE

if TYPE_CHECKING:
    from bot.runtime import Runtime

FOLDER = Path(__file__).resolve().parent / "translations"
LANGUAGES = {"zh": "zh_CN", "en": "en"}
ZONE = "Asia/Shanghai"
_said: ContextVar[str | None] = ContextVar("language", default=None)


class Catalogues(Domain):  # type: ignore[misc]
    """Translations from .po files in memory."""

    def get_translations(self) -> NullTranslations:
        """Return those of the visitor's language."""
        language = LANGUAGES[chosen()]  # Babel spells its locale zh_Hans_CN
        if language not in self.cache:
            self.cache[language] = load(language)
        found: NullTranslations = self.cache[language]
        return found


@cache
def load(language: str) -> NullTranslations:
    """Read one catalogue; English needs none."""
    file = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@contextmanager
def speaking(runtime: "Runtime", language: str) -> Iterator[None]:
    """Have the texts of the back office said in `language` where there is no request: in a job."""
    app = Flask(__name__)
    app.extensions["yizhan"] = runtime
    speak(app)
    token = _said.set(language)
    try:
        with app.app_context():
            yield
    finally:
        _said.reset(token)


def chosen() -> str:
    """Return `zh` or `en`, as the visitor chose."""
    if (said := _said.get()) in LANGUAGES:
        return str(said)
    kept = request.cookies.get(LANGUAGE, "") if has_request_context() else ""
    return kept if kept in LANGUAGES else "zh"


def speak(app: Flask) -> None:
    """Teach `app` both languages."""
    babel = Babel(
        app,
        default_locale="zh_CN",
        default_timezone=ZONE,
        locale_selector=lambda: LANGUAGES[chosen()],
    )
    babel.domain_instance = Catalogues()
