"""What a database's catalogue says: every part of the schema by its name, with its definition, so that two databases of
the same kind can be compared to the last trigger.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from autopack_store.schema.revision import VERSION_TABLE


def column_names(connection: Connection) -> frozenset[str]:
    """The columns of all tables, as ``table.column``: one query, quick enough for every start."""
    query = _SQLITE_NAMES if connection.dialect.name == "sqlite" else _POSTGRESQL_NAMES
    return frozenset(connection.scalars(text(query)))


def take_snapshot(connection: Connection) -> Mapping[str, str]:
    """The definition of every part of the current schema: ``trigger run_refuses_delete`` and what it does.

    Columns, keys, indexes, triggers and functions; neither the table of revisions nor anybody's rights.
    """
    parts = _sqlite_parts(connection) if connection.dialect.name == "sqlite" else _postgresql_parts(connection)
    return {name: " ".join(definition.split()) for name, definition in parts if VERSION_TABLE not in name}


def differences(found: Mapping[str, str], expected: Mapping[str, str]) -> tuple[str, ...]:
    """What differs, a sentence each, in the order of the names."""
    said = []
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            said.append(f"{name}: missing; expected {_short(expected[name])}")
        elif name not in expected:
            said.append(f"{name}: not of the store ({_short(found[name])})")
        elif found[name] != expected[name]:
            said.append(f"{name}: {_short(found[name])}; expected {_short(expected[name])}")
    return tuple(said)


def _short(definition: str) -> str:
    return definition if len(definition) <= _SHOWN else f"{definition[:_SHOWN]}..."


_SHOWN = 200

_SQLITE_NAMES = """
SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_xinfo(t.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~'
"""

# SQLite keeps a table's definition as it was typed; what it means is told by these.
_SQLITE_PARTS = (
    """
    SELECT 'table ' || name, CASE wr WHEN 1 THEN 'without rowid' ELSE 'with rowid' END
    FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
    """,
    """
    SELECT 'column ' || t.name || '.' || c.name,
        c.type || CASE c."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END || COALESCE(' DEFAULT ' || c.dflt_value, '')
        || CASE c.pk WHEN 0 THEN '' ELSE ' key part ' || c.pk END
    FROM sqlite_master t, pragma_table_xinfo(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~'
    """,
    """
    SELECT 'foreign key of ' || name || '(' || group_concat(own) || ')', other || '(' || group_concat(theirs) || ')'
    FROM (
        SELECT t.name AS name, f.id AS id, f."from" AS own, f."to" AS theirs,
            f.on_update || ' ' || f.on_delete || ' ' || f."table" AS other
        FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY t.name, f.id, f.seq
    ) GROUP BY name, id
    """,
    """
    SELECT 'index ' || i.name, t.name || CASE i."unique" WHEN 1 THEN ' unique' ELSE '' END
        || COALESCE(' ' || (SELECT sql FROM sqlite_master WHERE type = 'index' AND name = i.name), '')
    FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table'
    """,
    "SELECT type || ' ' || name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')",
)

_POSTGRESQL_NAMES = """
SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p')
    AND a.attnum > 0 AND NOT a.attisdropped
"""

# Pretty-printed definitions leave out the schema's name when the search path leads there.
_POSTGRESQL_PARTS = (
    """
    SELECT 'table ' || relname, relkind::text FROM pg_class
    WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
    """,
    """
    SELECT 'column ' || c.relname || '.' || a.attname,
        format_type(a.atttypid, a.atttypmod) || COALESCE(' COLLATE ' || o.collname, '')
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid, true), '')
        || CASE WHEN a.attidentity = '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation o ON o.oid = a.attcollation
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p')
        AND a.attnum > 0 AND NOT a.attisdropped
    """,
    """
    SELECT 'constraint ' || conname, conrelid::regclass::text || ' ' || pg_get_constraintdef(oid, true)
        || CASE WHEN convalidated THEN '' ELSE ' (never checked)' END
    FROM pg_constraint
    WHERE connamespace = quote_ident(current_schema())::regnamespace AND contype IN ('p', 'f', 'u', 'c', 'x')
    """,
    """
    SELECT 'index ' || c.relname, pg_get_indexdef(i.indexrelid, 0, true)
        || CASE WHEN i.indisvalid THEN '' ELSE ' (half-built)' END
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
    """,
    """
    SELECT 'trigger ' || t.tgname, pg_get_triggerdef(t.oid, true)
        || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' (disabled)' END
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND NOT t.tgisinternal
    """,
    """
    SELECT 'function ' || p.proname, l.lanname || ' ' || p.prosrc
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = quote_ident(current_schema())::regnamespace AND p.proname LIKE 'autopack%'
    """,
)


def _sqlite_parts(connection: Connection) -> Iterator[tuple[str, str]]:
    for query in _SQLITE_PARTS:
        for name, definition in connection.exec_driver_sql(query):
            yield str(name), str(definition)


def _postgresql_parts(connection: Connection) -> Iterator[tuple[str, str]]:
    for query in _POSTGRESQL_PARTS:
        for name, definition in connection.execute(text(query)):
            yield str(name), str(definition)
