/// Bytes that no correct peer sends; the connection is closed.
package enum ProtocolViolation: Error, Equatable, Sendable {
    case oversizedFrame
    case unknownType(UInt8)
    case truncatedField
    case invalidValue
    case unexpectedFrame
}
