"""What channels brought: figures, charts, the fans behind each number, and exports."""

from admin.channel_figures import digests, exporting, overview, people
from admin.channel_figures.blueprint import pages

__all__ = ["digests", "exporting", "overview", "pages", "people"]
