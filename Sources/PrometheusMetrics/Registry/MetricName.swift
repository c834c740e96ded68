/// Names in the way of OpenTelemetry (`http.server.request.duration`) become those of Prometheus.
enum MetricName {
    /// A family's name with unit and kind, as Prometheus wants it to end.
    static func family(_ label: String, kind: FamilyKind, unit: String) -> String {
        var name = sanitized(label, allowing: ":")
        if !unit.isEmpty, !name.hasSuffix("_\(unit)") { name += "_\(unit)" }
        if kind == .counter, !name.hasSuffix("_total") { name += "_total" }
        return name
    }

    static func label(_ name: String) -> String { sanitized(name, allowing: "") }

    private static func sanitized(_ text: String, allowing extra: String) -> String {
        let allowed = Set(extra.utf8)
        var bytes = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: allowed.contains(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) ?? true {
            bytes.insert(UInt8(ascii: "_"), at: 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
