/// Reads the dates of HTTP, in whose grammar everything is English and GMT.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds of Unix time; nil when it is no date.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        return switch words.count {
        // Sun Nov 6 08:49:37 1994
        case 5: seconds(day: words[2], month: words[1], year: words[4], time: words[3], zone: "GMT")
        // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT
        case 6: seconds(day: words[1], month: words[2], year: words[3], time: words[4], zone: words[5])
        default: nil
        }
    }

    private static func seconds(day: String, month: String, year: String, time: String, zone: String) -> Int64? {
        let clock = time.split(separator: ":").compactMap { Int64($0) }
        guard zone == "GMT" || zone == "UTC", let day = Int64(day), (1...31).contains(day),
            let month = months.firstIndex(of: month), var year = Int64(year), (0...9999).contains(year),
            clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        if year < 100 { year += year < 70 ? 2000 : 1900 }
        let days = days(year, Int64(month) + 1, day)
        return ((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2]
    }

    /// Days since 1970 in the Gregorian calendar: years begin in March, so that the leap day comes last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
