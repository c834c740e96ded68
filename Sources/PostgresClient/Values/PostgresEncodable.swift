/// A value that can be a parameter of a statement.
package protocol PostgresEncodable: Sendable {
    /// The type the server is told, the same for every value, so that a statement is prepared once.
    static var postgresType: PostgresType { get }
    /// The bytes to send; an error must not quote the value.
    func postgresParameter() throws(PostgresError) -> PostgresParameter
}

/// One parameter in the form it is sent in.
package enum PostgresParameter: Sendable, Hashable {
    case null
    /// The type's text form; must not hold a NUL.
    case text(String)
    /// The type's binary form.
    case binary([UInt8])

    static func binary(bigEndian value: some FixedWidthInteger) -> PostgresParameter {
        .binary(withUnsafeBytes(of: value.bigEndian) { Array($0) })
    }
}

/// A type of the server, by its object id.
package struct PostgresType: Sendable, Hashable {
    package let oid: UInt32

    package init(oid: UInt32) {
        self.oid = oid
    }

    /// The server infers the type from the statement, so a string also serves as uuid, enum, inet and so on.
    package static let inferred = PostgresType(oid: 0)
    package static let bool = PostgresType(oid: 16)
    package static let bytea = PostgresType(oid: 17)
    package static let int8 = PostgresType(oid: 20)
    package static let int2 = PostgresType(oid: 21)
    package static let int4 = PostgresType(oid: 23)
    package static let text = PostgresType(oid: 25)
    package static let json = PostgresType(oid: 114)
    package static let float4 = PostgresType(oid: 700)
    package static let float8 = PostgresType(oid: 701)
    package static let int8Array = PostgresType(oid: 1016)
    package static let textArray = PostgresType(oid: 1009)
    package static let timestamptz = PostgresType(oid: 1184)
    package static let numeric = PostgresType(oid: 1700)
    package static let jsonb = PostgresType(oid: 3802)
}
