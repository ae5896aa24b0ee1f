"""What a visitor chooses for themselves: the language, and the official account they look at."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies, languages
from admin.access import open_to_everyone, open_to_everyone_signed_in
from admin.guard import is_local
from admin.office import runtime
from bot.router import Served

pages = Blueprint("choices", __name__)


def accounts() -> list[Served]:
    """Return the accounts of the settings, in their order."""
    return list(runtime.accounts.values())


def account() -> Served | None:
    """Return the account the visitor looks at: the one they chose, else the first; None without any."""
    kept = runtime.accounts.get(request.cookies.get(cookies.ACCOUNT, ""))
    return kept or next(iter(runtime.accounts.values()), None)


def back() -> AnyResponse:
    """Go back to the page the form stood on, if that is one of ours."""
    wanted = request.form.get("back", "")
    return redirect(wanted if is_local(wanted) else url_for("admin.home.today"), 303)


@pages.post("/language")
@open_to_everyone
def language() -> AnyResponse:
    """Speak the other language."""
    response = back()
    wanted = request.form.get("language", "")
    if isinstance(response, Response) and wanted in languages.LANGUAGES:
        cookies.choose(response, cookies.LANGUAGE, wanted)
    return response


@pages.post("/account")
@open_to_everyone_signed_in
def switch() -> AnyResponse:
    """Look at another account."""
    response = back()
    wanted = request.form.get("account", "")
    if isinstance(response, Response) and wanted in runtime.accounts:
        cookies.choose(response, cookies.ACCOUNT, wanted)
    return response
