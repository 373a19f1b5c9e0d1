/// What Python's `gzip` and `zlib` and the `zstd` command made of one line of OTLP/JSON.
enum Fixtures {
    static let line = Array(
        """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",\
        "value":{"stringValue":"cart"}}]}}]}

        """.utf8)

    static let gzip = bytes(
        """
        1f8b0800000000000203ab562a4a2dce2f2d4a4e0d2e48cc2b56b28aae868b2859552b2596941465269596a442a4b253\
        2b95ac948a538bca329353f5f2127353957494ca12734ac18a8b816af3d2c3205ca5e4c4a212a5dada5810e20200bc60\
        28c668000000
        """)

    /// With FEXTRA, FNAME, FCOMMENT and FHCRC (RFC 1952 §2.3.1).
    static let gzipWithAllFields = bytes(
        """
        1f8b081e0000000002ff0400616263646e616d6500636f6d6d656e7400606fab562a4a2dce2f2d4a4e0d2e48cc2b56b2\
        8aae868b2859552b2596941465269596a442a4b2532b95ac948a538bca329353f5f2127353957494ca12734ac18a8b81\
        6af3d2c3205ca5e4c4a212a5dada5810e20200bc6028c668000000
        """)

    static let zlib = bytes(
        """
        789cab562a4a2dce2f2d4a4e0d2e48cc2b56b28aae868b2859552b2596941465269596a442a4b2532b95ac948a538bca\
        329353f5f2127353957494ca12734ac18a8b816af3d2c3205ca5e4c4a212a5dada5810e20200c89d257b
        """)

    static let rawDeflate = bytes(
        """
        ab562a4a2dce2f2d4a4e0d2e48cc2b56b28aae868b2859552b2596941465269596a442a4b2532b95ac948a538bca3293\
        53f5f2127353957494ca12734ac18a8b816af3d2c3205ca5e4c4a212a5dada5810e20200
        """)

    /// With content size and checksum.
    static let zstd = bytes(
        """
        28b52ffd2468ad0200d244111890c539246b6f49064484df26450a141c76e032116319dd05c29eddb36bc54336129550\
        732dc73cf88053c45162f8b4f1e0ca75210955cfcdf8304e7582e20857208f6e01040032c704d51d7d8eafb61906b1c9\
        062a
        """)

    /// Compressed from a pipe: without content size and checksum.
    static let zstdOfUnknownSize = bytes(
        """
        28b52ffd0058ad0200d244111890c539246b6f49064484df26450a141c76e032116319dd05c29eddb36bc54336129550\
        732dc73cf88053c45162f8b4f1e0ca75210955cfcdf8304e7582e20857208f6e01040032c704d51d7d8eafb61906
        """)

    static let nothingAsGzip = bytes("1f8b080000000000020303000000000000000000")
    static let nothingAsZlib = bytes("789c030000000001")
    static let nothingAsZstd = bytes("28b52ffd240001000099e9d851")

    /// A skippable frame of three bytes (RFC 8878 §3.1.2).
    static let skippableFrame = bytes("532a4d1803000000616263")

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
