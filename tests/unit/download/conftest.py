"""A real HTTP server on this machine whose answers a test prescribes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from supcore.download import Retry, obtain_checkpoint

QUICK = Retry(attempts=3, backoff=0.01)


@dataclass
class Page:
    """What one address serves."""

    content: bytes
    kind: str = "application/octet-stream"
    etag: str | None = None
    ranges: bool = True
    length: bool = True  # whether the answers say how long they are
    failures: list[int] = field(default_factory=list)  # status codes of the first answers
    cut_after: list[int] = field(default_factory=list)  # the next answers break off after so many bytes
    hold: threading.Event | None = None  # a broken-off answer is not closed before this event


@dataclass
class Server:
    """The pages, and the requests seen as (path, headers)."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def serve(self, path: str, content: bytes, **settings) -> str:
        self.pages[path] = Page(content, **settings)
        return self.address + path


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seen = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            seen.requests.append((self.path, dict(self.headers)))
            page = seen.pages.get(self.path)
            if page is None or page.failures:
                self._answer(page.failures.pop(0) if page else 404, b"no", {"Content-Type": "text/plain"})
                return
            self._send(page)

        def _send(self, page: Page):
            headers = {"Content-Type": page.kind} | ({"ETag": page.etag} if page.etag else {})
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            wanted = self.headers.get("If-Range") in (None, page.etag)
            if not (start and page.ranges and wanted):
                self._answer(200, page.content, headers, page)
            elif start >= len(page.content):
                self._answer(416, b"", headers | {"Content-Range": f"bytes */{len(page.content)}"})
            else:
                span = f"bytes {start}-{len(page.content) - 1}/{len(page.content)}"
                self._answer(206, page.content[start:], headers | {"Content-Range": span}, page)

        def _answer(self, status: int, body: bytes, headers: dict[str, str], page: Page | None = None):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if page and not page.length:
                self.send_header("Connection", "close")
                self.close_connection = True
            else:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if page and page.cut_after:
                body = body[: page.cut_after.pop(0)]
                self.close_connection = True
            self.wfile.write(body)
            if page and page.hold and self.close_connection:
                self.wfile.flush()
                page.hold.wait(20)

        def log_message(self, *arguments):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    seen.address = f"http://127.0.0.1:{running.server_port}"
    yield seen
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def retry() -> Retry:
    return QUICK


@pytest.fixture
def downloads(tmp_path):
    """An empty folder of downloads."""
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


@pytest.fixture
def obtain(tmp_path, downloads, retry):
    """Obtains a checkpoint under a name of one's choice; returns its path."""

    def run(wanted, name="one", **settings):
        return obtain_checkpoint(wanted, tmp_path / name, downloads=downloads, retry=retry, **settings)

    return run
