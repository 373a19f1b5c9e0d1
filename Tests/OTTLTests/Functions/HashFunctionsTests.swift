import Testing

struct HashFunctionsTests {
    // Digests as published; Murmur3 and XXH3 are those of their reference implementations.
    @Test(arguments: [
        Equality(#"MD5("abc")"#, #""900150983cd24fb0d6963f7d28e17f72""#),
        Equality(#"SHA1("abc")"#, #""a9993e364706816aba3e25717850c26c9cd0d89d""#),
        Equality(
            #"SHA256("")"#,
            #""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#),
        Equality(
            #"SHA256(attributes["text"])"#,
            #""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#),
        Equality(#"Len(SHA512("abc"))"#, "128"),
        Equality(#"FNV("hello world")"#, "8618312879776256743"),
        Equality(#"Murmur3Hash("hello")"#, #""47fa8b24""#),
        Equality(#"Murmur3Hash128("hello")"#, #""029bbd41b3a7d8cb191dae486a901e5b""#),
        Equality(#"XXH3("")"#, #""2d06800538d394c2""#),
        Equality(#"XXH128("")"#, #""99aa06d3014798d86001c324468d497f""#),
        Equality(#"IsMatch(UUID(), "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")"#, "true"),
        Equality(#"IsMatch(UUID(), "^.{14}4.{4}[89ab]")"#, "true"),
        Equality(#"IsMatch(UUIDv7(), "^.{14}7.{4}[89ab]")"#, "true"),
        Equality(
            #"CommunityID("128.232.110.120", 34855, "66.35.250.204", 80)"#,
            #""1:LQU9qZlK+B5F3KDmev6m5PMibrg=""#),
        Equality(
            #"CommunityID("66.35.250.204", 80, "128.232.110.120", 34855, "TCP", 0)"#,
            #""1:LQU9qZlK+B5F3KDmev6m5PMibrg=""#),
    ])
    func `hashes and identifiers`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality("Hex(0xAB01)", #""ab01""#), Equality(#"Hex("1")"#, #""31""#),
        Equality("Hex(12)", #""000000000000000c""#), Equality("Hex(true)", #""01""#),
        Equality("Hex(1.1)", #""3ff199999999999a""#),
        Equality(#"Base64Encode("test string")"#, #""dGVzdCBzdHJpbmc=""#),
        Equality(#"Base64Encode("a?>", "base64-url")"#, #""YT8-""#),
        Equality(#"Base64Encode("a", "base64-raw")"#, #""YQ""#),
        Equality(#"Base64Encode("")"#, #""""#),
        Equality(#"Base64Decode("aGVsbG8gd29ybGQ=")"#, #""hello world""#),
        Equality(#"Decode(" aGVs\nbG8= ", "base64")"#, #""hello""#),
        Equality(#"Decode("YQ", "base64-raw")"#, #""a""#),
        Equality(#"Decode("YT8-", "base64-raw-url")"#, #""a?>""#),
        Equality(#"Decode(0xe9, "iso-8859-1")"#, #""é""#),
        Equality(#"Decode(0x80, "windows-1252")"#, #""€""#),
        Equality(#"Decode(0x6100e900, "utf-16")"#, #""aé""#),
        Equality(#"Decode("abc", "us-ascii")"#, #""abc""#),
    ])
    func `encodings`(_ equality: Equality) throws { try equality.check() }

    @Test func `what is no encoding fails`() {
        for expression in [
            #"Base64Decode("a")"#, #"Base64Decode("YQ")"#, #"Base64Decode("YQ==YQ==")"#,
            #"Base64Decode("Y Q==")"#, #"Decode("YQ==", "base64-raw")"#, #"Decode(1, "base64")"#,
            #"CommunityID("x", 1, "1.1.1.1", 2)"#, #"CommunityID("1.1.1.1", 0, "1.1.1.1", 2)"#,
            #"CommunityID("1.1.1.1", 1, "1.1.1.1", 2, "XYZ")"#,
        ] { expectFailure(expression) }
        expectRefusal(#"Decode("a", "ebcdic")"#, "not an encoding of this build")
        expectRefusal(#"Base64Encode("a", "base32")"#, "not a variant")
    }
}
