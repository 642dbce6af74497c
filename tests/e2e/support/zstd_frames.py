"""zstd frames as clients send them, and as none should: compressed by the system's libzstd, or put together by hand
from RFC 8878, so that a test can say what every byte of a frame is."""

import ctypes
import struct

import compressed

LEVEL, CONTENT_SIZE_FLAG, CHECKSUM_FLAG = 100, 200, 201  # zstd.h, ZSTD_cParameter
MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK_BYTES_MAX = 128 * 1024
RAW, RLE = 0, 1


def compress(data, *, level=3, content_size=True, checksum=True):
    """One frame."""
    zstd = compressed.library()
    zstd.ZSTD_createCCtx.restype = ctypes.c_void_p
    zstd.ZSTD_compress2.restype = zstd.ZSTD_compressBound.restype = ctypes.c_size_t
    context = ctypes.c_void_p(zstd.ZSTD_createCCtx())
    try:
        for parameter, value in ((LEVEL, level), (CONTENT_SIZE_FLAG, content_size), (CHECKSUM_FLAG, checksum)):
            zstd.ZSTD_CCtx_setParameter(context, parameter, int(value))
        room = zstd.ZSTD_compressBound(ctypes.c_size_t(len(data)))
        target = ctypes.create_string_buffer(room)
        length = zstd.ZSTD_compress2(context, target, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)))
        assert not zstd.ZSTD_isError(ctypes.c_size_t(length)), "libzstd does not compress"
        return target.raw[:length]
    finally:
        zstd.ZSTD_freeCCtx(context)


def frame_header(*, content_size=None, window_log=20, checksum=False, dictionary=None):
    """Without `content_size` the frame does not say how much it decompresses to."""
    descriptor = (3 << 6 if content_size is not None else 0) | checksum << 2 | (1 if dictionary is not None else 0)
    window = (window_log - 10) << 3
    head = MAGIC + bytes([descriptor, window])
    if dictionary is not None:
        head += bytes([dictionary])
    if content_size is not None:
        head += struct.pack("<Q", content_size)
    return head


def block(kind, size, content, *, last=False):
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + content


def raw(data, **header):
    """A frame that holds `data` as it is; up to one block of it."""
    return frame_header(**header) + block(RAW, len(data), data, last=True)


def bomb(byte, size, **header):
    """A frame of a few bytes for each 128 KiB of `size` times this byte."""
    whole, rest = divmod(size, BLOCK_BYTES_MAX)
    return frame_header(**header) + block(RLE, BLOCK_BYTES_MAX, byte) * whole + block(RLE, rest, byte, last=True)


def skippable(data=b""):
    return struct.pack("<II", 0x184D2A50, len(data)) + data
