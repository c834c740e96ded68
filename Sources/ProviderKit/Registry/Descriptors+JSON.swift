import FoundationEssentials

extension [Descriptor] {
    /// As a worker writes them to its row.
    package var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Those that can be read: a worker of another version may say more, or less.
    package init(json: String) {
        let all = try? JSONDecoder().decode([LenientDescriptor].self, from: Data(json.utf8))
        self = all?.compactMap(\.descriptor) ?? []
    }
}

/// A descriptor, if it is one.
private struct LenientDescriptor: Decodable {
    let descriptor: Descriptor?

    init(from decoder: any Decoder) throws {
        descriptor = try? Descriptor(from: decoder)
    }
}
