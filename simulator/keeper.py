"""The platform's housekeeper: does the jobs that are due, and saves the state when it changed."""

import logging
import threading
import time

from simulator.jobs import JOBS
from simulator.platform import Platform
from simulator.state import StateFile, used_blobs
from simulator.world import codes, media

log = logging.getLogger(__name__)
TICK = 0.05
SAVE_EVERY = 1.0
TIDY_EVERY = 60.0


class Keeper:
    """One thread beside the server."""

    def __init__(self, platform: Platform, file: StateFile | None = None) -> None:
        self._platform = platform
        self._file = file
        self._saved = platform.revision
        self._next_save = 0.0
        self._next_tidy = time.monotonic() + TIDY_EVERY
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and save what changed."""
        self._stop.set()
        self._thread.join()
        self.save()

    def save(self) -> None:
        """Write the state if it changed since the last time."""
        platform = self._platform
        if self._file is None or platform.revision == self._saved:
            return
        began = time.monotonic()
        with platform.lock:
            revision, text = platform.revision, platform.saved_text()
        self._file.save(text)
        self._saved = revision
        # A large state is saved less often, so that saving never takes more than a tenth of the time.
        spent = time.monotonic() - began
        self._next_save = time.monotonic() + max(SAVE_EVERY - spent, 9 * spent)

    def _run(self) -> None:
        while not self._stop.wait(TICK):
            try:
                self._do_jobs()
                self._tidy()
                if time.monotonic() >= self._next_save:
                    self.save()
            except Exception:
                log.exception("the housekeeper stumbled and goes on")

    def _tidy(self) -> None:
        """Forget what expired, now and then: temporary media, codes, bytes nobody points to."""
        if time.monotonic() < self._next_tidy:
            return
        self._next_tidy = time.monotonic() + TIDY_EVERY
        platform = self._platform
        with platform.lock:
            now = platform.now()
            for account in platform.state.accounts.values():
                media.forget_expired(account, now, platform.settings.media_seconds)
                codes.forget_expired(account, now)
            platform.blobs.keep_only(used_blobs(platform.state))

    def _do_jobs(self) -> None:
        platform = self._platform
        with platform.lock:
            now = platform.now()
            due = [each for each in platform.state.jobs if each.due <= now]
            if not due:
                return
            platform.state.jobs = [each for each in platform.state.jobs if each.due > now]
            for job in sorted(due, key=lambda each: each.due):
                account = platform.state.accounts.get(job.account)
                if account is not None:
                    JOBS[job.kind](platform, account, job.facts)
            platform.touch()
