"""Pages for a browser, written as a stream.

A page loads nothing from the network. Its Content-Security-Policy allows only its
own script and style, by their digests.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator

from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    TemplateNotFound,
)
from markupsafe import Markup

from cio_pipeline.console.formatting import duration, timestamp_text
from cio_pipeline.core.text import visible

_SHARED = "cio_pipeline.console.pages"


class Page:
    """A page's template, style and script.

    Args:
        package: the package whose ``templates`` folder has ``NAME.html`` and, if
            needed, ``NAME.css`` and ``NAME.js``. They are added to those of all pages.
        name: the page's name.
        is_live: whether its script may connect to the server that sent the page, and
            replace parts of the page with HTML from there.
    """

    def __init__(self, package: str, name: str, *, is_live: bool = False) -> None:
        self._environment = _environment(package)
        self._name = name
        self._style = self._joined("css")
        self._script = self._joined("js")
        self._policy = _policy(self._style, self._script, is_live=is_live)

    def render(self, **values: object) -> Iterator[str]:
        """Return the page, some lines at a time.

        It is a stream only if the template has no long text in a macro.

        Args:
            values: what the template needs.
        """
        pieces = self._environment.get_template(f"{self._name}.html").generate(
            **values,
            style=self._style,
            script=self._script,
            policy=self._policy,
        )
        return _complete_lines(pieces)

    def render_part(self, name: str, **values: object) -> str:
        """Return a part of the page that has a template of its own."""
        return self._environment.get_template(f"{name}.html").render(**values)

    def _joined(self, extension: str) -> Markup:
        """Return the shared file and the page's own file of one kind."""
        names = (f"base.{extension}", f"{self._name}.{extension}")
        return Markup("\n").join(map(self._asset, names))

    def _asset(self, name: str) -> Markup:
        """Read a file that is put into the page without escaping; it has no data."""
        assert self._environment.loader is not None  # noqa: S101  # see `_environment`
        try:
            source, _, _ = self._environment.loader.get_source(self._environment, name)
        except TemplateNotFound:
            return Markup()
        return Markup(source)  # noqa: S704  # our own file


def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_SHARED)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": visible,
        "timestamp_text": timestamp_text,
        "grouped": "{:,}".format,
        "duration": duration,
    }
    return environment


def _complete_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Join pieces until one ends a line."""
    line: list[str] = []
    for piece in pieces:
        line.append(piece)
        if piece.endswith("\n"):
            yield "".join(line)
            line.clear()
    yield "".join(line)


def _policy(style: str, script: str, *, is_live: bool) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            f"connect-src '{'self' if is_live else 'none'}'",
            "img-src data:",  # an empty icon, so that the browser does not request one
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types {'page-parts' if is_live else repr('none')}",
        ]
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
