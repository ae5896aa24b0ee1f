"""Every check, in the order of the report."""

from bot.doctor import codes, door, machine, messages, partitions, platform, replica, restored
from bot.doctor.findings import Check

CHECKS: tuple[Check, ...] = (
    machine.settings,
    machine.database,
    replica.replica,
    restored.restoration,
    partitions.partitions,
    machine.redis,
    door.signatures,
    door.public_address,
    platform.credentials,
    platform.clock,
    platform.rights,
    platform.console_menu,
    codes.renewals,
    messages.gateways,
)
