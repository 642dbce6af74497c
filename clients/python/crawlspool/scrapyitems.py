"""Scrapy's items as JSON: items of every kind, and in them what Scrapy's own exporters take."""

from __future__ import annotations

from typing import Any

from itemadapter import ItemAdapter
from scrapy.utils.serialize import ScrapyJSONEncoder

from .records import Encoder


class ItemEncoder(Encoder):
    default_name = "the setting CRAWLSPOOL_DEFAULT"
    _scrapys = ScrapyJSONEncoder()

    def item(self, item: Any) -> bytes:
        return self.value(ItemAdapter(item).asdict() if ItemAdapter.is_item(item) else item)

    def plain(self, value: Any) -> Any:
        try:
            return super().plain(value)
        except TypeError:
            return self._scrapys.default(value)
