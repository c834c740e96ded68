import Glibc

/// What exec takes: pointers to strings that end with a zero byte, and a null pointer at the end.
typealias ArgumentVector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Lends lists of strings in the form that exec takes, all out of one allocation each for bytes and pointers.
///
/// EINVAL when one has a zero byte: the program would see no more than what is before it.
func withArgumentVectors<Result>(
    _ lists: [[String]],
    _ body: ([ArgumentVector]) -> Result
) throws(SystemError) -> Result {
    let byteCount = lists.joined().reduce(0) { $0 + $1.utf8.count + 1 }
    let pointerCount = lists.reduce(0) { $0 + $1.count + 1 }
    let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: byteCount)
    let pointers = ArgumentVector.allocate(capacity: pointerCount)
    defer {
        bytes.deallocate()
        pointers.deallocate()
    }
    var nextByte = bytes
    var nextPointer = pointers
    var vectors: [ArgumentVector] = []
    for list in lists {
        vectors.append(nextPointer)
        for var string in list {
            nextPointer.initialize(to: nextByte)
            nextPointer += 1
            let length = string.withUTF8 { text in
                UnsafeMutableRawPointer(nextByte).copyMemory(from: text)
            }
            guard memchr(nextByte, 0, length) == nil else { throw .invalidArgument }
            nextByte[length] = 0
            nextByte += length + 1
        }
        nextPointer.initialize(to: nil)
        nextPointer += 1
    }
    return body(vectors)
}

extension UnsafeMutableRawPointer {
    /// Returns how many bytes there were.
    fileprivate func copyMemory(from text: UnsafeBufferPointer<UInt8>) -> Int {
        if let start = text.baseAddress {
            copyMemory(from: start, byteCount: text.count)
        }
        return text.count
    }
}
