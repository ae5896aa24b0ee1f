import pytest

from bot.app import pages
from bot.runtime import open_runtime
from tests import make


@pytest.fixture
def rules(empty_sqlite):
    """Every address of ours."""
    runtime = open_runtime(make.config(empty_sqlite))
    yield {rule.rule for rule in pages(runtime).url_map.iter_rules()}
    runtime.close()
