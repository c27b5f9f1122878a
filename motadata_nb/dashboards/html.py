"""An output as HTML that is safe to show: cards as they are, other values by their own forms, text escaped."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Mapping
from typing import Any

from motadata_nb.dashboards.outputs import Bundle, Output
from motadata_nb.markdown import render_markdown

__all__ = ["bundle_of", "is_panel", "markdown_html", "output_html"]

_METHODS = {
    "image/png": "_repr_png_", "image/svg+xml": "_repr_svg_", "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_", "text/latex": "_repr_latex_",
}  # fmt: skip
_IMAGES = ("image/png", "image/jpeg")
_PRE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0;font-size:.9em"


def output_html(output: Output) -> str:
    """The HTML of one output."""
    if output.error is not None:
        what, hint = (html.escape(part) for part in output.error)
        return f'<div role="alert" class="mn-error"><b>{what}</b><br>{hint}</div>'
    if output.text:
        return f'<pre style="{_PRE}">{html.escape(_plain(output.text))}</pre>'
    return _value_html(output.value)


def _value_html(value: Any) -> str:
    plot = _plot_html(value)
    if plot:
        return plot
    bundle = bundle_of(value)
    name = getattr(value, "name", "") if isinstance(value, Bundle) else type(value).__name__
    for mime in _IMAGES:
        if mime in bundle:
            data = bundle[mime]
            return _image(mime, data if isinstance(data, str) else base64.b64encode(data).decode(), name)
    if "image/svg+xml" in bundle:
        return _image("image/svg+xml", base64.b64encode(str(bundle["image/svg+xml"]).encode()).decode(), name)
    if "text/html" in bundle:
        return _tidy(str(bundle["text/html"]))
    if "text/markdown" in bundle:
        return markdown_html(str(bundle["text/markdown"]))
    plain = bundle.get("text/latex") or bundle.get("text/plain", repr(value))
    return f'<pre style="{_PRE}">{html.escape(str(plain))}</pre>'


def _image(mime: str, data: str, name: str) -> str:
    return f'<img src="data:{mime};base64,{data.strip()}" alt="{html.escape(name)}">'


# What draws a picture of an interactive plot without a browser.
_DRAWN_BY = {"plotly": "kaleido", "altair": "vl-convert-python"}


def _plot_html(value: Any) -> str:
    """A picture of a plot that lives by a script, or what to type to have one; empty for all other values."""
    package = type(value).__module__.partition(".")[0]
    if package not in _DRAWN_BY or not hasattr(value, "to_dict"):
        return ""
    out = io.StringIO()
    try:
        drawn = value.to_image(format="svg") if package == "plotly" else value.save(out, format="svg")
    except Exception:
        # Each of them fails in its own way when the other package, or a browser that it wants, is not there.
        need = _DRAWN_BY[package]
        return f'<p role="note">This {package} plot is drawn in the app. A picture of it: pip install {need}</p>'
    svg = out.getvalue().encode() or drawn
    return _image("image/svg+xml", base64.b64encode(svg).decode(), f"{package} plot")


def _tidy(text: str) -> str:
    """HTML of other packages' values: no script, no event handler, nothing that is fetched."""
    import nh3

    if "<script" not in text and re.search(r"<(style|details|table|div|span|b|p)\b", text) is None:
        return html.escape(text)
    tags = nh3.ALLOWED_TAGS | {"details", "summary", "mark", "meter", "table", "caption", "colgroup", "col"}
    everywhere = {"class", "style", "title", "dir", "lang"}
    own = {"meter": {"min", "max", "value"}, "details": {"open"}, "th": {"scope", "colspan", "rowspan"},
           "td": {"colspan", "rowspan"}, "a": {"href"}, "img": {"src", "alt"}}  # fmt: skip
    return nh3.clean(
        text, tags=tags, attributes={**{tag: everywhere | own.get(tag, set()) for tag in tags}},
        url_schemes={"http", "https", "data"}, attribute_filter=_only_data,
        filter_style_properties=_STYLES, clean_content_tags={"script", "style"},
    )  # fmt: skip


_STYLES = {
    "text-align", "padding", "margin", "border", "border-bottom", "border-left", "border-radius", "max-width", "width",
    "vertical-align", "border-collapse", "font-size", "font-weight", "opacity", "color", "background", "line-height",
    "white-space", "overflow-wrap", "cursor", "display",
}  # fmt: skip


def _only_data(tag: str, name: str, value: str) -> str | None:
    """Images only as data; no address in a style."""
    if tag == "img" and name == "src" and not value.startswith("data:image/"):
        return None
    return None if name == "style" and "url(" in value.lower() else value


def markdown_html(text: str, pictures: Mapping[str, str] | None = None, *, authored: bool = False) -> str:
    """Markdown with links, without scripts and remote images; an author's cell with its pictures and harmless HTML."""
    links = frozenset(re.findall(r"\]\((https?://[^\s)]+)", text))
    if authored:
        links |= frozenset(re.findall(r"<(https?://[^\s>]+)>", text))
    return render_markdown(text, links, pictures, authored=authored)


def bundle_of(value: Any) -> dict[str, Any]:
    """Forms of a value by mime type, as a notebook would keep them."""
    if isinstance(value, dict):
        return {"text/plain": repr(value)}
    made = getattr(value, "_repr_mimebundle_", None)
    if callable(made) and not isinstance(value, type):
        found = made()
        data = found[0] if isinstance(found, tuple) else found
        if data:
            return dict(data)
    bundle = {}
    for mime, name in _METHODS.items():
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            data = method()
            if data is not None:
                bundle[mime] = data
    return {**bundle, "text/plain": value if isinstance(value, str) else repr(value)}


def is_panel(value: Any) -> bool:
    """Whether Panel shows the value itself better: its own objects and plots."""
    package = type(value).__module__.partition(".")[0]
    return package in ("panel", "bokeh", "holoviews", "hvplot", "plotly", "altair", "pydeck")


def _plain(text: str) -> str:
    """Without colours, and of each line what a terminal would show in the end: a progress bar writes over itself."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return re.sub(r"[^\n]*\r(?=[^\r\n])", "", text)
