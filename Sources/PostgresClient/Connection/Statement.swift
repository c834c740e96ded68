/// One SQL statement with its parameters encoded, ready to be sent.
struct Statement: Sendable {
    /// What the server prepares once: the same text with other types is another statement.
    struct Key: Hashable, Sendable {
        let sql: String
        let types: [UInt32]
    }

    let key: Key
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ sql: String, _ parameters: [any PostgresEncodable]) throws(PostgresError) {
        try Self.refuseNUL(in: sql, "the statement")
        guard parameters.count <= Int(UInt16.max) else { throw PostgresError(.encode, "too many parameters") }
        key = Key(sql: sql, types: parameters.map { type(of: $0).postgresType.oid })
        for (index, parameter) in parameters.enumerated() {
            try append(try parameter.postgresParameter(), position: index + 1)
        }
    }

    private mutating func append(_ parameter: PostgresParameter, position: Int) throws(PostgresError) {
        offsets.append(parameter == .null ? nil : bytes.count)
        switch parameter {
        case .null:
            lengths.append(0)
            formats.append(0)
        case .text(let text):
            try Self.refuseNUL(in: text, "parameter $\(position)")
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
            lengths.append(0)
            formats.append(0)
        case .binary(let value):
            guard let length = Int32(exactly: value.count) else {
                throw PostgresError(.encode, "parameter $\(position) is too large")
            }
            bytes.append(contentsOf: value)
            lengths.append(length)
            formats.append(1)
        }
    }

    /// Bytes of its parameters.
    var size: Int { bytes.count }

    /// The server's text cannot hold a NUL, and C would silently end there.
    static func refuseNUL(in text: String, _ what: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else { throw PostgresError(.encode, "\(what) holds a NUL character") }
    }

    /// Calls the body with what libpq's parameter arrays are made of.
    func withParameters<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        // An empty binary value still needs an address, since none means NULL.
        (bytes.isEmpty ? [0] : bytes)
            .withUnsafeBytes { bytes in
                let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                let values = offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }
                return body(Int32(values.count), values, lengths, formats)
            }
    }
}
