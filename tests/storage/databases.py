"""Databases of a test's own on a PostgreSQL server."""

import contextlib
import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, Connection, make_url, text

from tests.postgresql import Server


class Databases:
    """Makes databases on ``server`` and drops them. Their names are random, so that test runs may share a server."""

    def __init__(self, server: Server, connection: psycopg.Connection) -> None:
        self._url = make_url(server.url).set(drivername="postgresql+psycopg")
        self._connection = connection
        # Copying the files is the quicker way where nothing has to reach the disk.
        self._strategy = sql.SQL("STRATEGY file_copy" if server.throwaway else "")

    @classmethod
    @contextlib.contextmanager
    def on(cls, server: Server) -> Iterator["Databases"]:
        """The databases of ``server``."""
        maintenance = full_address(make_url(server.url).set(drivername="postgresql"))
        with psycopg.connect(maintenance, autocommit=True) as connection:
            yield cls(server, connection)

    @property
    def version(self) -> str:
        """The server's version: ``18.4``."""
        return self._connection.info.parameter_status("server_version") or "of an unknown version"

    @contextlib.contextmanager
    def made(self, template: str = "template0", *, encoding: str = "UTF8") -> Iterator[URL]:
        """The address of a database that is there inside the block: a copy of ``template``."""
        name = f"autopack_test_{secrets.token_hex(8)}"
        # Only the locale C goes with any encoding.
        locale = "" if encoding == "UTF8" else "LOCALE 'C' LOCALE_PROVIDER libc"
        self._connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING {} {} {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Literal(encoding), sql.SQL(locale), self._strategy
            )
        )
        try:
            yield self._url.set(database=name)
        finally:
            # FORCE: a test that failed may have left connections.
            self._connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def asking_for_passwords(self, role: str) -> Iterator[None]:
        """The server asks ``role`` for its password inside the block. One of the tests' own trusts everybody."""
        file, content = self._connection.execute(
            "SELECT current_setting('hba_file'), pg_read_file(current_setting('hba_file'))"
        ).fetchone() or ("", "")
        asking = f'local all "{role}" scram-sha-256\nhost all "{role}" all scram-sha-256\n'
        self._write(file, asking + content)
        try:
            yield
        finally:
            self._write(file, content)

    def _write(self, file: str, content: str) -> None:
        # Line by line: a line break would be written as two characters.
        lines = [line for line in content.splitlines() if line and not line.startswith("#")]
        values = sql.SQL(", ").join(sql.SQL("({})").format(sql.Literal(line)) for line in lines)
        self._connection.execute(sql.SQL("COPY (VALUES {}) TO {}").format(values, sql.Literal(file)))
        self._connection.execute("SELECT pg_reload_conf()")


def full_address(url: URL) -> str:
    """``url`` as it is given to a program, with its password."""
    return url.render_as_string(hide_password=False)


def drop_trigger(connection: Connection, table: str, refuses: str = "update") -> None:
    """Let rows of ``table`` be changed from outside of the store, as by someone who owns the database: drop the trigger
    that ``refuses`` it.
    """
    where = "" if connection.dialect.name == "sqlite" else f" ON {table}"
    connection.execute(text(f"DROP TRIGGER {table}_refuses_{refuses}{where}"))


on_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
"""For a test of what only SQLite has."""

on_postgresql = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
"""For a test of what only PostgreSQL has."""
