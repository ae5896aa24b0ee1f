"""Alembic's entry: works on the engine that `bot.schema` hands over."""

from alembic import context

from bot.tables import METADATA

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        # Two processes that migrate at once queue up: SQLite begins IMMEDIATE (bot.db), PostgreSQL locks below.
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8000)")
        context.run_migrations()
    connection.commit()
