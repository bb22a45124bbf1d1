"""The words and pictures of a released notice, without its page: known elements, nothing else.

A notice is ours and holds no script. It is still rebuilt here from a list of what it may hold,
so that a notice which was tampered with shows text and never acts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

__all__ = ["notice_fragment", "with_short_notice"]

_TEXT = {
    *("section", "h2", "h3", "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "b"),
    *("strong", "em", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td"),
}
_PICTURE = {"svg", "title", "desc", "g", "path", "circle", "text"}
_ATTRIBUTES = {
    *("id", "class", "role", "aria-labelledby", "aria-label", "aria-hidden", "scope"),
    *("viewBox", "d", "stroke", "stroke-width", "stroke-dasharray", "fill", "transform"),
    *("cx", "cy", "r", "x", "y"),
}
_EMPTY = {"path", "circle"}
_SILENT = {"script", "style", "template", "noscript", "iframe", "object", "math", "foreignobject"}
_CASED = {name.lower(): name for name in _ATTRIBUTES}


_SHORT_NOTICE = re.compile(
    r'<div class="banner tell" role="note"><p><strong>Short notice\.</strong>[^<]*</p></div>\s*'
)


def with_short_notice(html: str, words: str, after: str = "") -> str:
    """Put why a notice came late in the place of the plain banner that it may hold.

    Parameters
    ----------
    html
        A notice, or its fragment.
    words
        Why; empty where it is not late by the day that it was published.
    after
        Text behind which the banner goes where the notice holds none; empty for the beginning.
    """
    if not words:
        return html
    banner = (
        '<div class="banner tell" role="note"><p><strong>Short notice.</strong> '
        f"{escape(words, quote=False)}</p></div>\n"
    )
    without = _SHORT_NOTICE.sub("", html, count=1)
    at = without.find(after) + len(after) if after in without else 0
    return without[:at] + banner + without[at:]


@lru_cache(maxsize=128)
def notice_fragment(page: str) -> str:
    """Give the content of a notice's ``main`` element as HTML that only shows.

    Elements that are not known are left out, their text kept; scripts and styles go with their
    content. Links are not known: a notice has none.
    """
    rebuild = _Rebuild()
    rebuild.feed(page)
    rebuild.close()
    return "".join([*rebuild.parts, *(f"</{name}>" for name in reversed(rebuild.opened))])


class _Rebuild(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.opened: list[str] = []
        self._is_in_main = False
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "main":
            self._is_in_main = True
            return
        if tag in _SILENT:
            self._silent.append(tag)
        if not self._is_shown() or tag not in _TEXT | _PICTURE:
            return
        kept = "".join(
            f' {_CASED[name]}="{escape(value or "", quote=True)}"'
            for name, value in attrs
            if name in _CASED
        )
        if tag in _EMPTY:
            self.parts.append(f"<{tag}{kept}/>")
            return
        self.parts.append(f"<{tag}{kept}>")
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._is_in_main = False
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
            return
        if not self._is_shown() or tag not in self.opened:
            return
        while self.opened:
            last = self.opened.pop()
            self.parts.append(f"</{last}>")
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._is_shown():
            self.parts.append(escape(data, quote=False))

    def _is_shown(self) -> bool:
        return self._is_in_main and not self._silent
