"""Temporary media and pictures inside articles (protocol §8.1)."""

from simulator.api.gate import Answer, Call, Calls, Raw
from simulator.return_codes import Refused
from simulator.world import media
from simulator.world.accounts import Account

calls = Calls()
ARTICLE_PICTURE = 1024 * 1024


@calls.upload("/cgi-bin/media/upload", "temporary media", bare=True)
def upload(call: Call) -> Answer:
    """Keep a file for three days."""
    media.forget_expired(call.account, call.now, call.settings.media_seconds)
    kind = call.query.get("type") or call.request.form.get("type", "")
    kept = keep(call, kind, permanent=False)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: kept.media_id, "created_at": kept.created}


@calls.get("/cgi-bin/media/get", "temporary media")
def download(call: Call) -> Answer:
    """The file; for a video the address where it lies."""
    if not call.query.get("media_id"):
        raise Refused(41006)
    found = media.usable(call.account, call.query["media_id"], call.now, call.settings.media_seconds)
    if found.type == "video":
        return {"video_url": f"{call.platform.base_url}/mmbiz/{found.blob}"}
    return raw(call, found)


@calls.get("/cgi-bin/media/get/jssdk", "temporary media")
def download_recording(call: Call) -> Answer:
    """The recording that a web page made."""
    found = media.usable(
        call.account, call.query.get("media_id"), call.now, call.settings.media_seconds, "voice"
    )
    return raw(call, found)


@calls.upload("/cgi-bin/media/uploadimg", "temporary media", bare=True)
def upload_article_picture(call: Call) -> Answer:
    """Keep a picture for use inside articles; it counts in no limit."""
    upload = call.upload()
    if media.picture_type(upload.content) not in ("image/png", "image/jpeg"):
        raise Refused(40005)
    if len(upload.content) > ARTICLE_PICTURE:
        raise Refused(40009)
    kept = keep(call, "image", permanent=True)
    del call.account.media[kept.media_id]
    call.account.media[f"article-{kept.blob}"] = kept
    return {"url": f"{call.platform.base_url}/mmbiz/{kept.blob}"}


@calls.get("/mmbiz/<blob>", None)
def show(call: Call) -> Answer:
    """Any picture or sound by the address that stands in messages."""
    name = call.request.path.rpartition("/")[2]
    for account in call.platform.state.accounts.values():
        for each in account.media.values():
            if each.blob == name:
                return raw(call, each)
    return Raw(b"", "text/html", status=404)


def keep(call: Call, kind: str, *, permanent: bool) -> media.Media:
    """Check and keep the uploaded file."""
    upload = call.upload()
    content_type = media.check(kind, upload.content, upload.filename)
    blob = call.platform.blobs.put(upload.content)
    kept = media.Media(
        media.new_id(),
        kind,
        permanent,
        int(call.now),
        content_type,
        blob,
        len(upload.content),
        filename=upload.filename,
        url=f"{call.platform.base_url}/mmbiz/{blob}" if permanent and kind in ("image", "thumb") else "",
    )
    call.account.media[kept.media_id] = kept
    return kept


def raw(call: Call, found: media.Media) -> Raw:
    """The bytes of a file as an answer."""
    content = call.platform.blobs.get(found.blob)
    if content is None:
        raise Refused(40007)
    name = found.filename or f"{found.media_id}.{found.content_type.rpartition('/')[2]}"
    safe = "".join(each for each in name if each.isascii() and (each.isalnum() or each in "._-"))
    return Raw(content, found.content_type, headers={"Content-Disposition": f'attachment; filename="{safe}"'})


def find(account: Account, media_id: object) -> media.Media:
    """A permanent file of the account; raise 40007 if there is none."""
    found = account.media.get(str(media_id))
    if found is None or not found.permanent:
        raise Refused(40007)
    return found
