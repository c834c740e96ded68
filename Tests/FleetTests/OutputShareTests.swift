import Fleet
import Testing

struct OutputShareTests {
    private static let mebibyte: Int64 = 1 << 20
    // Room enough; four fifths less the events; too little for anything.
    private static let shares: [(free: Int64, share: Int64)] = [
        (1_048_576 * mebibyte, 8192 * mebibyte), (5120 * mebibyte, 3840 * mebibyte), (100 * mebibyte, 64 * mebibyte),
        (0, 64 * mebibyte),
    ]

    @Test(arguments: shares)
    func fitsTheDisk(free: Int64, share: Int64) {
        #expect(OutputShare.fitting(free: free) == share)
    }
}
