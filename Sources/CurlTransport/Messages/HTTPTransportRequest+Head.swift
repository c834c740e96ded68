extension HTTPTransportRequest {
    /// Refuses what cannot be part of a head: nobody smuggles a line into it.
    func checkHead() throws {
        let isToken = !method.isEmpty && method.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isToken else { throw invalid("the method is not a token") }
        for field in headers.fields {
            let isToken =
                !field.name.isEmpty && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            let isValue = field.value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
            guard isToken, isValue else { throw invalid("a header field has bytes that HTTP does not allow") }
        }
    }

    private func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, mayHaveBeenDelivered: false)
    }
}
