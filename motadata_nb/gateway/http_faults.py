"""What goes wrong between here and a server, in the words of `motadata_nb.errors`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from motadata_nb.errors import GatewayError, InvalidInput, MotadataError, ProviderUnavailable
from motadata_nb.gateway.addresses import shown
from motadata_nb.gateway.base import ChatRequest
from motadata_nb.gateway.failures import unreachable
from motadata_nb.telemetry.redaction import scrub

if TYPE_CHECKING:
    from motadata_nb.gateway.openai_stream import Reader

__all__ = ["Mapped"]


class Mapped:
    """An async context that turns what aiohttp raises into errors of this package."""

    def __init__(self, request: ChatRequest, base: str, reader: Reader | None = None) -> None:
        self._request = request
        self._base = base
        self._reader = reader

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, MotadataError):
            mapped = self._map(error)
            if mapped is not None:
                raise mapped from None

    def _map(self, error: Exception) -> Exception | None:
        import aiohttp

        if isinstance(error, aiohttp.InvalidURL):
            return _no_address(self._base) if self._about_base(error) else _no_proxy()
        own_deadline = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError)
        if isinstance(error, aiohttp.ClientError | OSError) and not own_deadline:
            return self._failed(error)
        if isinstance(error, UnicodeError):  # A name that cannot be looked up.
            return _no_address(self._base)
        return _no_header() if isinstance(error, ValueError | TypeError) else None

    def _about_base(self, error: Exception) -> bool:
        return str(getattr(error, "url", "")).partition("?")[0].startswith(shown(self._base)[:20])

    def _failed(self, error: Exception) -> GatewayError:
        import aiohttp

        if self._reader is not None and self._reader.text:
            return self._reader.broken(_detail(error))
        request = self._request
        if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
            return _proxy_fails(request.shown)
        if isinstance(error, aiohttp.ClientSSLError):
            return self._untrusted(_detail(error))
        if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
            detail = scrub(_detail(error), request.secrets)
            return ProviderUnavailable(
                f"{request.shown} at {shown(self._base)} sent an answer that cannot be read: {detail}.",
                "Ask again. If it stays so, check api_base=…, and what stands between here and the server.",
            )
        return unreachable(self._base, _detail(error), model=request.shown, secrets=request.secrets)

    def _untrusted(self, detail: str) -> ProviderUnavailable:
        found = ProviderUnavailable(
            f"{self._request.shown} at {shown(self._base)}: no secure connection: {detail}.",
            "Is it an https address? For a certificate of your own: SSL_CERT_FILE=/path/to/ca.pem, and restart.",
        )
        found.retryable = False
        return found


def _detail(error: Exception) -> str:
    """What the library says in one line, without its own decoration."""
    import aiohttp

    if isinstance(error, aiohttp.ServerTimeoutError):
        return "no connection in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.strerror or "the host cannot be found"
    text = str(getattr(error, "message", "") or error) or type(error).__name__
    if "not completed" in text or isinstance(error, ConnectionResetError):
        return "the connection ended in the middle"
    return " ".join(text.split())[:200].rstrip(". ")


def _no_address(base: str) -> InvalidInput:
    return InvalidInput(f"api_base is not an address: {shown(base)!r}", "Try: api_base='http://localhost:8000/v1'")


def _no_header() -> InvalidInput:
    return InvalidInput(
        "The key or a header has a character that cannot be sent, such as a line break.",
        "Check api_key=… and extra_headers=….",
    )


def _proxies() -> str:
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    found = [name for name in names if os.environ.get(name)]
    return " and ".join(found) or "the environment"


def _no_proxy() -> InvalidInput:
    return InvalidInput(
        f"The proxy in {_proxies()} is not an address.", "Try: HTTPS_PROXY=http://proxy.example.com:3128, or unset it."
    )


def _proxy_fails(model: str) -> ProviderUnavailable:
    return ProviderUnavailable(
        f"{model}: the proxy in {_proxies()} cannot be reached, or it refused.",
        "Check the proxy; NO_PROXY=host goes around it.",
    )
