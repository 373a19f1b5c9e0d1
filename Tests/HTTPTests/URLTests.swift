import Testing

@testable import HTTP

struct URLTests {
    @Test(
        "a URL is taken apart",
        arguments: [
            ("http://localhost:4318", "http localhost 4318 /"),
            ("http://localhost:4318/", "http localhost 4318 /"),
            ("HTTPS://Example.COM/V1?a=B", "https example.com 443 /V1?a=B"),
            ("http://a", "http a 80 /"),
            ("http://a?q", "http a 80 /?q"),
            ("http://[::1]:4318/v1", "http ::1 4318 /v1"),
            ("https://[::1]", "https ::1 443 /"),
            ("http://127.0.0.1:1/%20", "http 127.0.0.1 1 /%20"),
            ("http://my_host-1.local:65535", "http my_host-1.local 65535 /"),
            ("http://a:/b", "http a 80 /b"),
        ])
    func parts(text: String, expected: String) throws {
        let url = try URL(text)

        #expect("\(url.scheme) \(url.host) \(url.port) \(url.target)" == expected)
    }

    @Test(
        "a text that is no usable URL is refused with the reason",
        arguments: [
            ("localhost:4318", .noScheme),
            ("", .noScheme),
            ("ftp://a", .otherScheme("ftp")),
            ("://a", .otherScheme("")),
            ("http://", .noHost),
            ("http:///a", .noHost),
            ("http://:80", .noHost),
            ("http://[::1", .openBracket),
            ("http://[a]", .badHost("a")),
            ("http://[::1]x", .badHost("[::1]x")),
            ("http://a%20b", .badHost("a%20b")),
            ("http://a:b", .badPort("b")),
            ("http://a:0", .badPort("0")),
            ("http://a:65536", .badPort("65536")),
            ("http://a:-1", .badPort("-1")),
            ("http://a:1:2", .badPort("1:2")),
            ("http://a/#b", .fragment),
            ("http://a b", .badCharacter),
            ("http://a/\r\nHost: b", .badCharacter),
            ("http://é", .badCharacter),
        ] as [(String, URLError.Problem)])
    func refusals(text: String, problem: URLError.Problem) {
        #expect(throws: URLError(text: text, problem: problem)) { try URL(text) }
    }

    @Test func `a password is refused and not repeated`() {
        #expect {
            try URL("http://user:secret@host/")
        } throws: { error in
            "\(error)"
                == "the URL has a user name or password before '@'; "
                + "send them as an Authorization header"
        }
    }

    @Test func `a refusal says what to write`() {
        #expect {
            try URL("localhost:4318")
        } throws: { error in
            "\(error)"
                == "'localhost:4318' is no usable URL: it has no scheme; "
                + "write http://host:port or https://host:port"
        }
    }

    @Test func `a signal's path is appended with one slash`() throws {
        #expect(try URL("http://a").appending(path: "v1/traces").target == "/v1/traces")
        #expect(try URL("http://a/").appending(path: "/v1/traces").target == "/v1/traces")
        #expect(try URL("http://a/b/").appending(path: "v1/traces").target == "/b/v1/traces")
        #expect(try URL("http://a/b?c").appending(path: "v1").target == "/b/v1?c")
    }

    @Test func `the authority leaves out the usual port`() throws {
        #expect(try URL("http://a:80").authority == "a")
        #expect(try URL("https://a:80").authority == "a:80")
        #expect(try URL("http://[::1]:4318").authority == "[::1]:4318")
    }
}
