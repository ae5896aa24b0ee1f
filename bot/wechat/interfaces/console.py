"""What an account's owner has set in WeChat's own console, which can be read and not written."""

from typing import Any

from bot.wechat.interfaces.caller import Caller


class Console(Caller):
    """The console's replies are off while a server is on; they can still be read."""

    def console_replies(self) -> dict[str, Any]:
        """Return `{"is_add_friend_reply_open", "is_autoreply_open", "add_friend_autoreply_info",
        "message_default_autoreply_info", "keyword_autoreply_info": {"list": […]}}`.
        """
        return self.call("GET", "/cgi-bin/get_current_autoreply_info")
