"""A second database for reading: a replica, and what may be asked of it.

Why so: docs/decisions/0045-a-replica-for-reports.md.

Whoever asks goes through `Surveys`, which knows whether the replica is there
and near enough, and asks the primary where it is not.  `Database` knows the
primary alone: nothing that writes, decides or shows somebody what they have just
changed can come to the replica by mistake.
"""

from bot.replica.surveys import Surveys

__all__ = ["Surveys"]
