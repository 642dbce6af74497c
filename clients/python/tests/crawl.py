"""A crawl of site_of_pages.py in a process of its own: crawl.py URL SERVER DELAY_SECONDS ITEMS_PER_PAGE [NAME=VALUE…].
Prints its stats and its largest memory as JSON when it is done."""

import gc
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import scrapy  # noqa: E402
import scrapy.crawler  # noqa: E402

from crawlspool.pages import page  # noqa: E402


class PageItem(scrapy.Item):
    n = scrapy.Field()
    page = scrapy.Field()


class PagesSpider(scrapy.Spider):
    name = "страницы of a site"

    def __init__(self, url, items_per_page, **kwargs):
        super().__init__(**kwargs)
        self.start_urls = [url]
        self.items_per_page = items_per_page

    def parse(self, response):
        if self.settings.getbool("CRAWL_COLLECTS"):
            if gc.get_freeze_count() == 0:
                gc.freeze()
            gc.collect()  # pages in cycles that wait for it are no part of what a test may ask about
        number = int(response.url.rsplit("/", 1)[-1])
        for n in range(self.items_per_page):
            yield PageItem(n=n, page=page(response)) if n % 2 else {"n": n, "page": page(response)}
        if number % 10 == 3 and self.settings.getbool("CRAWL_BAD_ITEMS"):
            yield {"n": -1, "half a surrogate pair": "\ud800"}
            yield {"n": -2, "bytes": response.body}
        yield from response.follow_all(css="a")


def process_class(settings):
    if "TWISTED_REACTOR_ENABLED=False" in settings:
        return scrapy.crawler.AsyncCrawlerProcess
    return scrapy.crawler.CrawlerProcess


def main(url, server, delay, items_per_page, *settings):
    process = process_class(settings)({
        "ITEM_PIPELINES": {"crawlspool.scrapy.CrawlSpoolPipeline": 800},
        "CRAWLSPOOL_SERVERS": server,
        "CRAWLSPOOL_CLIENT": "crawl-test",
        "DOWNLOAD_DELAY": float(delay),
        "RANDOMIZE_DOWNLOAD_DELAY": False,
        "LOG_LEVEL": "INFO",
        "TELNETCONSOLE_ENABLED": False,
        **dict(setting.split("=", 1) for setting in settings),
    })
    crawler = process.create_crawler(PagesSpider)
    process.crawl(crawler, url=url, items_per_page=int(items_per_page))
    process.start()
    stats = {key: value for key, value in crawler.stats.get_stats().items() if isinstance(value, (int, float, str))}
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    print(json.dumps({"stats": stats, "peak_kib": peak, "scrapy": scrapy.__version__}))


main(*sys.argv[1:])
