"""What the client raises. Each names the cause; what is held when one is raised stays held."""

from __future__ import annotations


class CrawlspoolError(Exception):
    """The base of all that this package raises by itself."""


class ConfigurationError(CrawlspoolError, ValueError):
    """An argument of the client, or a record, that could never work."""


class ArgumentError(ConfigurationError):
    """An argument `name` that is not what it has to be: `rule`."""

    def __init__(self, name: str, value: object, rule: str) -> None:
        shown = repr(value)
        super().__init__(f"{name} is {shown if len(shown) <= 200 else shown[:200] + '…'}; it is {rule}")
        self.name = name
        self.value = value
        self.rule = rule


class Full(CrawlspoolError):
    """There is no room for one more record, and the client was set not to wait for it (or waited in vain). The record
    was not taken."""


class Closed(CrawlspoolError):
    """The client was closed: it takes no more records."""


class Refused(CrawlspoolError):
    """A server ended the connection for something that no retry helps: `code` is PROTOCOL.md's. Records that are not
    settled stay where they are, in memory or in the buffer directory."""

    def __init__(self, server: str, code: str, detail: str) -> None:
        super().__init__(f"{server} refuses this client: {code}: {detail}")
        self.server = server
        self.code = code
        self.detail = detail


class Unsettled(CrawlspoolError):
    """The time to wait is over and `count` records are neither stored nor rejected yet."""

    def __init__(self, count: int, where: str) -> None:
        super().__init__(f"{count} records are not settled yet; {where}")
        self.count = count
