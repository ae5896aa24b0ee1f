"""Whether codes that end are being renewed."""

from collections.abc import Iterator

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import tickets
from bot.channels.models import Channel
from bot.doctor.findings import Finding, wrong
from bot.runtime import Runtime
from bot.told import told


def renewals(runtime: Runtime) -> Iterator[Finding]:
    """Name the accounts at which WeChat refuses to renew codes in use, with the first to end, and why."""
    for account in runtime.accounts.values():
        refused = tickets.not_renewed([account.id])
        try:
            with runtime.db.reading() as session:
                count = session.scalar(refused.with_only_columns(func.count(Channel.id))) or 0
                first = session.scalars(refused.order_by(Channel.expires_at).limit(1)).first()
        except SQLAlchemyError:
            return  # `machine.database` says so
        if first is not None:
            yield wrong(
                told("%(account)s: temporary codes", account=account.name),
                told(
                    "WeChat refuses to renew %(n)s; the first is %(name)s: %(why)s",
                    n=count,
                    name=f"{first.name} ({first.scene})",
                    why=first.trouble,
                ),
                told("put right what WeChat names, then ask again on the code's page"),
            )
