"""Secrets out of everything that is shown, logged, recorded or raised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["HIDDEN", "scrub", "scrub_value"]

HIDDEN = "(hidden)"

# Each kind of key has a shape of its own; the last two catch what is labelled as a secret.
_SHAPES = re.compile(
    r"""
    \bsk-[A-Za-z0-9_\-]{8,}[A-Za-z0-9*]* | \bsk-[A-Za-z0-9_\-]*\*{3,}[A-Za-z0-9]*
    | \bAIza[0-9A-Za-z_\-]{20,} | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \bglpat-[A-Za-z0-9_\-]{16,} | \bhf_[A-Za-z0-9]{20,} | \bgsk_[A-Za-z0-9]{20,} | \br8_[A-Za-z0-9]{20,}
    | \bxox[abprs]-[A-Za-z0-9\-]{10,} | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b | \bxai-[A-Za-z0-9]{20,} | \bnvapi-[\w\-]{20,}
    | \beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?-----END[ ][A-Z ]*PRIVATE[ ]KEY-----
    """,
    re.VERBOSE | re.DOTALL,
)
_LABELLED = re.compile(
    r"""(?ix)
    ( \b(?:bearer|basic)\s+
    | (?:api[-_]?key|apikey|access[-_]?token|secret|password|passwd|authorization)["']?\s*[:=]\s*["']? )
    (?!\(hidden\)) (?!bearer\b|basic\b) ([^\s"'&,;}{)]{6,})
    """
)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.\-]*://[^\s/:@]+:)([^\s/@]+)(@)", re.IGNORECASE)
_SECRET_NAMES = re.compile(r"(?i)^(?:.*[-_])?(?:api[-_]?key|authorization|token|secret|password|cookie)$")


# What servers without keys are given: words that are no secret and stand in many a text.
_NO_KEYS = frozenset(
    """
    anything changeme dummy empty fake key llama local lm-studio no-key none not-needed not-required null ollama
    placeholder test vllm your-key
    """.split()
)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with `secrets`, and all that looks like one, replaced by "(hidden)".

    >>> scrub("Incorrect API key provided: sk-abcdefghijkl", ())
    'Incorrect API key provided: (hidden)'
    """
    for secret in sorted({s for s in secrets if len(s) >= 4 and s.lower() not in _NO_KEYS}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _SHAPES.sub(HIDDEN, text)
    text = _LABELLED.sub(lambda m: m.group(1) + HIDDEN, text)
    return _USERINFO.sub(lambda m: m.group(1) + HIDDEN + m.group(3), text)


def scrub_value(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A JSON value with each string scrubbed, and the values of fields that are named like secrets hidden."""
    known = tuple(secrets)
    if isinstance(value, str):
        return scrub(value, known)
    if isinstance(value, Mapping):
        return {
            k: HIDDEN if isinstance(v, str) and v and _SECRET_NAMES.match(str(k)) else scrub_value(v, known)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrub_value(v, known) for v in value]
    return value
