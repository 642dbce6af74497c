"""Texts that RFC 8259 allows, and texts it does not, each sent as one record."""

VALID = [
    b"null", b"true", b"false", b'"x"', b"0", b"-0", b"7", b"-7",
    b"0.5", b"-0.5", b"0.0", b"1.5e3", b"1.5E3", b"1e0", b"1e+10", b"1E-10", b"0e0", b"0e+00", b"-0.0e-0",
    b"18446744073709551615", b"18446744073709551616", b"-9223372036854775808", b"-9223372036854775809",
    b"1e308", b"1e309", b"1e400", b"-1e400", b"1e-400", b"1e99999", b"0." + b"0" * 500 + b"1", b"9" * 1000,
    b"-" + b"1" * 400 + b".5e-12", b"[1e400,{\"n\":123456789012345678901234567890}]",
    b"[]", b"[ ]", b"{}", b"{ }", b"[[]]", b"[{}]", b'{"a":{}}', b"[1,2,3]", b"[null,true,false]",
    b" 1", b"1 ", b"\t1\t", b"\n1\n", b"\r\n[\r\n1\r\n]\r\n", b" \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n1 \t\r\n} \t\r\n",
    b'""', b'" "', b'"\\u0000"', b'"\\""', b'"\\\\"', b'"\\/"', b'"/"', b'"\\b\\f\\n\\r\\t"', b'"\\\\u0041"',
    b'"\\u00e9"', b'"\\u00E9"', b'"\\uABCD\\uabcd"', b'"\\ud83d\\ude00"', b'"\\uD834\\uDD1E"',
    b'"\\uFFFF\\uFFFE\\uFDD0"', b'"\\u2028\\u2029"', b'"\\udbff\\udfff"',
    '"é"'.encode(), '"\u2028\u2029"'.encode(), '"😀"'.encode(), '"\U0010ffff"'.encode(), '"\u007f"'.encode(),
    '"\u0080\u009f"'.encode(), '"\ufeff"'.encode(), '"\uffff"'.encode(), '"\u0800\ud7ff\ue000"'.encode("utf-8",
    "strict"),
    b'{"":0}', b'{"a":1,"a":2}', b'{"a":1,"b":[2,{"c":null}]}', b'{"\\u0061":1,"a":2}', b'{"\\u0000":1}',
    b"[" * 200 + b"]" * 200, b'{"a":' * 200 + b"0" + b"}" * 200,
    b'["' + b"[" * 1000 + b'"]', b'"' + b"a" * 100_000 + b'"', b"[" + b"1," * 9999 + b"1]",
    b'"\\"\\\\\\""', b'"\\\\\\\\"', b'["\\\\","\\\\"]', b'"// no /* comment */"',
]

