"""Every check, in the order of the report."""

from bot.doctor import door, machine, platform
from bot.doctor.findings import Check

CHECKS: tuple[Check, ...] = (
    machine.settings,
    machine.database,
    machine.redis,
    door.signatures,
    door.public_address,
    platform.credentials,
    platform.clock,
    platform.rights,
    platform.console_menu,
)
