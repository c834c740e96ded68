import FoundationEssentials
import Testing

@testable import PostgresClient

struct TimestampTests {
    @Test(arguments: [
        ("2000-01-01 00:00:00+00", 0),
        ("2000-03-01 00:00:00.5+00", 60 * 86_400_000_000 + 500_000),
        ("1999-12-31 23:59:59.999999+00", -1),
        ("2000-01-01 05:30:00+05:30", 0),
        ("1999-12-31 16:00:00-08", 0),
        ("0001-12-31 00:00:00+00 BC", -63_082_368_000_000_000),
    ])
    func readsISO(text: String, microseconds: Int64) {
        #expect(Timestamp(text: text)?.microseconds == microseconds)
    }

    @Test(arguments: ["infinity", "", "2000-01-01", "2000-01-01 00:00:00"])
    func refuses(text: String) {
        #expect(Timestamp(text: text) == nil)
    }

    @Test func aDateSurvivesToTheMicrosecond() {
        let timestamp = Timestamp(microseconds: 848_376_389_123_457)
        #expect(Timestamp(timestamp.date) == timestamp)
        #expect(Timestamp(Date(timeIntervalSinceReferenceDate: .infinity)) == nil)
    }
}
