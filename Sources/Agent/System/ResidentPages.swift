import Glibc

/// What of the files of our program and its libraries is in our memory.
///
/// An agent starts, asks for credentials, and then beats for minutes: what only the first two needed would stay counted to it
/// until the machine is short of memory.
enum ResidentPages {
    /// Lets go of the pages of files that nobody has written to; whichever is needed again comes from the page cache.
    static func release() {
        // A line of numbers for each mapping, and what is known of it below.
        guard let text = LocalFile.text("/proc/self/smaps") else { return }
        var mapping: UnsafeRawBufferPointer?
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "Anonymous:".utf8) {
                // A page that was written to is a copy of ours, and would be lost.
                let isCopied = line.contains { $0 > UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
                if !isCopied, let mapping, let base = mapping.baseAddress {
                    madvise(UnsafeMutableRawPointer(mutating: base), mapping.count, MADV_DONTNEED)
                }
                mapping = nil
            } else if line.first.map({ isHexadecimal($0) }) ?? false, let found = fileMapping(line) {
                mapping = found
            }
        }
    }

    /// The range of a line such as `7f00-7f10 r-xp 00000000 fe:00 1234 /usr/lib/x.so`, if nobody can write to it.
    private static func fileMapping(_ line: Substring.UTF8View) -> UnsafeRawBufferPointer? {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard fields.count == 6, fields[1].elementsEqual("r-xp".utf8) || fields[1].elementsEqual("r--p".utf8),
            !fields[4].elementsEqual("0".utf8)
        else { return nil }
        let ends = fields[0].split(separator: UInt8(ascii: "-")).compactMap { UInt(Substring($0), radix: 16) }
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: ends[0]), count: Int(ends[1] - ends[0]))
    }

    /// Names of values begin with a capital letter, addresses with one of these.
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
