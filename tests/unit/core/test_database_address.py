"""Addresses of databases and the ends of queries."""

from __future__ import annotations

import pytest

from cio_pipeline.core.database_address import parse_database_address, query_text
from cio_pipeline.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "kind", "shown", "secrets"),
    [
        (
            "postgresql://ada:p%40ss-word@db.example:5433/shop?sslmode=require",
            "postgresql",
            "postgresql://db.example:5433/shop",
            ("p%40ss-word", "p@ss-word"),
        ),
        ("postgres://ada@db/shop", "postgresql", "postgres://db/shop", ()),
        (
            "postgresql:///shop?user=ada&password=hidden&host=/tmp",
            "postgresql",
            "postgresql:///shop",
            ("hidden",),
        ),
        ("sqlite:users.db", "sqlite", "sqlite:users.db", ()),
        ("sqlite:///data/users.db", "sqlite", "sqlite:/data/users.db", ()),
        (
            "snowflake://ada:secret@account/db/schema?warehouse=w&token=abc",
            "snowflake",
            "snowflake://account/db/schema",
            ("secret", "secret", "abc"),
        ),
        ("grpc+tls://u:pw@host:443", "flightsql", "grpc+tls://host:443", ("pw", "pw")),
    ],
)
def test_an_address_is_shown_without_its_secrets(
    text: str, kind: str, shown: str, secrets: tuple[str, ...]
) -> None:
    """What a message shows can be sent to a colleague."""
    address = parse_database_address(text)

    assert (address.kind, address.shown, address.secrets) == (kind, shown, secrets)
    assert all(secret not in repr(address) for secret in secrets)


def test_a_driver_gets_the_user_apart_from_the_address() -> None:
    """Flight SQL's driver takes no user in its address."""
    address = parse_database_address("grpc://ad%40a:p%3Aw@host:443")

    assert (address.address, address.user, address.password) == (
        "grpc://host:443",
        "ad@a",
        "p:w",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("secret", "it is not an address, such as postgresql://"),
        ("host=db password=secret", "it is not an address"),
        ("mysql://u:secret@db/x", "no kind of database 'mysql'; the known ones are"),
        ("postgressql://u:secret@db/x", "did you mean 'postgresql'?"),
        ("postgresql:secret", "expected '//' after 'postgresql:'"),
        ("postgresql://u:secr@et@db/x", "special characters"),
        ("postgresql://u:sec/ret@db/x", "special characters"),
        ("postgresql://u:sec#ret@db/x", "special characters"),
        ("postgresql://u:sec?ret@db/x", "special characters"),
        ("postgresql://u:secret/x", "special characters"),
        ("postgresql://u:[secret@db/x", "special characters"),
        ("sqlite:", "the file is missing"),
    ],
)
def test_a_wrong_address_is_not_in_the_message(text: str, problem: str) -> None:
    """It probably has a password in it."""
    with pytest.raises(UsageError, match="-database") as caught:
        parse_database_address(text)

    assert problem in str(caught.value).replace("\\", "")
    assert "secr" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1; ;\n", "SELECT 1"),
        ("SELECT 1; -- the end", "SELECT 1"),
        ("SELECT 1 -- it's the end\n/* really */\n", "SELECT 1"),
        ("-- it's ours\nSELECT 1;", "-- it's ours\nSELECT 1"),
        ("SELECT ';' -- x", "SELECT ';'"),
        ("SELECT '; -- x'", "SELECT '; -- x'"),
        ("SELECT 'it''s; --'", "SELECT 'it''s; --'"),
        ('SELECT 1 AS ";--"', 'SELECT 1 AS ";--"'),
        ("SELECT $$;--$$", "SELECT $$;--$$"),
        ("SELECT $a$;--$$;--$a$;", "SELECT $a$;--$$;--$a$"),
        (" -- nothing\n;", ""),
        ("", ""),
    ],
)
def test_only_the_end_of_a_query_is_left_out(text: str, query: str) -> None:
    """PostgreSQL's driver writes more after the query."""
    assert query_text(text) == query
