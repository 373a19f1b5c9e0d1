/// Small valid export requests, as an SDK would send them.
package enum Payloads {
    /// `count` spans of one service in one scope, named `span-<first>`, `span-<first + 1>` …
    package static func traces(
        spans count: Int, service: String = "shop", first: Int = 0
    ) -> [UInt8] {
        let spans = (first..<first + count).map(span)
        return Proto().message(1, envelope(service, spans)).bytes
    }

    package static func logs(
        records count: Int, service: String = "shop", first: Int = 0
    ) -> [UInt8] {
        let records = (first..<first + count).map { index in
            Proto().fixed64(1, 1_700_000_000_000_000_000 + UInt64(index)).varint(2, 9)
                .message(5, Proto().text(1, "log line \(index)"))
        }
        return Proto().message(1, envelope(service, records)).bytes
    }

    /// One gauge with `count` data points.
    package static func metrics(
        points count: Int, service: String = "shop", first: Int = 0
    ) -> [UInt8] {
        let points = (first..<first + count).map { index in
            Proto().fixed64(3, 1_700_000_000_000_000_000).fixed64(6, UInt64(index))
        }
        let gauge = Proto().text(1, "queue.size").message(5, Proto().messages(1, points))
        return Proto().message(1, envelope(service, [gauge])).bytes
    }

    private static func envelope(_ service: String, _ records: [Proto]) -> Proto {
        Proto()
            .message(1, Proto().attribute(1, "service.name", service))
            .message(2, Proto().message(1, Proto().text(1, "test")).messages(2, records))
    }

    private static func span(_ index: Int) -> Proto {
        let id = UInt8(truncatingIfNeeded: index)
        return Proto()
            .bytes(1, [UInt8](repeating: id | 1, count: 16))
            .bytes(2, [id | 1, 2, 3, 4, 5, 6, 7, UInt8(truncatingIfNeeded: index >> 8)])
            .text(5, "span-\(index)")
            .varint(6, 2)
            .fixed64(7, 1_700_000_000_000_000_000)
            .fixed64(8, 1_700_000_000_001_000_000)
            .attribute(9, "http.route", "/cart")
    }
}
