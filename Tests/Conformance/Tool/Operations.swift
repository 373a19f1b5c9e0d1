import OTLP
import Primitives

/// What the tool can do; the numbers are those of conformance.py.
enum Operation: UInt8 {
    /// Protobuf to protobuf, by way of a batch as it is.
    case copy
    /// Protobuf to protobuf, by way of a batch that was cut up and put together again.
    case divide
    case binaryToJSON
    case jsonToBinary
    /// Many mutations of a text: `u64 seed, u32 count`, then what is mutated. The answer is what
    /// became of those that were accepted, each with a `u32 size` in front.
    case mutateBinary, mutateJSON
}

func answer(to question: Question) -> Answer {
    do throws(OTLPError) {
        return Answer(bytes: try result(of: question))
    } catch {
        return Answer(isRefusal: true, bytes: Array(error.description.utf8))
    }
}

private func result(of question: Question) throws(OTLPError) -> [UInt8] {
    let signal = question.signal
    switch Operation(rawValue: question.operation) {
    case .copy:
        return binary(try Batch(validating: Body(question.bytes), as: signal))
    case .divide:
        return binary(divided(try Batch(validating: Body(question.bytes), as: signal)))
    case .binaryToJSON:
        return json(try Batch(validating: Body(question.bytes), as: signal))
    case .jsonToBinary:
        return binary(try Batch(json: question.bytes.span.bytes, as: signal))
    case .mutateBinary:
        return mutated(question) { (bytes) throws(OTLPError) in
            let batch = try Batch(validating: Body(bytes), as: signal)
            use(batch)
            return batch
        }
    case .mutateJSON:
        return mutated(question) { (bytes) throws(OTLPError) in
            try Batch(json: bytes.span.bytes, as: signal)
        }
    case nil: preconditionFailure("there is no operation \(question.operation)")
    }
}

private func binary(_ batch: Batch) -> [UInt8] {
    batch.encoded().joined().withUnsafeBytes { Array($0) }
}

private func json(_ batch: Batch) -> [UInt8] {
    var buffer = ByteBuffer()
    batch.appendJSON(to: &buffer)
    return buffer.withUnsafeBytes { Array($0) }
}

/// The same records, after the batch was cut into pieces of one, two, three … items.
private func divided(_ batch: Batch) -> Batch {
    var rest = batch
    var whole = Batch(batch.signal)
    var count = 1
    while !rest.isEmpty {
        whole.append(rest.removeFirst(items: count))
        count += 1
    }
    whole.append(rest)
    return whole
}

/// Reads a batch in every way there is. What it says as JSON has to be read again.
private func use(_ batch: Batch) {
    let text = json(batch)
    guard (try? Batch(json: text.span.bytes, as: batch.signal)) != nil else {
        preconditionFailure("our own JSON is refused: \(String(decoding: text, as: UTF8.self))")
    }
    var buffer = ByteBuffer()
    batch.appendText(.normal, to: &buffer)
    batch.appendText(.detailed, to: &buffer)
    precondition(divided(batch).itemCount == batch.itemCount, "dividing lost items")
}

/// Mutates a question's text many times and returns the encodings of what was accepted.
private func mutated(
    _ question: Question, _ read: ([UInt8]) throws(OTLPError) -> Batch
) -> [UInt8] {
    let seed = question.bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let count = question.bytes[8..<12].reversed().reduce(0) { $0 << 8 | Int($1) }
    var mutator = Mutator(Array(question.bytes[12...]), seed: seed)
    var accepted: [UInt8] = []
    for _ in 0..<count {
        guard let batch = try? read(mutator.next()) else { continue }
        let bytes = binary(divided(batch))
        for shift in stride(from: 0, to: 32, by: 8) {
            accepted.append(UInt8(truncatingIfNeeded: bytes.count >> shift))
        }
        accepted += bytes
    }
    return accepted
}
