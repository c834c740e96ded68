package import NIOCore

/// Objects of any size by name: written once, read as a stream, kept until they are deleted.
///
/// A name has 1 to 8 parts of letters, digits, `-`, `_` and `.` between slashes, as in `output/<process>/1`; parts
/// neither begin nor end with a dot. What comes before the last slash is the object's folder.
package protocol ArchiveStore: Sendable {
    /// Stores what `body` writes, whole and durable or not at all, in place of an object of the same name.
    ///
    /// When `body` throws, nothing is stored. Readers of an object that is replaced read the old one to its end.
    /// - Returns: The object's size in bytes.
    @discardableResult
    func put(_ name: String, _ body: (any ArchiveWriter) async throws -> Void) async throws -> Int64

    /// Opens an object; `notFound` when there is none.
    func get(_ name: String) async throws -> ArchiveObject

    /// Deletes an object; one that is not there is deleted already.
    func delete(_ name: String) async throws

    /// The names that begin with `prefix`, in no particular order.
    ///
    /// Objects that come or go meanwhile may be in it or not.
    func list(_ prefix: String) async throws -> ArchiveListing
}

/// Takes the bytes of an object that is being stored.
package protocol ArchiveWriter: Sendable {
    /// Returns when there is room for more; one call at a time.
    func write(_ bytes: ByteBuffer) async throws
}

extension ArchiveStore {
    /// Stores bytes that are in memory.
    @discardableResult
    package func put(_ name: String, _ bytes: ByteBuffer) async throws -> Int64 {
        try await put(name) { try await $0.write(bytes) }
    }
}
