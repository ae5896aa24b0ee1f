import pytest

from bot.accounts.register import enrol
from tests import make
from tests.support.members import Travellers


@pytest.fixture
def travellers(db):
    """Fans of the head office's account, on each kind of database."""
    with db.transaction() as session:
        ids = enrol(session, [make.account("head"), make.account("branch")])
    made = Travellers(db, ids["head"])
    made.branch_id = ids["branch"]
    return made
