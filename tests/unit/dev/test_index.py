"""How the settings of pip become those of uv."""

from dev.env.index import translated

CONFIGURATION = """\
:env:.index-url='https://index.example/simple'
global.index-url='https://other.example/simple'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.find-links='/wheels /more'
global.timeout='60'
install.trusted-host='one.example two.example'
freeze.index-url='https://unused.example/simple'
"""


def test_uv_looks_where_pip_looks() -> None:
    """Each place becomes a variable of uv in uv's way of writing lists, and what uv does not have is left out."""
    found = translated(CONFIGURATION)

    assert "https://one.example/simple https://two.example/simple" == found["UV_INDEX"]
    assert "/wheels,/more" == found["UV_FIND_LINKS"]
    assert "one.example two.example" == found["UV_INSECURE_HOST"]
    assert {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_INSECURE_HOST"} == found.keys()


def test_a_variable_is_stronger_than_a_file() -> None:
    """An environment variable of pip decides over its files, in whatever order pip lists them."""
    assert "https://index.example/simple" == translated(CONFIGURATION)["UV_DEFAULT_INDEX"]


def test_no_configuration_is_the_public_index() -> None:
    """A machine whose pip has no settings leaves uv to its own default."""
    assert {} == translated("")
