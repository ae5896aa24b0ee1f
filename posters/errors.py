"""What may be wrong, by whose move it is. Codes are constant words; texts for screens are made elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class PosterError(Exception):
    """Anything the posters refuse."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a template: where (`boxes[2].size`), what (`range`), and what it takes instead."""

    path: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.path or 'template'}: {self.code}" + (f" ({said})" if said else "")


class TemplateError(PosterError):
    """The designer's move: `problems` lists all that is wrong, not the first alone."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


class Unreadable(PosterError):
    """Nobody could scan this poster. `code` says why: no_code, too_long, too_small, not_found, says_else."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(str(Problem("code", code, facts)))
        self.code = code
        self.facts = facts


class BadPicture(PosterError):
    """The sender's move. `whose` is the picture's name.

    `code`: empty, too_large, too_many_pixels, not_a_picture, broken.
    """

    def __init__(self, code: str, whose: str = "") -> None:
        super().__init__(f"{whose or 'picture'}: {code}")
        self.code = code
        self.whose = whose
