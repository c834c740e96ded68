/// What `cksum` prints (POSIX, CRC 32 with the length behind the bytes).
enum PosixChecksum {
    private static let table: [UInt32] = (0..<256)
        .map { index in
            (0..<8)
                .reduce(UInt32(index) << 24) { value, _ in
                    value & 0x8000_0000 == 0 ? value << 1 : value << 1 ^ 0x04c1_1db7
                }
        }

    static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
        var (sum, count) = (UInt32(0), 0)
        let table = table
        for byte in bytes {
            sum = sum << 8 ^ table[Int(UInt8(sum >> 24) ^ byte)]
            count += 1
        }
        while count > 0 {
            sum = sum << 8 ^ table[Int(UInt8(sum >> 24) ^ UInt8(count & 255))]
            count >>= 8
        }
        return ~sum
    }
}
