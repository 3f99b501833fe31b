"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
TABLES = ("stays", "rooms", "patients", "receipts", "outbox", "quarantine", "skews", "tokens", "idempotency")


def upgrade() -> None:
    """Make every table."""
    _identity()
    _readings()
    _access()


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.drop_table(table)


def _identity() -> None:
    """Who lies where."""
    op.create_table(
        "patients",
        sa.Column("mrn", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_ms", sa.BigInteger(), nullable=True),
        sa.Column("therapy_start_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("mrn"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rooms",
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("last_event_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_reading_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_clock_ms", sa.BigInteger(), nullable=True),
        sa.Column("moves", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("room"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("mrn", sa.String(length=32), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mrn"], ["patients.mrn"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["room"], ["rooms.room"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("stays_mrn", "stays", ["mrn", "from_ms"], unique=True)
    op.create_index("stays_open_mrn", "stays", ["mrn"], unique=True, sqlite_where=sa.text("to_ms IS NULL"))
    op.create_index("stays_open_room", "stays", ["room"], unique=True, sqlite_where=sa.text("to_ms IS NULL"))
    op.create_index("stays_room", "stays", ["room", "from_ms"], unique=True)


def _readings() -> None:
    """What was accepted, and what InfluxDB has yet to get."""
    op.create_table(
        "receipts",
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("mrn", sa.String(length=32), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("name_mac", sa.LargeBinary(), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sent_ms", "room", "mrn"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "receipts_corrected", "receipts", ["room", "mrn", "time_ms"], sqlite_where=sa.text("time_ms != sent_ms")
    )
    op.create_index("receipts_received", "receipts", ["received_ms"])
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("enqueued_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("quarantined_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "skews",
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("measured_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
        sqlite_with_rowid=False,
    )


def _access() -> None:
    """Who may call, and what was answered."""
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("rooms", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("idempotency_created", "idempotency", ["created_ms"])
