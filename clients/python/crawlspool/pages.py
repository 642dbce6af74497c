"""A page's body for a record. JSON holds text only: a body whose bytes decode by its charset goes as that text, any
other as base64, so that nothing of it is lost."""

from __future__ import annotations

import base64
from typing import Any, Dict, Optional

# What pages declare and what they hold: the larger set that browsers read them by.
_READ_AS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949",
            "big5": "big5hkscs", "ascii": "utf-8", "us-ascii": "utf-8"}


def body_members(body: bytes, charset: Optional[str] = None, *, raw: bool = False) -> Dict[str, Any]:
    """{"body": text, "charset": its name}, or {"body_base64": …} for what is no text in that charset (UTF-8 if none is
    given) and where `raw` asks for the bytes themselves."""
    if not raw:
        name = _READ_AS.get((charset or "utf-8").lower(), charset or "utf-8")
        try:
            text = body.decode(name)
            text.encode()  # half a surrogate pair is no Unicode text, and no JSON
            return {"body": text, "charset": name}
        except (LookupError, ValueError):
            pass
    return {"body_base64": base64.b64encode(body).decode()}


def page(response: Any, *, raw: bool = False) -> Dict[str, Any]:
    """A Scrapy response as a record: url, status, content_type, and its body as in body_members()."""
    content_type = response.headers.get("Content-Type", b"") or b""
    charset = getattr(response, "encoding", None)
    is_text = charset is not None
    return {"url": response.url, "status": response.status, "content_type": content_type.decode("latin-1"),
            **body_members(response.body, charset, raw=raw or not is_text)}
