import Glibc

/// C strings that live as long as the arena.
final class CStringArena {
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private var arrays: [UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>] = []

    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { (copy + index).initialize(to: byte) }
        strings.append(copy)
        return copy
    }

    /// An array that ends with a null pointer, as `execve` wants it.
    func array(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { (pointers + index).initialize(to: string(text)) }
        (pointers + texts.count).initialize(to: nil)
        arrays.append(pointers)
        return pointers
    }

    deinit {
        for string in strings { string.deallocate() }
        for array in arrays { array.deallocate() }
    }
}
