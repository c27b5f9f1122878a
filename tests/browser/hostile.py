"""Hostile text for every place that shows text, and what may not be found there afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["dangers", "texts", "write_texts"]

_FILES = (("xss_payloads.jsonl", "payload"), ("markdown_exfil.jsonl", "markdown"))

# Elements that run, load or submit, handlers of events, and addresses that are code; also inside shadow roots.
_DANGERS = r"""
([selector, ours, links]) => {
  const found = [];
  const bad = 'script,iframe,object,embed,link,meta,base,form,audio,video,source,svg,img[src],frame,applet';
  const fetched = ['src', 'href', 'action', 'formaction', 'srcset', 'background', 'xlink:href', 'data', 'ping'];
  const hosts = /^(https?:)?\/\/(?!127\.0\.0\.1|localhost)/i;
  const look = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.shadowRoot) look(node.shadowRoot);
      const risky = [...node.attributes].filter(a => /^on/i.test(a.name)
        || (fetched.includes(a.name) && (hosts.test(a.value) || /^\s*(javascript|vbscript|data:text)/i.test(a.value)))
        || (a.name === 'style' && /url\(/i.test(a.value)));
      // JupyterLab makes links of the addresses in plain text; they say where they lead, and wait for a click.
      if (node.matches('.jp-RenderedText a[rel=noopener]') && /^(https?|data):/.test(node.href)) continue;
      // So does the Markdown that a notebook's author wrote.
      if (links && node.matches('a[rel="noopener noreferrer"]') && /^https?:/.test(node.href)) continue;
      if ((node.matches(bad) && !node.matches(ours)) || risky.length) found.push(node.outerHTML.slice(0, 200));
    }
  };
  for (const root of document.querySelectorAll(selector)) { if (root.shadowRoot) look(root.shadowRoot); look(root); }
  return found;
}
"""
# What JupyterLab, Panel and our own widgets draw with; none of it can come from a text.
_OURS = "svg[data-icon], svg[data-icon] *, form[role=search], .bk-icon, .jp-icon, img[src^='data:image/'],"
_OURS += " link[rel=stylesheet][href*='static/extensions/panel/']"


def texts(shared_data: Path) -> list[str]:
    """All texts of the lists."""
    found = []
    for name, key in _FILES:
        with (shared_data / "security" / name).open(encoding="utf-8") as lines:
            found += [str(json.loads(line)[key]) for line in lines]
    return found


def write_texts(shared_data: Path, target: Path) -> list[str]:
    """The texts, also as a JSON file for a kernel to read."""
    found = texts(shared_data)
    target.write_text(json.dumps(found))
    return found


def dangers(page: Page, selector: str, *, links: bool = False) -> list[str]:
    """Elements inside the selector that could run or fetch something: there must be none. `links` allows web links."""
    found: list[Any] = page.evaluate(_DANGERS, [selector, _OURS, links])
    assert page.locator(selector).count(), f"{selector} is not on the page"
    return [str(one) for one in found]