INVALID = [
    # structure
    b"", b" ", b"\n", b"[", b"]", b"{", b"}", b"[1", b"[1,", b"[1,]", b"[,1]", b"[,]", b"[1,,2]", b"[1 2]", b"[1;2]",
    b"1]", b"[1]]", b"[[1]", b"[1}", b"{]", b'{"a":1', b'{"a":', b'{"a"', b'{"a":}', b'{"a":1,}', b'{,"a":1}',
    b'{"a":1,,"b":2}', b'{"a" 1}', b'{"a"::1}', b'{:1}', b'{"a",1}', b'{"a":1:2}', b'{"a":1 "b":2}', b'{1:1}',
    b"{a:1}", b"{'a':1}", b'{null:1}', b'{[]:1}', b'{"a":1}}', b'["a":1]', b",", b":", b"()", b"<null>", b"*",
    # what follows the value, what stands before it
    b"1 2", b"{}{}", b"[][]", b"1,", b"null x", b"{} #", b'"a""b"', b"true false", b"[1]\n[2]", b"1\x00", b"\x001",
    b"{}\x00{}", b"[1]\x1a",
    # comments and other dialects
    b"// c\n1", b"1 // c", b"/* c */1", b"[1/* c */]", b"#1", b"[1,2,...]", b"undefined", b"NaN", b"[NaN]", b"Infinity",
    b"-Infinity", b"[-NaN]", b"nan", b"inf", b"0x1F", b"[0x0]", b"0b1", b"0o7", b"1_000", b"1n", b"1f", b"$", b"@",
    # literals
    b"nul", b"nulll", b"nullx", b"tru", b"truee", b"fals", b"True", b"FALSE", b"None", b"NULL", b"n", b"t", b"f",
    b"[truefalse]", b"\\u006eull",
    # numbers
    b"01", b"-01", b"00", b"-00", b"+1", b"++1", b"--1", b"- 1", b"-", b"+", b".", b".5", b"-.5", b"1.", b"-1.",
    b"1.e1",
    b"[1.]", b"1e", b"1E", b"1e+", b"1e-", b"1e1.5", b"1.5.5", b"1ee1", b"1e+-1", b"1 .5", b"1. 5", b"0.e1", b"0e",
    b"1a",
    b"1-1", b"1+1", b"[1e]", b"[-]", b"[- 1]", b"[.1]", b"9" * 400 + b".", b"01" + b"1" * 400, b"1e400x", b"1e400e1",
    b"012345678901234567890123", b"-012345678901234567890123", b"[1e400,]", b"[1e999 1]", "１".encode(), "1٠".encode(),
    # strings
    b'"', b'"a', b'a"', b"'a'", b"`a`", b'"\\"', b'"\\', b'"\\x41"', b'"\\a"', b'"\\0"', b'"\\\'"', b'"\\ "', b'"\\u"',
    b'"\\u1"', b'"\\u12"', b'"\\u123"', b'"\\u123g"', b'"\\U0041"', b'"\\u 041"', b'"\\u+041"', b'"\\u-041"',
    b'"\\u{41}"',
    b'"\t"', b'"\n"', b'"\r"', b'"\x00"', b'"\x01"', b'"\x1f"', b'"a\x0bb"', b'{"a\n":1}', b'{"\x00":1}', b'["\x08"]',
    b'"\\\n"', b'"\\\x00"', '"\\é"'.encode(),
    # half a surrogate pair
    b'"\\ud800"', b'"\\udbff"', b'"\\udc00"', b'"\\udfff"', b'"\\ud800x"', b'"\\ud800\\n"', b'"\\ud800\\u0041"',
    b'"\\ud800\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00\\ud83d"', b'"\\uD800\\"', b'{"\\ud800":1}',
    b'["\\uDEAD"]',
    b'[1e400,"\\ud800"]',
    # UTF-8
    b'"\x80"', b'"\xbf"', b'"\xc0\x80"', b'"\xc0\xaf"', b'"\xc1\xbf"', b'"\xc2"', b'"\xc3("', b'"\xe0\x80\x80"',
    b'"\xe0\x9f\xbf"', b'"\xe2\x82"', b'"\xe2(\xa1"', b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"', b'"\xf0\x80\x80\x80"',
    b'"\xf0\x9f\x98"', b'"\xf4\x90\x80\x80"', b'"\xf5\x80\x80\x80"', b'"\xfe"', b'"\xff"', b'"\xf8\x88\x80\x80\x80"',
    b'{"\xff":1}', b"\xff", b"[\xe5]", b"1\xe5", b"[1e400,\"\xff\"]", b"\xe2\x82\xac",
    # byte order marks, other encodings, other white space
    b"\xef\xbb\xbf1", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf", b"1\xef\xbb\xbf", b"\xff\xfe1\x00", b"\xfe\xff\x001",
    b"[\x00]", b"1\x00\x00\x00", b"\xc2\xa01", b"[\xe2\x80\xa81]", b"[1\x0c]", b"\x0b1", b"1\x0c", b"[\x1a]",
    "[\u2060]".encode(), "\u200b1".encode(),
    # depth
    b"[" * 201 + b"]" * 201, b'{"a":' * 201 + b"0" + b"}" * 201, b"[" * 100_000, b'[{"":' * 50_000, b"]" * 1000,
    b"[" * 150 + b"]" * 149,
]
