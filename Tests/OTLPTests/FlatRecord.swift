import OTLP
import Primitives

/// A record with all that stands around it: what a batch must neither lose nor change, however its
/// records are grouped.
struct FlatRecord: Hashable, CustomStringConvertible {
    /// The fields of the resource group except its list, sorted.
    let resource: [[UInt8]]
    let scope: [[UInt8]]
    let record: [UInt8]

    var description: String { "\(record.count) bytes in \(resource.count), \(scope.count) fields" }

    /// The records of a request, and the fields that stand around none.
    static func all(in request: [UInt8]) -> [FlatRecord] {
        var records: [FlatRecord] = []
        for group in fields(of: request) where group.tag == RequestTag.resourceGroups {
            let parts = fields(of: group.payload)
            let resource = surroundings(parts)
            for scope in parts where scope.tag == ResourceGroupTag.scopeGroups {
                let inner = fields(of: scope.payload)
                let surroundings = surroundings(inner)
                for record in inner where record.tag == ScopeGroupTag.records {
                    records.append(
                        FlatRecord(
                            resource: resource, scope: surroundings, record: record.payload))
                }
            }
        }
        return records
    }

    struct Field {
        let tag: UInt32
        let bytes: [UInt8]
        let payload: [UInt8]
    }

    static func fields(of message: [UInt8]) -> [Field] {
        var fields: [Field] = []
        var cursor = WireCursor(message.span.bytes)
        while let field = cursor.nextField(before: message.count) {
            fields.append(
                Field(
                    tag: field.tag, bytes: Array(message[field.range]),
                    payload: Array(message[field.payload])))
        }
        return fields
    }

    private static func surroundings(_ fields: [Field]) -> [[UInt8]] {
        fields.filter { $0.tag >> 3 != 2 }.map(\.bytes)
            .sorted { $0.lexicographicallyPrecedes($1) }
    }
}

extension Array where Element: Hashable {
    /// How often each element occurs.
    var tally: [Element: Int] {
        reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
