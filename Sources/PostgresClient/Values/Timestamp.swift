import FoundationEssentials

/// An instant as the server counts it: microseconds since 2000-01-01 00:00 UTC.
struct Timestamp: Hashable {
    let microseconds: Int64

    /// Seconds from 2000-01-01 to `Date`'s reference, 2001-01-01.
    private static let referenceOffset: Int64 = 366 * 86_400
    private static let perSecond: Int64 = 1_000_000

    init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Nil outside of what timestamptz can hold.
    init?(_ date: Date) {
        let seconds = date.timeIntervalSinceReferenceDate
        // 4713 BC to 294276 AD.
        guard seconds.isFinite, seconds > -211_845_000_000, seconds < 9_224_000_000_000 else { return nil }
        let whole = seconds.rounded(.down)
        let fraction = ((seconds - whole) * Double(Self.perSecond)).rounded()
        microseconds = (Int64(whole) + Self.referenceOffset) * Self.perSecond + Int64(fraction)
    }

    var date: Date {
        let shifted = microseconds - Self.referenceOffset * Self.perSecond
        return Date(timeIntervalSinceReferenceDate: Double(shifted) / Double(Self.perSecond))
    }

    /// Reads the ISO style: `2026-11-21 04:06:29.123456+00`, with `+hh[:mm[:ss]]` and a trailing ` BC`.
    init?(text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(), scanner.skip("-"),
            let month = scanner.number(), scanner.skip("-"),
            let day = scanner.number(), scanner.skip(" "),
            let hour = scanner.number(), scanner.skip(":"),
            let minute = scanner.number(), scanner.skip(":"),
            let second = scanner.number()
        else { return nil }
        let fraction = scanner.skip(".") ? scanner.fraction() : 0
        let sign: Int64 = scanner.skip("-") ? 1 : -1
        if sign == -1, !scanner.skip("+") { return nil }
        guard var offset = scanner.number().map({ $0 * 3600 }) else { return nil }
        if scanner.skip(":") { offset += (scanner.number() ?? 0) * 60 }
        if scanner.skip(":") { offset += scanner.number() ?? 0 }
        let isBeforeChrist = scanner.skip(" ")
        let days = Self.days(year: isBeforeChrist ? 1 - year : year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second + sign * offset
        microseconds = seconds * Self.perSecond + fraction
    }

    /// Days from 2000-01-01 in the proleptic Gregorian calendar, counting years from March so that leap days come last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }
}

/// Reads numbers and separators off the front of ASCII text.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number() -> Int64? {
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty, digits.count < 10 else { return nil }
        rest.removeFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// Up to six digits as microseconds.
    mutating func fraction() -> Int64 {
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        rest.removeFirst(digits.count)
        let padded = Array(digits.prefix(6)) + Array(repeating: 0x30, count: max(0, 6 - digits.count))
        return padded.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
