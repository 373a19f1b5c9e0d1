import Testing

struct NetworkFunctionsTests {
    @Test(arguments: [
        Equality(#"IsInCIDR("192.168.1.7", ["192.168.0.0/16"])"#, "true"),
        Equality(#"IsInCIDR("11.0.0.1", ["192.168.0.0/16", "10.0.0.0/7"])"#, "true"),
        Equality(#"IsInCIDR("12.0.0.1", ["10.0.0.0/7"])"#, "false"),
        Equality(#"IsInCIDR("x", ["0.0.0.0/0"])"#, "false"),
        Equality(#"IsInCIDR("2001:db8::1", ["2001:db8::/32"])"#, "true"),
        Equality(#"IsInCIDR("2001:db9::1", ["2001:db8::/32"])"#, "false"),
        Equality(#"IsInCIDR("::ffff:10.1.2.3", ["10.0.0.0/8"])"#, "true"),
        Equality(#"IsInCIDR("1.2.3.4", ["::/0"])"#, "false"),
        Equality(#"IsInCIDR("01.2.3.4", ["0.0.0.0/0"])"#, "false"),
        Equality(#"IsInCIDR("1:2:3:4:5:6:7", ["::/0"])"#, "false"),
        Equality(#"IsInCIDR("10.0.0.1", [Concat(["10.0.0", ".0/8"], "")])"#, "true"),
        Equality(#"IsInCIDR("::", ["::/128"])"#, "true"),
    ])
    func `addresses in networks`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality(
            #"URL("http://www.example.com")"#,
            #"{"url.original": "http://www.example.com", "url.scheme": "http", "url.domain": "www.example.com", "url.path": ""}"#
        ),
        Equality(#"URL("https://[::1]:8080/a%20b")["url.domain"]"#, #""::1""#),
        Equality(#"URL("https://[::1]:8080/a%20b")["url.path"]"#, #""/a b""#),
        Equality(#"URL("/only/path")["url.scheme"]"#, #""""#),
        Equality(#"URL("mailto:a@b.c")["url.path"]"#, #""""#),
    ])
    func `URLs are taken apart`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        ("original", #""http://name:secret@www.example.com:80/foo.gif?a=b&c#part""#),
        ("scheme", #""http""#), ("domain", #""www.example.com""#), ("port", "80"),
        ("path", #""/foo.gif""#), ("extension", #""gif""#), ("query", #""a=b&c""#),
        ("fragment", #""part""#), ("user_info", #""name:secret""#), ("username", #""name""#),
        ("password", #""secret""#),
    ])
    func `a URL has many parts`(_ part: String, expected: String) throws {
        let url = #"URL("http://name:secret@www.example.com:80/foo.gif?a=b&c#part")"#

        try Equality(#"\#(url)["url.\#(part)"]"#, expected).check()
    }

    @Test func `what is no URL or network fails`() {
        for text in ["", "http://a b/", "http://h:x/", ":a", "/%zz", "http://[::1/"] {
            expectFailure(#"URL("\#(text)")"#)
        }
        expectRefusal(#"IsInCIDR("1.2.3.4", ["10.0.0.0"])"#, "is no network")
        expectRefusal(#"IsInCIDR("1.2.3.4", ["10.0.0.0/33"])"#, "is no network")
        expectFailure(#"IsInCIDR("1.2.3.4", [name])"#)
    }
}
