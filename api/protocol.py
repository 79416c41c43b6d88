"""HTTP/1.1 on one connection: uvicorn's over httptools, which reads heads of any length; here they have a bound."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MOST = 64 << 10
"""Bytes that the address and the headers of a request may have together: whoever has no account sends them, too."""


class BoundedHeads(HttpToolsProtocol):
    """The server's side of a connection."""

    _head = 0  # bytes of the head under way; those that came with the end of a body count, so it is never less

    def data_received(self, data: bytes) -> None:
        """Read what arrived; a head without end ends the connection."""
        self._head += len(data)
        super().data_received(data)
        if self._head > HEAD_MOST and not self.transport.is_closing():
            self.logger.warning("A request's head is longer than %d bytes.", HEAD_MOST)
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        super().on_headers_complete()
        self._head = 0

    def on_body(self, body: bytes) -> None:
        """A piece of the body: no part of a head."""
        super().on_body(body)
        self._head = 0
