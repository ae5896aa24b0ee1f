"""The menu at the foot of the chat (protocol, section 3)."""

from collections.abc import Mapping
from typing import Any, Final

from bot.errors import BadRequest
from bot.wechat.interfaces.caller import Caller, needed

NO_MENU: Final = 46003


class Menus(Caller):
    """Phones fetch the menu when what they have is over five minutes old."""

    def menu_create(self, menu: Mapping[str, Any]) -> None:
        """Replace the default menu by `{"button": […]}`; conditional ones stay.

        Three buttons, five below each; 1,000 times a day.  Raise `BadRequest` for a menu WeChat does not
        like.
        """
        self.call("POST", "/cgi-bin/menu/create", json=menu)

    def menu_get(self) -> dict[str, Any]:
        """Return `{"menu": …, "conditionalmenu": […]}` as made through the interface.

        `{}` where there is none.
        """
        try:
            return self.call("GET", "/cgi-bin/menu/get")
        except BadRequest as error:
            if error.code != NO_MENU:
                raise
            return {}

    def menu_delete(self) -> None:
        """Delete the default menu and all conditional ones. Deleting none is no error."""
        try:
            self.call("GET", "/cgi-bin/menu/delete")
        except BadRequest as error:
            if error.code != NO_MENU:
                raise

    def current_menu(self) -> dict[str, Any]:
        """Return the menu in force as `{"is_menu_open", "selfmenu_info"}`, also one made in the console."""
        return self.call("GET", "/cgi-bin/get_current_selfmenu_info")

    def menu_try_match(self, openid: str) -> dict[str, Any]:
        """Return the menu `openid` sees. Raise `BadRequest` when no conditional menu exists."""
        return self.call("POST", "/cgi-bin/menu/trymatch", json={"user_id": openid})

    def menu_add_conditional(self, menu: Mapping[str, Any]) -> str:
        """Add `{"button": […], "matchrule": {…}}` and return its menuid; a default menu must exist first."""
        return str(needed(self.call("POST", "/cgi-bin/menu/addconditional", json=menu), "menuid"))

    def menu_delete_conditional(self, menuid: str) -> None:
        """Delete one conditional menu."""
        self.call("POST", "/cgi-bin/menu/delconditional", json={"menuid": menuid})
