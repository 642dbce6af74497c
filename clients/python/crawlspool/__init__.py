"""The Python client of crawlspool: records that are sent are on the crawl server's disk, or still here.

    with crawlspool.Client("tcp://crawl-server:8940", stream="quotes") as client:
        client.send({"url": "https://example.com/", "status": 200})

crawlspool.aio.Client is the same for asyncio, crawlspool.scrapy.CrawlSpoolPipeline for Scrapy."""

from .client import Client
from .errors import Closed, ConfigurationError, CrawlspoolError, Full, Refused, Unsettled
from .options import Reject
from .session import Counters

__version__ = "0.1.0"
__all__ = ["Client", "Closed", "ConfigurationError", "Counters", "CrawlspoolError", "Full", "Refused", "Reject",
           "Unsettled", "__version__"]
