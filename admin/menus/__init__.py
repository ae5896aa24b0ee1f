"""The menu under the conversation: the draft, publishing, versions, and who sees which."""

from admin.menus import acts, conditional, editing, preview, publishing, taking_over, versions
from admin.menus.blueprint import pages

__all__ = ["acts", "conditional", "editing", "pages", "preview", "publishing", "taking_over", "versions"]
