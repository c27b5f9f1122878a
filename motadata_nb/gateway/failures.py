"""What providers say when they refuse, in the words of `motadata_nb.errors`. No secret gets through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from time import time
from typing import Any

from motadata_nb.errors import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    CallTimeout,
    ContentRefused,
    ContextOverflow,
    GatewayError,
    ProviderUnavailable,
    RateLimited,
)
from motadata_nb.gateway.addresses import shown
from motadata_nb.gateway.vendors import key_names
from motadata_nb.telemetry.redaction import scrub

__all__ = [
    "NoSuchModel",
    "from_event",
    "from_litellm",
    "from_status",
    "not_a_model_server",
    "retry_after",
    "timed_out",
    "unreachable",
]


class NoSuchModel(BadRequest):
    """Raised when the server has no such model, or nothing at this address."""


_OVERFLOW = re.compile(
    r"context[_ ](length|window|size)|maximum context|prompt is too long|too many (input )?tokens|"
    r"input (is )?too long|exceeds? the (model'?s )?(maximum|limit)[^.]*tokens|reduce the length",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"content[_ ](filter|policy|management)|safety (system|settings)|flagged|blocked by", re.IGNORECASE
)
_MODERATED = re.compile(r"flagged|moderation|content[_ ](filter|policy)|policy violation", re.IGNORECASE)
_QUOTA = re.compile(r"insufficient[_ ]quota|exceeded your current quota|billing|credit balance", re.IGNORECASE)
_NO_KEY = re.compile(r"missing credentials|(missing|set|provide|pass)[^.]*api[_ ]key|no api[_ ]key", re.IGNORECASE)
_BLIND = re.compile(
    r"image_url is only supported|support (image|vision)|(image|vision)( input)?s? (is|are) not supported"
    r"|required for image|not a multimodal|at most 0 image|unknown variant `?image|content must be a string",
    re.IGNORECASE,
)
"""What servers say of a picture when the model takes none."""
_NO_MODEL = re.compile(r"model[^.]*(not found|does not exist|not exist|unknown)|model_not_found", re.IGNORECASE)


def from_status(
    status: int, body: str, headers: Mapping[str, str], *, model: str, secrets: Iterable[str] = ()
) -> GatewayError:
    """The error for an HTTP answer that is not 200."""
    message, code = _message(body)
    if 300 <= status < 400:
        return _moved(status, headers, model, secrets)
    return _build(status, scrub(message, secrets), code, model, retry_after(headers))


def _moved(status: int, headers: Mapping[str, str], model: str, secrets: Iterable[str]) -> BadRequest:
    """The error for a redirect: a key is not sent to where an answer points."""
    place = {str(k).lower(): str(v) for k, v in headers.items()}.get("location", "")
    to = f" and points to {scrub(shown(place), secrets)}" if place else ""
    return BadRequest(f"{model} answered {status}{to}.", "Give the address of the API itself as api_base=….")


def _build(status: int, said: str, code: str, model: str, wait: float | None) -> GatewayError:
    what = f"{model} answered {status}: {said}" if said else f"{model} answered {status}."
    text = f"{code} {said}"
    if status == 451 or (status == 403 and _MODERATED.search(text)):
        return ContentRefused(what, "Rephrase the request, or choose another model=….")
    if status in (401, 403):
        return AuthenticationFailed(what, _give_key(model))
    if status == 402 or (status == 429 and _QUOTA.search(text)):
        spent = RateLimited(what, "The account's quota is used up: add credit, or choose another model=….", wait)
        spent.retryable = False
        return spent
    if status == 429:
        when = f"in {wait:.0f} s" if wait else "in a minute"
        return RateLimited(what, f"Try again {when}, or set rpm under `limits`, so that calls queue instead.", wait)
    if status == 413 or (status in (400, 422) and _OVERFLOW.search(text)):
        return ContextOverflow(what, _FITS)
    if status in (400, 422) and _REFUSED.search(text):
        return ContentRefused(what, "Rephrase the request; the provider's policy refused it.")
    if status in (400, 404, 415, 422) and _BLIND.search(said):
        return BadRequest(
            what, "This model takes no images: choose one that sees with model=…, or leave the image out."
        )
    if status == 404 or _NO_MODEL.search(text):
        return NoSuchModel(what, "Check model=… and api_base=…; most servers want an address that ends in /v1.")
    if status in (408, 504):
        return CallTimeout(what, "Try again, or raise timeout_s=….")
    if status >= 500 or status in (409, 425):
        when = f"in {wait:.0f} s" if wait else "in a while"
        down = ProviderUnavailable(what, f"Try again {when}, or name a fallback under `models`.")
        down.retry_after_s = wait
        return down
    return BadRequest(what, "Check the messages and options of this call.")


def _give_key(model: str) -> str:
    names = key_names(model.partition("/")[0])
    own = names[0] if names else "the provider's own variable, such as OPENAI_API_KEY"
    return f"Check the key: set api_key=…, MOTADATA_API_KEY or {own}."


def from_event(error: Any, *, model: str, secrets: Iterable[str] = ()) -> GatewayError:
    """The error for an error object in the middle of a stream."""
    message, code = _message(json.dumps({"error": error}))
    number = error.get("code") if isinstance(error, dict) else None
    status = number if isinstance(number, int) else 429 if "rate" in code else 500
    return _build(status, scrub(message, secrets), code, model, None)


def from_litellm(error: Exception, *, model: str, secrets: Iterable[str] = (), base: str = "") -> GatewayError:
    """The error for anything that LiteLLM raises. Its classes are known by name, so that it is not imported."""
    names = {cls.__name__ for cls in type(error).__mro__}
    said = scrub(_litellm_text(error), secrets)
    if _NO_KEY.search(said):
        return AuthenticationFailed(f"{model}: {said}", _give_key(model))
    for name, (cls, hint) in _LITELLM.items():
        if name in names:
            return cls(f"{model}: {said}", hint)
    if said.lower() == "connection error.":
        return unreachable(base or "its address", "no connection", model=model, secrets=secrets)
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status != 200:
        return _build(status, said, "", model, retry_after(_litellm_headers(error)))
    return ProviderUnavailable(f"{model} failed: {said}", "Try again, or name a fallback under `models`.")


_FITS = "Shorten the messages, use fewer passages (k=…), or choose a model with more context."
_LITELLM: dict[str, tuple[type[GatewayError], str]] = {
    "ContextWindowExceededError": (ContextOverflow, _FITS),
    "ContentPolicyViolationError": (ContentRefused, "Rephrase the request; the provider's policy refused it."),
    "GuardrailRaisedException": (ContentRefused, "Rephrase the request; a guardrail refused it."),
    "GuardrailInterventionNormalStringError": (ContentRefused, "Rephrase the request; a guardrail refused it."),
    "ModifyResponseException": (ContentRefused, "Rephrase the request; a guardrail refused it."),
    "SensitiveDataRouteException": (
        ContentRefused,
        "Remove the sensitive data, or choose a model on your own machines.",
    ),
    "ModelNotMappedError": (BadRequest, "Check model=…: this release of LiteLLM does not know it."),
    "BlockedPiiEntityError": (ContentRefused, "Remove the personal data from the request."),
    "RejectedRequestError": (ContentRefused, "Rephrase the request; it was refused."),
    "JSONSchemaValidationError": (BadResponse, "Ask again, or simplify the schema."),
    "APIResponseValidationError": (BadResponse, "Ask again; the provider's answer could not be read."),
    "UnsupportedParamsError": (BadRequest, "Leave out the option that this model does not take."),
    "ImageFetchError": (BadRequest, "Check the image; give a file instead of an address."),
    "LiteLLMUnknownProvider": (BadRequest, "Check model=…: it starts with the provider, as in openai/gpt-5-mini."),
    "BudgetExceededError": (RateLimited, "LiteLLM's own budget is used up: raise litellm.max_budget."),
    "Timeout": (CallTimeout, "Try again, or raise timeout_s=…."),
    "APITimeoutError": (CallTimeout, "Try again, or raise timeout_s=…."),
    "APIConnectionError": (ProviderUnavailable, "Check api_base=… and the network, or name a fallback under `models`."),
}


def _litellm_headers(error: Exception) -> Mapping[str, str]:
    """The headers of the answer, which LiteLLM keeps in one place or another."""
    for found in (
        getattr(error, "litellm_response_headers", None), getattr(getattr(error, "response", None), "headers", None)
    ):  # fmt: skip
        if found and isinstance(found, Mapping):
            return found
    return {}


def _litellm_text(error: Exception) -> str:
    try:
        text = str(getattr(error, "message", "") or error)
    except AttributeError:  # Some of LiteLLM's classes cannot be shown without all of their fields.
        text = ""
    text = re.sub(r"^((litellm\.)?\w+(Error|Exception)?: )+", "", text.strip())
    text = re.sub(r"^\w+Exception - ", "", text)
    if re.fullmatch(r"Error code: \d+", text):
        text = _below(error) or text
    return " ".join(text.split("\n")[0].split())[:400] or type(error).__name__


def _below(error: BaseException | None) -> str:
    """What the server said, from the errors below: LiteLLM passes on only what has OpenAI's own form."""
    while error is not None:
        body = getattr(error, "body", None)
        if body:
            return _message(body if isinstance(body, str) else json.dumps(body, default=str))[0]
        error = error.__cause__ or error.__context__
    return ""


