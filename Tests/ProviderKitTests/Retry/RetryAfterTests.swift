import ProviderKit
import Testing

@Suite
struct RetryAfterTests {
    /// 1994-11-06 08:49:37.
    private static let example: Int64 = 784_111_777

    @Test(arguments: [
        ("120", Duration.seconds(120)), ("0", .zero), (" 7 ", .seconds(7)), ("1.5", .milliseconds(1500)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(60)), ("Sunday, 06-Nov-94 08:49:37 GMT", .seconds(60)),
        ("Sun Nov  6 08:49:37 1994", .seconds(60)), ("Sun, 06 Nov 1994 08:48:00 GMT", .zero),
        ("Tue, 29 Feb 2000 00:00:00 GMT", .seconds(951_782_400 - example + 60)),
        ("Fri, 01 Mar 2024 00:00:00 GMT", .seconds(1_709_251_200 - example + 60)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", .zero),
    ])
    func understood(value: String, duration: Duration) {
        #expect(RetryAfter.duration(value, now: Self.example - 60) == duration)
    }

    @Test(arguments: [
        "", "soon", "-1", "nan", "inf", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "06 Nov 1994", "2026-11-21T10:00:00Z",
    ])
    func notUnderstood(value: String) {
        #expect(RetryAfter.duration(value, now: Self.example) == nil)
    }
}
