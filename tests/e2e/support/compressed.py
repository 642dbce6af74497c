"""Compressed segments (.ndjson.zst), read with the system's libzstd: Python's standard library has no zstd of its own.
Each block must carry its size and checksum and end at a line's end, as FORMAT.md promises to other readers."""

import ctypes
import ctypes.util
import functools

CHECKSUM_FLAG = 0x04  # of the block header's descriptor, RFC 8878


@functools.cache
def library():
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    for name in ("ZSTD_findFrameCompressedSize", "ZSTD_decompress", "ZSTD_isError"):
        getattr(zstd, name).restype = ctypes.c_size_t
    zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    return zstd


def decompress_block(zstd, data):
    """(the block's content, its length in the file)."""
    length = zstd.ZSTD_findFrameCompressedSize(data, ctypes.c_size_t(len(data)))
    assert not zstd.ZSTD_isError(ctypes.c_size_t(length)), "not a whole zstd frame"
    size = zstd.ZSTD_getFrameContentSize(data, ctypes.c_size_t(length))
    assert size < 1 << 40, "a block that does not say its size"
    assert data[4] & CHECKSUM_FLAG, "a block without a checksum"
    content = ctypes.create_string_buffer(max(size, 1))
    got = zstd.ZSTD_decompress(content, ctypes.c_size_t(size), data, ctypes.c_size_t(length))
    assert got == size, "a block that does not decompress"
    return content.raw[:size], length


def decompress(data):
    contents = []
    while data:
        content, length = decompress_block(library(), data)
        assert content.endswith(b"\n"), "a block that does not end at a line's end"
        contents.append(content)
        data = data[length:]
    return b"".join(contents)
