"""What is kept of a member, and what they may do about it: take it along, withdraw, change, erase."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.exceptions import NotFound

from bot.members import export
from h5 import membership
from h5.access import fans_only, members_only
from h5.days import said
from h5.forms import Form
from h5.visit import guest

pages = Blueprint("privacy", __name__, url_prefix="/me/privacy")

WORDS = "确认删除"
NOTES = {
    "phone": "新号码已经绑定好了。",
    "on": "消息已经打开，随时可以关闭。",
    "off": "消息已经关闭，我们不再给您发优惠。",
    "export": "好的，正在准备，一般几分钟。",
}


@pages.get("")
@fans_only
def show() -> str:
    """Show what is kept and what can be done."""
    card = membership.card()
    return render_template(
        "h5/privacy.html",
        card=card,
        kept=membership.kept(),
        export=membership.latest_export() if card else None,
        said=said,
        note=NOTES.get(request.args.get("done", ""), ""),
    )


@pages.post("/marketing")
@members_only
def marketing() -> Any:
    """Agree to messages about routes and offers, or no longer; sent twice, nothing more happens."""
    agreed = request.form.get("wanted") == "yes"
    membership.set_marketing(agreed=agreed)
    return redirect(url_for("h5.privacy.show", done="on" if agreed else "off"), 303)


@pages.post("/export")
@members_only
def ask_export() -> Any:
    """Have a file made of all that is kept; while one is being made no second is begun."""
    membership.ask_export()
    return redirect(url_for("h5.privacy.show", done="export"), 303)


@pages.get("/export")
@members_only
def download() -> Response:
    """Hand out the visitor's own file; 404 while there is none."""
    content = membership.export_content()
    if content is None:
        raise NotFound
    return send_file(BytesIO(content), "application/zip", as_attachment=True, download_name=export.NAME)


@pages.get("/unbind")
@members_only
def unbinding() -> str:
    """Say what unbinding this WeChat means, and ask."""
    return render_template("h5/unbind.html")


@pages.post("/unbind")
@fans_only
def unbind() -> Any:
    """Unbind the visitor's WeChat; sent twice, the second finds it unbound and says the same."""
    if guest.member_id is not None:
        membership.unbind()
    return redirect(url_for("h5.privacy.ended", how="unbound"), 303)


@pages.get("/withdraw")
@members_only
def withdrawing() -> str:
    """Say what withdrawing consent means, and ask."""
    return render_template("h5/withdraw.html")


@pages.post("/withdraw")
@fans_only
def withdraw() -> Any:
    """End the membership; sent twice, the second finds it ended and says the same."""
    if guest.member_id is not None:
        membership.withdraw_policy()
    return redirect(url_for("h5.privacy.ended", how="withdrawn"), 303)


@pages.get("/erase")
@members_only
def erasing() -> str:
    """Say what erasing takes away, and ask for the words."""
    return render_template("h5/erase.html", form=Form(), words=WORDS)


@pages.post("/erase")
@fans_only
def erase() -> Any:
    """Erase, if the words were typed; sent twice, the second finds nobody any more and says the same."""
    if guest.member_id is not None:
        form = Form()
        if form.text("typed", longest=20) != WORDS:
            form.wrong("typed", f"请输入「{WORDS}」")
            return make_response(render_template("h5/erase.html", form=form, words=WORDS), 422)
        membership.erase()
    return redirect(url_for("h5.privacy.ended", how="erased"), 303)


@pages.get("/ended")
@fans_only
def ended() -> str:
    """Say that it is done."""
    return render_template("h5/ended.html", how=request.args.get("how", ""))
