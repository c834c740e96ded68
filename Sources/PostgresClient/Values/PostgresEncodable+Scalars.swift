package import FoundationEssentials

extension String: PostgresEncodable {
    package static var postgresType: PostgresType { .inferred }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .text(self) }
}

extension Bool: PostgresEncodable {
    package static var postgresType: PostgresType { .bool }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .binary([self ? 1 : 0]) }
}

extension Int: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .binary(bigEndian: Int64(self)) }
}

extension Int64: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .binary(bigEndian: self) }
}

extension Int32: PostgresEncodable {
    package static var postgresType: PostgresType { .int4 }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .binary(bigEndian: self) }
}

extension Double: PostgresEncodable {
    package static var postgresType: PostgresType { .float8 }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .binary(bigEndian: bitPattern) }
}

extension Date: PostgresEncodable {
    package static var postgresType: PostgresType { .timestamptz }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter {
        guard let timestamp = Timestamp(self) else {
            throw PostgresError(.encode, "a date is out of range for timestamptz")
        }
        return .binary(bigEndian: timestamp.microseconds)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter {
        switch self {
        case .some(let value): try value.postgresParameter()
        case .none: .null
        }
    }
}
