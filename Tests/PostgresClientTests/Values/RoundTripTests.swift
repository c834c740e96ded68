import FoundationEssentials
import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct RoundTripTests {
        private static let schema = """
            CREATE TABLE things (
                b bool, i int8, h int4, d float8, t text, y bytea, at timestamptz, a text[], n int8[], j jsonb, u uuid
            )
            """
        private static let insert = """
            INSERT INTO things VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING *
            """

        @Test func everyTypeComesBackAsItWent() async throws {
            let bytes = (0...255).map { UInt8($0) }
            let date = Timestamp(microseconds: 848_376_389_123_457).date
            let text = "naïve 日本語 \u{1F980} 'quoted' \"double\" \\ \n\t"
            let array: [String?] = ["a,b", "quote\"d", "back\\slash", "{brace}", "", "NULL", nil, "ünï", " padded "]
            let uuid = "6b8b4567-327b-43c6-9e0f-0123456789ab"
            try await WithPostgres.withPool(schema: Self.schema) { pool in
                let rows = try await pool.query(
                    Self.insert,
                    [
                        true, Int64.min, Int32.max, 0.1, text, bytes, date, array, [Int64.max, -1],
                        PostgresJSON(text: #"{"k": ["v", null]}"#), uuid,
                    ]
                )
                let row = try #require(rows.first)
                #expect(rows.affected == 1)
                #expect(try row.get("b", as: Bool.self))
                #expect(try row.get("i", as: Int64.self) == .min)
                #expect(try row.get("h", as: Int32.self) == .max)
                #expect(try row.get("d", as: Double.self) == 0.1)
                #expect(try row.get("t", as: String.self) == text)
                #expect(try row.get("y", as: [UInt8].self) == bytes)
                #expect(try row.get("at", as: Date.self) == date)
                #expect(try row.get("a", as: [String?].self) == array)
                #expect(try row.get("n", as: [Int64].self) == [.max, -1])
                #expect(
                    try row.get("j", as: PostgresJSON.self).decode(as: [String: [String?]].self) == ["k": ["v", nil]]
                )
                #expect(try row.get("u", as: String.self) == uuid)
                // What the server holds, not only what it gives back.
                let seen = try await pool.query(
                    "SELECT length(y) = 256 AND get_byte(y, 255) = 255 AND a[7] IS NULL AND a[6] = 'NULL' FROM things"
                )
                #expect(try seen[0].get(0, as: Bool.self))
                let micros = try await pool.query("SELECT to_char(at, 'YYYY-MM-DD HH24:MI:SS.US') AS s FROM things")
                #expect(try micros[0].get("s", as: String.self) == "2026-11-19 04:06:29.123457")
            }
        }

        @Test func nilIsNullAndEmptyIsNot() async throws {
            try await WithPostgres.withPool(schema: Self.schema) { pool in
                let rows = try await pool.query(
                    Self.insert,
                    [
                        Bool?.none, Int64?.none, Int32?.none, Double?.none, "", [UInt8](), Date?.none, [String](),
                        [Int64](), PostgresJSON?.none, String?.none,
                    ]
                )
                let row = try #require(rows.first)
                #expect(try row.get("b", as: Bool?.self) == nil)
                #expect(try row.get("at", as: Date?.self) == nil)
                #expect(try row.get("j", as: PostgresJSON?.self) == nil)
                #expect(try row.get("u", as: String?.self) == nil)
                #expect(try row.get("t", as: String?.self) == "")
                #expect(try row.get("y", as: [UInt8]?.self) == [])
                #expect(try row.get("a", as: [String]?.self) == [])
                let error = #expect(throws: PostgresError.self) { try row.get("i", as: Int.self) }
                #expect(error?.code == .decode)
                #expect(error?.message.contains("\"i\"") == true)
            }
        }

        @Test func aWrongTypeOrColumnIsADecodeErrorThatNamesIt() async throws {
            try await WithPostgres.withPool { pool in
                let row = try #require(try await pool.query("SELECT 'secret'::text AS word, 300000000000 AS big").first)
                for error in [
                    #expect(throws: PostgresError.self) { try row.get("word", as: Int.self) },
                    #expect(throws: PostgresError.self) { try row.get("word", as: Date.self) },
                    #expect(throws: PostgresError.self) { try row.get("big", as: Int32.self) },
                    #expect(throws: PostgresError.self) { try row.get("absent", as: Int.self) },
                    #expect(throws: PostgresError.self) { try row.get(7, as: Int.self) },
                ] {
                    #expect(error?.code == .decode)
                    #expect(error?.description.contains("secret") == false)
                }
            }
        }

        @Test(arguments: ["a\0b", "\0"])
        func aNULIsRefusedBeforeAnythingIsSent(text: String) async throws {
            try await WithPostgres.withPool { pool in
                for parameter in [text, [text], PostgresJSON(text: text)] as [any PostgresEncodable] {
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.query("SELECT $1", [parameter])
                    }
                    #expect(error?.code == .encode)
                }
            }
        }
    }
}
