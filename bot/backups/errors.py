from bot.errors import YizhanError


class BackupError(YizhanError):
    """The operator's move: nothing was changed. The message says what is in the way and what helps."""


class NotABackup(BackupError):
    """The file is no backup of ours, or not a whole one."""


class NotForUs(BackupError):
    """The backup is whole, but of another database, a newer release, or other keys."""


class InUse(BackupError):
    """Somebody works on the database, or it holds something."""
