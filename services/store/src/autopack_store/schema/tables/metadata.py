"""What the tables have in common."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData

from autopack_store.schema.columns import NAME

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def attempt_columns(*, primary_key: bool = True) -> list[Column[str] | Column[int]]:
    """The columns that name an attempt."""
    return [
        Column("run_id", NAME, nullable=False, primary_key=primary_key),
        Column("phase", NAME, nullable=False, primary_key=primary_key),
        Column("attempt", Integer, nullable=False, primary_key=primary_key),
    ]


def reference_to(table: str, *more: str) -> ForeignKeyConstraint:
    """The reference to a row of ``table`` of the same attempt."""
    names = ("run_id", "phase", "attempt", *more)
    return ForeignKeyConstraint(names, [f"{table}.{name}" for name in names])
