"""A web site on loopback to crawl: /page/N for N from 0, each with links to the next ones, some in GBK."""

import http.server
import threading

GBK_TEXT = "网页数据"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = int(self.path.rsplit("/", 1)[-1])
        with self.server.lock:
            self.server.served.append((self.server.clock(), number))
        links = "".join(f'<a href="/page/{n}">{n}</a>' for n in range(number * 3 + 1, number * 3 + 4)
                        if n < self.server.pages)
        gbk = number % 5 == 0
        title = f"{GBK_TEXT if gbk else 'page'} {number}"
        text = f"<html><body><h1>{title}</h1>{links}{'x' * self.server.page_bytes}</body></html>"
        body = text.encode("gbk" if gbk else "utf-8")
        self.send_response(200)
        self.send_header("Content-Type", f"text/html; charset={'gbk' if gbk else 'utf-8'}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, pages, clock, page_bytes=200):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = pages
        self.page_bytes = page_bytes
        self.clock = clock
        self.lock = threading.Lock()
        self.served = []  # (time, page)
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)

    @property
    def url(self):
        return "http://127.0.0.1:{}/page/0".format(self.server_address[1])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