def unreachable(address: str, detail: str, *, model: str, secrets: Iterable[str] = ()) -> ProviderUnavailable:
    """The error when no connection can be made, or it breaks before an answer."""
    return ProviderUnavailable(
        f"{model} at {scrub(shown(address), secrets)}: {scrub(detail, secrets) or 'the connection broke'}.",
        "Is the server running? Check api_base=… and the network, or name a fallback under `models`.",
    )


def not_a_model_server(kind: str, start: str, *, model: str, secrets: Iterable[str] = ()) -> BadResponse:
    """The error when the answer is not the JSON that the protocol promises."""
    shown = scrub(" ".join(start.split())[:80], secrets)
    return BadResponse(
        f"{model} answered with {kind}: {shown!r}",
        "Check api_base=…; most servers want an address that ends in /v1.",
    )


def timed_out(model: str, seconds: float, *, partial: str = "") -> CallTimeout:
    """The error when the deadline has passed."""
    came = " A part of the answer came and is kept." if partial else ""
    return CallTimeout(
        f"{model} did not finish within {seconds:.3g} s.{came}",
        f"Raise timeout_s=… (%config Motadata.timeout_s = {max(1.0, seconds * 2):.0f}), or choose a faster model.",
        partial,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now that Retry-After asks for, as a number or a date; None without it."""
    lower = {str(k).lower(): str(v) for k, v in headers.items()}
    if "retry-after-ms" in lower:
        return _number(lower["retry-after-ms"], 1000.0)
    value = lower.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (TypeError, ValueError):
        return None


def _number(text: str, scale: float = 1.0) -> float | None:
    try:
        found = float(text) / scale
    except ValueError:
        return None
    return max(0.0, found) if isfinite(found) else None


def _message(body: str) -> tuple[str, str]:
    """The provider's sentence and its code, from the forms of OpenAI, Anthropic, Ollama, FastAPI and plain text."""
    try:
        found = json.loads(body)
    except ValueError:
        return " ".join(re.sub(r"<[^>]+>", " ", body).split())[:300], ""
    error = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(error, dict):
        message = error.get("message") or error.get("detail") or error.get("msg") or json.dumps(error)
        code = f"{error.get('code') or ''} {error.get('type') or ''}"
        return (message if isinstance(message, str) else json.dumps(message))[:400], code
    return str(error)[:400], ""
