"""A crawl without a page whose items go through a pipeline: scrapy_redis_crawl.py PIPELINE ITEMS NAME=VALUE…. Its stats, as
JSON."""

import json
import sys

import scrapy
import scrapy.crawler


class QuotesSpider(scrapy.Spider):
    name = "quotes"
    start_urls = ["data:text/plain,quotes"]

    def parse(self, response):
        for n in range(self.settings.getint("ITEMS")):
            yield {"n": n, "text": "„Größe“"}
        if self.settings.getbool("BAD_ITEM"):
            yield {"n": -1, "text": "\ud800"}


def main(pipeline, items, *settings):
    process = scrapy.crawler.CrawlerProcess({
        "ITEM_PIPELINES": {pipeline: 300}, "ITEMS": items, "LOG_LEVEL": "INFO", "TELNETCONSOLE_ENABLED": False,
        **dict(setting.split("=", 1) for setting in settings)})
    crawler = process.create_crawler(QuotesSpider)
    process.crawl(crawler)
    process.start()
    print(json.dumps({name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, (int, float, str))}))


main(*sys.argv[1:])
