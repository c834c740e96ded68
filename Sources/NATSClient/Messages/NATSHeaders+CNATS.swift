import CNATS
import Glibc

extension NATSHeaders {
    /// Copies the headers of a received message; empty if it has none.
    init(copying message: OpaquePointer) {
        self.init()
        var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var count: Int32 = 0
        guard natsMsgHeader_Keys(message, &names, &count) == NATS_OK, let names else { return }
        defer { free(names) }
        for index in 0..<Int(count) {
            if let name = names[index] { copyValues(of: name, from: message) }
        }
    }

    private mutating func copyValues(of name: UnsafePointer<CChar>, from message: OpaquePointer) {
        var values: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var count: Int32 = 0
        guard natsMsgHeader_Values(message, name, &values, &count) == NATS_OK, let values else { return }
        defer { free(values) }
        let name = String(cString: name)
        for index in 0..<Int(count) {
            add(name, values[index].map { String(cString: $0) } ?? "")
        }
    }

    func write(to message: OpaquePointer) throws(NATSError) {
        for field in fields {
            try NATSError.check(natsMsgHeader_Add(message, field.name, field.value), "add header")
        }
    }
}
