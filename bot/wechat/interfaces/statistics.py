"""What WeChat counts by itself (protocol, section 10)."""

from datetime import date
from typing import Any

from bot.wechat.interfaces.caller import Caller


class Statistics(Caller):
    """Figures by Beijing day, each until yesterday; yesterday's are ready at eight in the morning."""

    def figures(self, name: str, first: date, last: date) -> list[dict[str, Any]]:
        """Return the rows of `/datacube/<name>` for the days from `first` to `last`.

        Each name has a longest span.  Raise `WeChatUnavailable` (61503) for days that are not counted yet and
        `BadRequest` (61501) for a span that is too long or of another time.  Protocol 10.
        """
        body = {"begin_date": first.isoformat(), "end_date": last.isoformat()}
        return list(self.call("POST", f"/datacube/{name}", json=body).get("list", ()))
