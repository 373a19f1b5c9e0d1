import Testing

struct FormatFunctionsTests {
    // The expected texts are those of Go's fmt.Sprintf.
    @Test(arguments: [
        ("test", "[]", "test"), ("test-%04d", "[2]", "test-0002"),
        ("%4s|%-4s|", #"["te", "te"]"#, "  te|te  |"),
        ("%d%%", "[5]", "5%"), ("%x %X %#x", "[255, 255, 255]", "ff FF 0xff"),
        ("%+d % d", "[5, 5]", "+5  5"),
        ("%o %b %c %U", "[8, 5, 65, 233]", "10 101 A U+00E9"),
        ("%5.1f|%-7.2f|", "[3.14159, 2.5]", "  3.1|2.50   |"),
        ("%f", "[1.5]", "1.500000"), ("%.0f %.0f %.0f", "[0.5, 1.5, 2.5]", "0 2 2"),
        ("%08.3f", "[-3.14159]", "-003.142"),
        ("%e %E", "[123456.789, 0.00012]", "1.234568e+05 1.200000E-04"),
        ("%g %g", "[100000.0, 1000000.0]", "100000 1e+06"),
        ("%.3g %.3g", "[1234.5678, 0.00001234]", "1.23e+03 1.23e-05"),
        ("%v %v %v", #"["a", 1.5, true]"#, "a 1.5 true"),
        ("%v", "[1000000.0]", "1e+06"), ("%v", "[nil]", "<nil>"), ("%s", "[nil]", "%!s(<nil>)"),
        ("%d", #"["hi"]"#, "%!d(string=hi)"), ("%s", "[5]", "%!s(int64=5)"),
        ("%t", "[true]", "true"),
        ("%d", "[1.5]", "%!d(float64=1.5)"), ("%d %d", "[1]", "1 %!d(MISSING)"),
        ("a", "[1]", "a%!(EXTRA int64=1)"),
        ("%", "[]", "%!(NOVERB)"), ("%!", "[1]", "%!!(int64=1)"), ("%x", #"["hi"]"#, "6869"),
        ("%.2s", #"["äöü"]"#, "äö"),
        ("%v", #"[attributes["bytes"]]"#, "[171 1]"), ("%x", #"[attributes["bytes"]]"#, "ab01"),
        ("%s", #"[Duration("90s")]"#, "1m30s"), ("%v", #"[Duration("1500us")]"#, "1.5ms"),
        ("%v", "[start_time]", "2023-11-14 22:13:20 +0000 UTC"),
        ("%s", "[span_id]", "0102030405060708"),
        ("%5t|%q", #"[true, "a"]"#, #" true|\"a\""#), ("%.10f", "[0.1]", "0.1000000000"),
        ("%.20f", "[0.1]", "0.10000000000000000555"),
        ("%g", "[0.1]", "0.1"), ("%g %.3g %v %G", "[0.0, 0.0, 0.0, 1.0e-7]", "0 0 0 1E-07"),
        ("%.0e", "[15.0]", "2e+01"), ("%6.2f%%", "[99.999]", "100.00%"),
        ("%03d|%-3d|", "[-5, 5]", "-05|5  |"),
        ("%+.1e", "[0.0]", "+0.0e+00"),
        ("%s %s", #"[attributes["map"], [1]]"#, #"{\"a\":1,\"b\":{\"c\":\"deep\"}} [1]"#),
    ])
    func `values are formatted as Go does`(_ format: String, values: String, expected: String)
        throws
    {
        try Equality(#"Format("\#(format)", \#(values))"#, "\"\(expected)\"").check()
    }

    @Test func `sizes are limited`() {
        expectRefusal(#"Format("%99999999999999999999d", [1])"#, "more than 1000")
        expectRefusal(#"Format("%.1001f", [1.5])"#, "more than 1000")
        expectRefusal(#"Format("%*d", [1, 2])"#, "not in this build")
        expectRefusal("Format(name, [1])", "literal")
    }
}
