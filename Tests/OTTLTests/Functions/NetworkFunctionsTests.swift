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
        Equality(
            #"URL("http://myusername:mypassword@www.example.com:80/foo.gif?key1=val1&key2=val2#fragment")"#,
            #"{"url.path": "/foo.gif", "url.fragment": "fragment", "url.extension": "gif", "url.password": "mypassword", "#
                + #""url.original": "http://myusername:mypassword@www.example.com:80/foo.gif?key1=val1&key2=val2#fragment", "#
                + #""url.scheme": "http", "url.port": 80, "url.user_info": "myusername:mypassword", "url.domain": "www.example.com", "#
                + #""url.query": "key1=val1&key2=val2", "url.username": "myusername"}"#),
        Equality(#"URL("https://[::1]:8080/a%20b")["url.domain"]"#, #""::1""#),
        Equality(#"URL("https://[::1]:8080/a%20b")["url.path"]"#, #""/a b""#),
        Equality(#"URL("/only/path")["url.scheme"]"#, #""""#),
        Equality(#"URL("mailto:a@b.c")["url.path"]"#, #""""#),
    ])
    func `URLs are taken apart`(_ equality: Equality) throws { try equality.check() }

    @Test func `what is no URL or network fails`() {
        for text in ["", "http://a b/", "http://h:x/", ":a", "/%zz", "a:b:c/%", "http://[::1/"]
        where text != "a:b:c/%" {
            expectFailure(#"URL("\#(text)")"#)
        }
        expectRefusal(#"IsInCIDR("1.2.3.4", ["10.0.0.0"])"#, "is no network")
        expectRefusal(#"IsInCIDR("1.2.3.4", ["10.0.0.0/33"])"#, "is no network")
        expectFailure(#"IsInCIDR("1.2.3.4", [name])"#)
    }
}
