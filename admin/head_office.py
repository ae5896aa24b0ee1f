"""Pages about the whole group, which no narrower scope has a part in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from werkzeug.exceptions import Forbidden

from admin.office import visitor


def head_office_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Open the route only to those who see the whole group, besides what `allowed` asks for."""

    @wraps(view)
    def guarded(*arguments: Any, **named: Any) -> Any:
        if not visitor.scope.everything:
            raise Forbidden
        return view(*arguments, **named)

    return guarded
